import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { journalOf } from '../../src/gate/journal.ts';
import { heldLocks } from '../../src/gate/locks.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { always, ana, asks, ben, cleo, effectsOf, type House, labels, openHouse, press, says, until } from './house.ts';

const HOUR = 3_600_000;
const full = new DaytwoError('store-unavailable', 'no space left on device');

describe('when things go wrong', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.end());
  const stepsOf = async () => journalOf(house.store, (await house.request()).execution?.id ?? '');

  it('runs nothing while the audit can not be written, and runs once it can', async () => {
    house.executor();
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    house.audit.broken = true;
    await expect(press(house, 'approve', ben)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('audit'),
    });
    expect((await house.request()).votes).toEqual([]);
    house.audit.broken = false;
    // It breaks between the approval and the start.
    const { append } = house.audit;
    house.audit.append = async (entry) => {
      if (entry.kind === 'request.started') house.audit.broken = true;
      return append(entry);
    };
    await press(house, 'approve', ben);
    await until('noticed', async () => house.audit.broken);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect((await house.request()).state).toBe('ready');
    expect(effectsOf(house.dir)).toEqual([]);
    expect(JSON.stringify(await house.card('REQ-1'))).toContain('the audit can’t be written');
    house.audit.append = append;
    house.audit.broken = false;
    await house.until('succeeded');
    expect(effectsOf(house.dir)).toHaveLength(2);
  });

  it('begins no further step once the audit breaks, and ends as reality shows when it is mended', async () => {
    house.world.after = async () => {
      house.audit.broken = true;
    };
    house.executor();
    await house.approved();
    await until('first effect', async () => effectsOf(house.dir).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(effectsOf(house.dir)).toHaveLength(1);
    expect((await house.request()).state).toBe('running');
    house.audit.broken = false;
    expect((await house.until('failed')).outcome?.text).toContain('1 of 2 lines were written');
  });

  it('does no effect whose intent can not be stored', async () => {
    house.store.before = async (kinds) => {
      if (kinds.includes('gatejournal')) throw full;
    };
    house.executor();
    await house.approved();
    const { outcome } = await house.until('failed');
    expect(outcome?.text).toBe('no space left on device. Nothing was done.');
    expect(effectsOf(house.dir)).toEqual([]);
  });

  it('keeps what it knows of a done effect until the disk has room again', async () => {
    let isFull = false;
    house.world.after = async (step) => {
      if (step === 'write-0') isFull = true;
    };
    house.store.before = async () => {
      if (isFull) throw full;
    };
    house.executor({ limits: { beatMs: 5 } });
    await house.approved();
    await until('full', async () => isFull);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(effectsOf(house.dir)).toHaveLength(1);
    expect((await stepsOf())[0]?.result).toBeUndefined();
    isFull = false;
    await house.until('succeeded');
    expect(effectsOf(house.dir)).toHaveLength(2);
    expect((await stepsOf()).map(({ tries }) => tries)).toEqual([1, 1]);
  });

  it('counts no approval that could not be stored; it may be given again', async () => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    house.store.before = async () => {
      throw full;
    };
    await expect(press(house, 'approve', ben)).rejects.toMatchObject({ code: 'store-unavailable' });
    house.store.before = async () => {};
    expect(house.audit.entries.at(-1)?.kind).toBe('request.void');
    expect((await house.request()).votes).toEqual([]);
    expect(await press(house, 'approve', ben)).toContain('starts');
  });

  it.each([
    ['an hour forwards', HOUR, 'expired'],
    ['an hour back', -HOUR, 'expired'],
  ] as const)('lets a request that waits end when the clock jumps %s', async (_, ms, state) => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    house.clock.jump(ms);
    expect(await press(house, 'approve', ben)).toContain('has expired');
    expect((await house.request()).state).toBe(state);
    house.clock.jump(-ms);
    house.executor();
    expect(await press(house, 'approve', ben)).toContain('has expired');
    expect(effectsOf(house.dir)).toEqual([]);
  });

  it.each([
    ['forwards', HOUR],
    ['back', -HOUR],
  ])('neither stops nor doubles what runs when the clock jumps an hour %s', async (_, ms) => {
    const gate = Promise.withResolvers<void>();
    house.world.before = () => gate.promise;
    house.executor({ alone: false });
    house.executor({ alone: false });
    await house.approved();
    await until('began', async () => (await stepsOf().catch(() => [])).length === 1);
    house.clock.jump(ms);
    await new Promise((resolve) => setTimeout(resolve, 300));
    gate.resolve();
    await house.until('succeeded');
    expect(effectsOf(house.dir)).toHaveLength(2);
    expect(house.logged.filter((line) => line.includes('taken over'))).toEqual([]);
  });

  it('voids the approval when the plan drifts, says how, touches nothing, and takes no button of the old card', async () => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    const old = (await house.stored()).tokens;
    await press(house, 'approve', ben);
    house.world.generation = 2;
    house.executor();
    const request = await house.until('confirming');
    expect(request.votes).toEqual([]);
    expect(effectsOf(house.dir)).toEqual([]);
    expect(await heldLocks(house.store)).toEqual([]);
    expect(labels(await house.card('REQ-1'))).toEqual(['Confirm', 'Cancel']);
    const told = house.audit.entries.find(({ kind }) => kind === 'request.drifted');
    expect(JSON.stringify(told)).toContain('effects.generation');
    for (const token of [old.confirm, old.approve])
      expect((await house.service.press(token, says(token === old.confirm ? ana : ben)))?.card.title).toMatch(
        /another plan by now|waits for its confirmation/,
      );
    expect((await house.request()).confirmedAt).toBeUndefined();
    await press(house, 'confirm', ana);
    await press(house, 'approve', ben);
    await house.until('succeeded');
  });

  it('refuses at the start what has no plan any more, is frozen, or lost its approvers', async () => {
    const changes: ((n: number) => void)[] = [
      () => {
        house.world.refuses = 'The file is gone.';
      },
      () => {
        house.world.refuses = undefined;
        house.surroundings.freezes = always();
      },
      () => {
        house.surroundings.freezes = [];
        house.surroundings.people = [ana, cleo];
      },
    ];
    const texts = ['no-plan', 'frozen', 'approvers-lapsed'];
    for (let n = 1; n <= changes.length; n += 1) {
      house.world.refuses = undefined;
      house.surroundings.freezes = [];
      house.surroundings.people = [ana, ben, cleo];
      await house.service.ask('file.write', { name: `f${n}` }, asks(ana));
      await press(house, 'confirm', ana, 'slack', n);
      await press(house, 'approve', ben, 'slack', n);
      changes[n - 1]?.(n);
      const executor = house.executor();
      await until('refused', async () => (await house.request(n)).state === 'refused');
      await executor.stop();
      const told = house.audit.entries.findLast(({ kind }) => kind === 'request.refused');
      expect(JSON.stringify(told)).toContain(texts[n - 1]);
    }
    expect(effectsOf(house.dir)).toEqual([]);
  });

  it.each([
    [
      'the cluster',
      () => ({ clusterUid: async () => Promise.reject(new DaytwoError('unreachable', 'the cluster is away')) }),
    ],
    ['the on-call source', () => ({ duty: async () => ({ is: 'unknown' as const, reason: 'no calendar' }) })],
  ])('does not start while %s is away, and starts when it is back', async (_, away) => {
    house.surroundings.people = [ana, { name: 'ben', roles: ['oncall'] }, cleo];
    await house.approved();
    const before = { ...house.surroundings };
    Object.assign(house.surroundings, away());
    house.executor();
    await until('says so', async () => JSON.stringify(await house.card('REQ-1')).includes('waits: '));
    expect((await house.request()).state).toBe('ready');
    expect(await heldLocks(house.store)).toEqual([]);
    Object.assign(house.surroundings, before);
    await house.until('succeeded');
    expect(house.audit.entries.filter(({ kind }) => kind === 'request.started')).toHaveLength(1);
  });

  it('fails with what the effect said, journals it, and frees the locks', async () => {
    house.world.before = async (step) => {
      if (step === 'write-1') throw new DaytwoError('failed', 'restic: exit code 1');
    };
    house.executor();
    await house.approved();
    const { outcome } = await house.until('failed');
    expect(outcome?.text).toContain('restic: exit code 1. 1 of 2 lines were written');
    expect((await stepsOf())[1]?.failure).toMatchObject({ code: 'failed', text: 'restic: exit code 1' });
    expect(await heldLocks(house.store)).toEqual([]);
  });

  it.each([
    ['was told for sure', 'failed', 'failed'],
    ['nobody knows', 'timeout', 'unknown'],
  ] as const)('ends by what is known where reality can not be looked at: %s', async (_, code, state) => {
    house.world.before = async () => {
      throw new DaytwoError(code, 'ssh: it broke');
    };
    house.world.observe = async () => Promise.reject(new DaytwoError('unreachable', 'no route'));
    house.executor({ limits: { observeMs: 1 } });
    await house.approved();
    expect((await house.until(state)).outcome?.text).toContain('ssh: it broke');
  });

  it('ends unknown what can not be verified, and degraded or failed as verification says', async () => {
    house.world.verdict = 'degraded';
    house.executor();
    await house.approved();
    await house.until('degraded');
    expect((await house.card('REQ-1/end'))?.tone).toBe('warning');
  });

  it('verifies once what it looks at is back', async () => {
    let looks = 0;
    house.world.verifying = () => {
      looks += 1;
      if (looks <= 8) throw new DaytwoError('unreachable', 'no route');
    };
    house.executor();
    await house.approved();
    await house.until('succeeded');
    expect(looks).toBe(9);
  });

  it('ends unknown where what would be verified stays away', async () => {
    house.world.verifying = () => {
      throw new DaytwoError('unreachable', 'no route');
    };
    house.executor({ limits: { observeMs: 300 } });
    await house.approved();
    expect((await house.until('unknown')).outcome?.text).toContain('could not be verified: no route');
  });

  it('stops at the deadline', async () => {
    house.world.before = (_step, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    house.executor({ limits: { deadlineMs: 60 } });
    await house.approved();
    expect((await house.until('failed')).outcome?.text).toContain('it took longer than it may');
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'is no JSON',
      () => {
        const circle: Record<string, unknown> = {};
        circle['circle'] = circle;
        return circle;
      },
      /it was done, but its result is no JSON/,
    ],
    ['is too long', () => 'x'.repeat(300_000), /its result of 300002 characters is too long/],
  ])('lets reality tell where a result %s', async (_, result, words) => {
    house.world.steps = 1;
    house.world.result = result();
    house.executor();
    await house.approved();
    await house.until('succeeded');
    expect((await stepsOf())[0]?.failure?.text).toMatch(words);
  });

  it('returns what a step without a result returned, after a restart too', async () => {
    house.world.result = undefined;
    house.executor();
    await house.approved();
    await house.until('succeeded');
    expect((await stepsOf()).map(({ result }) => result?.value)).toEqual([undefined, undefined]);
  });
});
