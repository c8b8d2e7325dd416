import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { journalOf } from '../../src/gate/journal.ts';
import { heldLocks } from '../../src/gate/locks.ts';
import {
  ana,
  asks,
  ben,
  cleo,
  effectsOf,
  type House,
  labels,
  openHouse,
  policy,
  press,
  says,
  TELEGRAM,
} from './house.ts';

describe('the way of a request', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.end());

  it('goes from the plan over confirmation and approval to the verified end, and shows each on one card', async () => {
    house.executor();
    const asked = await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    expect(asked.card.title).toContain('REQ-1 is planned, and nothing was done yet');
    const plan = await house.card('REQ-1');
    expect(plan?.title).toBe('REQ-1 Write notes: ana must confirm');
    expect(labels(plan)).toEqual(['Confirm', 'Cancel']);
    expect(JSON.stringify(plan)).toMatch(/took 1 s.*effects\.log|effects\.log.*took 1 s/);
    expect(await press(house, 'confirm', ana)).toBe('REQ-1 waits for approval.');
    expect(labels(await house.card('REQ-1', TELEGRAM))).toEqual(['Approve', 'Deny', 'Cancel']);
    expect(await press(house, 'approve', ben, 'telegram')).toContain('starts');
    const { outcome, execution } = await house.until('succeeded');
    expect(effectsOf(house.dir)).toEqual([`${execution?.id} write-0`, `${execution?.id} write-1`]);
    expect(outcome?.checks).toEqual([{ what: 'lines', expected: '2', actual: '2', ok: true }]);
    const end = await house.card('REQ-1');
    expect(end?.title).toMatch(/^REQ-1 Write notes: succeeded in /);
    expect(end?.buttons).toEqual([]);
    expect((await house.card('REQ-1/end', TELEGRAM))?.blocks).toContainEqual(
      expect.objectContaining({ kind: 'list', items: ['✓ lines: 2'] }),
    );
    expect(await heldLocks(house.store)).toEqual([]);
    expect(house.audit.entries.map(({ kind }) => kind)).toEqual(
      [
        'asked',
        'confirmed',
        'approved',
        'ready',
        'started',
        ...['step', 'step-done', 'step', 'step-done'],
        'verifying',
        'finished',
      ].map((kind) => `request.${kind}`),
    );
  });

  it.each([
    [
      'the requester through another chat',
      ana,
      'telegram' as const,
      'approve' as const,
      'You asked for REQ-1 yourself',
    ],
    [
      'a stranger to the policy',
      { name: 'dan', roles: [] },
      'slack' as const,
      'approve' as const,
      'only an admin or somebody on call can do that, and that isn’t you now',
    ],
    [
      'somebody else than the requester',
      cleo,
      'slack' as const,
      'confirm' as const,
      'REQ-1 waits for approval; nothing',
    ],
  ])('says no to %s', async (_, person, chat, what, words) => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    expect(await press(house, what, person, chat)).toContain(words);
    expect((await house.request()).state).toBe('approving');
    expect(house.audit.entries.at(-1)).toMatchObject({ kind: `request.${what}-refused`, by: person.name });
  });

  it('shows no Confirm for a blocked plan and names what blocks', async () => {
    house.world.findings = [{ level: 'BLOCK', code: 'no-space', text: 'The disk is full.' }];
    expect((await house.service.ask('file.write', { name: 'notes' }, asks(ana))).card.title).toContain('blocks');
    const card = await house.card('REQ-1');
    expect(labels(card)).toEqual(['Cancel']);
    expect(JSON.stringify(card)).toContain('The disk is full.');
    expect(await press(house, 'confirm', ana)).toContain('no-space');
  });

  it('wants the name typed where the policy says so', async () => {
    house.surroundings.policies = [policy({ confirm: 'typed', approvals: 0 })];
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    expect(await press(house, 'confirm', ana)).toContain('/confirm REQ-1 notes');
    expect((await house.service.confirm('req-1', says(ana), 'nodes')).card.title).toContain('that is not the name');
    expect((await house.service.confirm('REQ-1', says(ana), 'notes')).card.title).toContain('starts');
    house.executor();
    await house.until('succeeded');
  });

  it('opens one request for one event, however often it comes', async () => {
    const at = asks(ana);
    const answers = [];
    for (let n = 0; n < 3; n += 1)
      answers.push((await house.service.ask('file.write', { name: 'notes' }, at)).card.title);
    expect(new Set(answers).size).toBe(1);
    expect((await house.service.list()).card.title).toBe('1 request is open');
    expect((await house.service.show('REQ-2')).card.title).toContain('There is no REQ-2');
  });

  it('turns wrong arguments and unknown actions away, and records it', async () => {
    expect((await house.service.ask('file.write', { name: '../etc' }, asks(ana))).card.title).toContain('name');
    expect((await house.service.ask('rm.rf', {}, asks(ana))).card.title).toContain('no action rm.rf');
    expect(house.audit.entries.map(({ kind }) => kind)).toEqual(['request.ask-refused']);
  });

  it('does nothing for old tokens, foreign ones and those of a finished request', async () => {
    expect(await press(house, 'confirm', ana).catch((error: Error) => error.message)).toContain('no REQ-1');
    expect(await house.service.press('nonsense', says(ana))).toBeUndefined();
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    expect(await press(house, 'cancel', ana)).toBe('REQ-1 was cancelled.');
    for (const what of ['confirm', 'approve', 'deny', 'cancel'] as const)
      expect(await press(house, what, ben)).toContain('REQ-1 was cancelled; nothing was done');
  });

  it('lets 64 simultaneous final clicks through two chats start one execution', async () => {
    house.surroundings.people = [
      ana,
      ...Array.from({ length: 64 }, (_, n) => ({ name: `p${n}`, roles: ['admin'] as const })),
    ];
    house.executor();
    house.executor({ alone: false });
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    const said = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        press(house, 'approve', { name: `p${n % 32}`, roles: ['admin'] }, n % 2 ? 'slack' : 'telegram'),
      ),
    );
    expect(said.filter((one) => one.includes('starts'))).toHaveLength(1);
    const { votes, execution } = await house.until('succeeded');
    expect(votes).toHaveLength(1);
    expect(effectsOf(house.dir)).toEqual([`${execution?.id} write-0`, `${execution?.id} write-1`]);
    expect(house.audit.entries.filter(({ kind }) => kind === 'request.started')).toHaveLength(1);
  });

  it('lets one of two executors over one store carry out each of many requests', async () => {
    house.surroundings.policies = [policy({ approvals: 0 })];
    house.world.steps = 1;
    for (let n = 1; n <= 20; n += 1) {
      await house.service.ask('file.write', { name: `file-${n % 3}` }, asks(ana));
      await press(house, 'confirm', ana, 'slack', n);
    }
    house.executor({ alone: false });
    house.executor({ alone: false });
    for (let n = 1; n <= 20; n += 1)
      await expect.poll(async () => (await house.request(n)).state, { timeout: 20_000 }).toBe('succeeded');
    expect(effectsOf(house.dir)).toHaveLength(20);
    expect(new Set(effectsOf(house.dir)).size).toBe(20);
  });

  it('waits for a lock that another request holds, says so, and then starts', async () => {
    const gate = Promise.withResolvers<void>();
    house.world.before = () => gate.promise;
    house.surroundings.policies = [policy({ approvals: 0 })];
    house.executor();
    for (const n of [1, 2]) {
      await house.service.ask('file.write', { name: 'notes' }, asks(ana));
      await press(house, 'confirm', ana, 'slack', n);
    }
    await expect
      .poll(async () => JSON.stringify(await house.card('REQ-2')))
      .toContain('waits: file/notes is locked by REQ-1');
    gate.resolve();
    await expect.poll(async () => (await house.request(2)).state).toBe('succeeded');
    expect((await journalOf(house.store, (await house.request(2)).execution?.id ?? '')).length).toBe(2);
  });
});
