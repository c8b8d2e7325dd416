import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Audit, openAudit } from '../../src/audit/audit.ts';
import { outbox } from '../../src/chat/outbox.ts';
import { differences } from '../../src/gate/drift.ts';
import { frozenBy } from '../../src/gate/freeze.ts';
import { journalOf } from '../../src/gate/journal.ts';
import { heldLocks, takingOver } from '../../src/gate/locks.ts';
import { requestCard } from '../../src/gate/requestCard.ts';
import type { PressWhat } from '../../src/gate/requests.ts';
import { messageOf } from '../../src/lib/errors.ts';
import { transact } from '../../src/store/transact.ts';
import {
  always,
  ana,
  asks,
  ben,
  cleo,
  effectsOf,
  type House,
  openHouse,
  policy,
  press,
  says,
  until,
} from '../gate-run/house.ts';
import { asked, freezes, PLAN, T } from './requests.ts';

const MIN = 60_000;
/** Refused by role, in the gate's words. */
const NOT_YOU = /none of them|isn’t you now/;
const dan = { name: 'dan', roles: [] } as const;

/** What the gate promises, one sharp case each, on the real core, ledger, executor and store; the rest of this folder goes into breadth. */
describe('the seventeen properties of gated actions', () => {
  let house: House;
  const opened: House[] = [];
  const also = async (options: Parameters<typeof openHouse>[0]): Promise<House> => {
    const one = await openHouse(options);
    opened.push(one);
    return one;
  };
  beforeEach(async () => {
    house = await also({});
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.end();
  });
  const ask = async (name = 'notes', more = {}): Promise<string> =>
    (await house.service.ask('file.write', { name }, asks(ana, more))).card.title;
  const confirmed = async (): Promise<void> => {
    await ask();
    await press(house, 'confirm', ana);
  };
  const posts = async (): Promise<string> => JSON.stringify(await house.store.find(outbox, { limit: 1000 }));
  const state = async (n = 1) => (await house.request(n)).state;
  const settledDown = () => new Promise((resolve) => setTimeout(resolve, 120));

  it('1 a digest binds the plan: what is approved is what was shown, and all that is shown is in it', async () => {
    const { digest } = asked();
    const steps = [{ id: 'cordon', text: 'something else' }];
    const findings = [{ level: 'NOTE' as const, code: 'n', text: 'new words' }];
    const changes = [{ title: 'x' }, { summary: 'x' }, { target: 'x' }, { args: {} }, { effects: {} }, { locks: [] }];
    for (const change of [...changes, { steps }, { findings }, { action: 'node.cordon' }])
      expect(asked({}, { ...PLAN, ...change }).digest, Object.keys(change)[0]).not.toBe(digest);
    for (const changed of [asked({ approvals: 2 }), asked({}, PLAN, { clusterUid: 'another' })])
      expect(changed.digest).not.toBe(digest);
    await confirmed();
    const shown = JSON.stringify(requestCard(await house.stored()));
    for (const words of ['Write notes', 'append line 0', 'append line 1', 'effects.log', 'file/notes'])
      expect(shown, words).toContain(words);
    const other = { choice: 'approve', digest: digest.slice(0, 12) } as const;
    expect((await house.service.vote('REQ-1', says(ben), other)).card.title).toContain('another plan');
    expect((await house.request()).votes).toEqual([]);
  });

  it('2 it binds effects, not names that come and go', () => {
    const churn = { ...PLAN, summary: '11 pods move elsewhere', title: 'Drain it', lastTookMs: 5 };
    expect(differences(PLAN, { ...churn, findings: [...PLAN.findings].reverse() })).toEqual([]);
    const owner = { ...PLAN, effects: { node: { name: 'worker-1', uid: 'u-1' }, owners: ['default/web', 'x/new'] } };
    expect(differences(PLAN, owner).map(({ what }) => what)).toEqual(['effects.owners[1]']);
    const hazard = { ...PLAN, findings: [...PLAN.findings, { level: 'BLOCK' as const, code: 'budget', text: 'none' }] };
    expect(differences(PLAN, hazard)).toEqual([{ what: 'finding', after: 'BLOCK budget: none' }]);
  });

  it('3 under the lock it is checked again: drift voids the approval and is shown; a lost lock ends before the next step', async () => {
    await house.approved();
    house.world.generation = 2;
    house.executor();
    expect((await house.until('confirming')).votes).toEqual([]);
    expect(await posts()).toContain('effects.generation');
    expect(effectsOf(house.dir)).toEqual([]);
    house.world.after = async () => {
      const { execution } = await house.request();
      await transact(house.store, async () => ({
        writes: (await takingOver(house.store, execution?.id ?? '', 'somebody', 0)).writes,
        result: undefined,
      }));
      house.world.after = async () => {};
    };
    await press(house, 'confirm', ana);
    await press(house, 'approve', ben);
    await until('fenced off', async () => house.logged.some((line) => line.includes('another process has taken')));
    await settledDown();
    expect(effectsOf(house.dir)).toHaveLength(1);
  });

  it('4 nobody approves their own request, through whatever chat, by button or by name', async () => {
    await confirmed();
    for (const chat of ['slack', 'telegram', 'console'] as const) {
      expect(await press(house, 'approve', { ...ana, roles: ['admin'] }, chat)).toContain('yourself');
      expect((await house.service.vote('REQ-1', says(ana, chat), { choice: 'approve' })).card.title).toContain(
        'yourself',
      );
    }
    expect((await house.request()).votes).toEqual([]);
  });

  it('5 who got the message is not who may press: one core decides at the click', async () => {
    house = await also({ callers: { direct: () => [{ chat: 'telegram', id: 'dm' }], next: async () => [] } });
    house.surroundings.people = [ana, ben, dan];
    await confirmed();
    expect((await house.stored()).direct).toEqual([{ chat: 'telegram', id: 'dm' }]);
    expect(await press(house, 'approve', dan, 'telegram')).toMatch(NOT_YOU);
    expect(await press(house, 'cancel', dan, 'telegram')).toContain('Only ana');
    house.surroundings.people = [ana];
    expect(await press(house, 'approve', ben, 'telegram')).toMatch(NOT_YOU);
    expect(await state()).toBe('approving');
  });

  it('6 a quorum is of distinct people, by the policy of the asking, still eligible at the start; a denial is final', async () => {
    house.surroundings.policies = [policy({ approvals: 2 })];
    await confirmed();
    house.surroundings.policies = [policy({ approvals: 0 })];
    await press(house, 'approve', ben);
    expect(await press(house, 'approve', ben, 'telegram')).toContain('already');
    expect(await state()).toBe('approving');
    await press(house, 'approve', cleo);
    house.surroundings.people = [ana, ben];
    house.executor();
    await house.until('refused');
    expect(JSON.stringify(house.told)).toContain('approvers-lapsed');
    house.surroundings.policies = [policy({ approvals: 2 })];
    expect(await ask()).toContain('2 approvals');
    expect(await house.store.count({ kind: 'gaterequest', keys: () => ({}) })).toBe(1);
    house.surroundings.people = [ana, ben, cleo];
    await ask();
    await press(house, 'deny', cleo, 'slack', 2);
    for (const what of ['confirm', 'approve'] as const)
      await press(house, what, what === 'confirm' ? ana : ben, 'slack', 2);
    expect(await state(2)).toBe('denied');
  });

  it('7 there is a time to approve and a time to start, judged whenever somebody looks', async () => {
    await confirmed();
    house.clock.jump(15 * MIN);
    expect(await press(house, 'approve', ben)).toContain('expired');
    await ask();
    await press(house, 'confirm', ana, 'slack', 2);
    house.clock.jump(14 * MIN);
    expect(await press(house, 'approve', ben, 'slack', 2)).toContain('starts');
    house.clock.jump(15 * MIN);
    house.executor();
    await until('expired', async () => (await state(2)) === 'expired');
    expect(effectsOf(house.dir)).toEqual([]);
  });

  it('8 an approval is used once: one commit consumes it and makes the execution', async () => {
    for (let n = 0; n < 4; n += 1) house.executor({ alone: false });
    await house.approved();
    const { execution } = await house.until('succeeded');
    await settledDown();
    expect(effectsOf(house.dir)).toEqual([`${execution?.id} write-0`, `${execution?.id} write-1`]);
    expect(house.told.filter(({ fact }) => fact.is === 'started')).toHaveLength(1);
  });

  it('9 buttons carry opaque random tokens: those of another request, an old card or an end do nothing', async () => {
    await ask('one');
    await ask('two');
    const [one, two] = [await house.stored(1), await house.stored(2)];
    const tokens = [...Object.values(one.tokens), ...Object.values(two.tokens)];
    expect(new Set(tokens).size).toBe(8);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(16);
    await house.service.press(one.tokens.confirm, says(ana));
    expect([await state(1), await state(2)]).toEqual(['approving', 'confirming']);
    await press(house, 'cancel', ana, 'slack', 1);
    for (const what of Object.keys(one.tokens) as PressWhat[])
      for (const who of [ana, ben]) await house.service.press(one.tokens[what], says(who));
    expect(await house.service.press(`${two.tokens.confirm.slice(1)}A`, says(ana))).toBeUndefined();
    expect([await state(1), await state(2)]).toEqual(['cancelled', 'confirming']);
  });

  it('10 what destroys asks its requester to type the name, and for the quorum all the same', async () => {
    house.surroundings.policies = [policy({ confirm: 'typed' })];
    await ask();
    expect(await press(house, 'confirm', ana)).toContain('/confirm REQ-1 notes');
    for (const typed of ['Notes', 'notes ', '']) await house.service.confirm('REQ-1', says(ana), typed);
    await house.service.confirm('REQ-1', says(ben), 'notes');
    expect(await state()).toBe('confirming');
    await house.service.confirm('REQ-1', says(ana), 'notes');
    expect(await state()).toBe('approving');
  });

  it('11 a freeze beats every permission, in its own time zone; what can not be read is frozen', async () => {
    house.surroundings.freezes = always();
    expect(await ask()).toContain('freeze');
    const madrid = freezes({ name: 'night', from: 'Fri 04:00', to: 'Fri 05:00', timezone: 'Europe/Madrid' });
    expect(frozenBy(madrid, 'node.drain', T)?.name).toBe('night');
    expect(
      frozenBy(
        madrid.map((one) => ({ ...one, timezone: 'UTC' })),
        'node.drain',
        T,
      ),
    ).toBeUndefined();
    expect(
      frozenBy(
        madrid.map((one) => ({ ...one, timezone: 'Mars/Base' })),
        'node.drain',
        T,
      )?.name,
    ).toBe('night');
    house.surroundings.freezes = [];
    await confirmed();
    house.surroundings.freezes = always();
    expect(await press(house, 'approve', ben)).toContain('freeze');
  });

  it('12 a lock has one holder with a beating heart, and its token fences off whoever held it before', async () => {
    const stuck = Promise.withResolvers<void>();
    house.world.before = (step) => (step === 'write-1' ? stuck.promise : Promise.resolve());
    house.executor({ alone: false, limits: { beatMs: 3_600_000 } });
    await house.approved();
    await until('first step', async () => effectsOf(house.dir).length === 1);
    const before = await heldLocks(house.store);
    expect(before.map(({ id }) => id)).toEqual(['file/notes', 'request/REQ-1']);
    house.executor({ alone: false });
    await until('another owner', async () => {
      const held = await heldLocks(house.store);
      return held.every(({ body }, at) => body.token > (before[at]?.body.token ?? 0)) || held.length === 0;
    });
    stuck.resolve();
    expect((await house.until('failed')).outcome?.text).toContain('1 of 2 lines');
  });

  it('13 the intent is journaled before the effect; what nobody can tell is unknown, and never run again', async () => {
    const seen: unknown[] = [];
    const dead = Promise.withResolvers<void>();
    house.world.before = async () => {
      const execution = (await house.request()).execution?.id ?? '';
      seen.push((await journalOf(house.store, execution)).map(({ step, result }) => [step, result]));
      dead.resolve();
      await new Promise(() => {});
    };
    house.executor();
    await house.approved();
    await dead.promise;
    expect(seen).toEqual([[['write-0', undefined]]]);
    await house.crash();
    const next = await also({ dir: house.dir });
    next.world.observe = async () => ({ is: 'unknown', text: 'The file can’t be read.' });
    next.executor();
    await next.until('unknown');
    await settledDown();
    expect(effectsOf(house.dir)).toEqual([]);
    expect((await heldLocks(next.store)).map(({ id }) => id)).toContain('file/notes');
  });

  it('14 a cancel is taken at any time, and what remains is said', async () => {
    house.world.after = async (step) => {
      if (step === 'write-0') await press(house, 'cancel', ana);
    };
    house.executor();
    await house.approved();
    expect((await house.until('cancelled')).outcome?.text).toContain('1 of 2 lines were written');
    house.surroundings.duty = () => new Promise(() => {});
    house.surroundings.clusterUid = () => Promise.reject(new Error('away'));
    house.surroundings.duty = async () => ({ is: 'by-role' });
    house.surroundings.clusterUid = async () => undefined;
    await ask('other');
    house.surroundings.duty = () => new Promise(() => {});
    expect(await press(house, 'cancel', ana, 'slack', 2)).toBe('REQ-2 was cancelled.');
  });

  it('15 breaking the glass is for who is on call, with a reason, loud; plan, lock and audit hold', async () => {
    house.surroundings.duty = async () => ({ is: 'known', people: ['ben'], until: undefined, source: 'rotation' });
    expect(await ask('notes', { breakGlass: 'the disk is dying' })).toContain('on call');
    house.surroundings.duty = async () => ({ is: 'known', people: ['ana'], until: undefined, source: 'rotation' });
    expect(await ask('notes', { breakGlass: 'now' })).toContain('reason');
    await ask('notes', { breakGlass: 'the disk is dying' });
    expect((await house.card('REQ-1'))?.title).toMatch(/^BREAK GLASS/);
    house.world.generation = 2;
    house.executor();
    await press(house, 'confirm', ana);
    await until('drifted', async () => house.told.some(({ fact }) => fact.is === 'drifted'));
    await house.until('confirming');
    await press(house, 'confirm', ana);
    await house.until('succeeded');
    const kinds = house.audit.entries.map(({ kind }) => kind);
    for (const kind of ['glass-broken', 'confirmed', 'started', 'finished']) expect(kinds).toContain(`request.${kind}`);
  });

  it('16 the audit is a chain whose head stands elsewhere, too; what can not be recorded is not done', async () => {
    const { clock, dir } = house;
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const real: Audit = await openAudit({ dir, clock, log, redact: (text) => text });
    house.audit.append = async (entry) => void (await real.append(entry));
    await confirmed();
    const anchor = real.head();
    const found = await real.verify([anchor]);
    expect(found).toMatchObject({ ok: true, head: { seq: 2 } });
    expect(await real.verify([{ seq: 2, hash: 'f'.repeat(64) }])).toMatchObject({ ok: false, fault: 'anchor-differs' });
    await real.close();
    expect(await press(house, 'approve', ben).catch(messageOf)).toContain('nothing was done');
    expect(await state()).toBe('approving');
  });

  it('17 what can not be asked says no: the on-call source, the cluster, the store', async () => {
    const silent = async () => ({ is: 'unknown' as const, reason: 'no calendar' });
    house.surroundings.people = [ana, { name: 'ben', roles: ['oncall'] }];
    house.surroundings.duty = silent;
    expect(await ask()).toContain('on call');
    house.surroundings.duty = async () => ({ is: 'by-role' });
    house.surroundings.clusterUid = () => Promise.reject(new Error('the cluster is away'));
    expect(await ask().catch(messageOf)).toContain('the cluster is away');
    house.surroundings.clusterUid = async () => undefined;
    await confirmed();
    house.surroundings.duty = silent;
    expect(await press(house, 'approve', ben)).toContain('on call');
    house.surroundings.duty = async () => ({ is: 'by-role' });
    house.store.before = () => Promise.reject(new Error('the store is away'));
    expect(await press(house, 'approve', ben).catch(messageOf)).toContain('the store is away');
    expect((await house.request()).votes).toEqual([]);
  });
});
