import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Executor } from '../../src/gate/executor.ts';
import { heldLocks } from '../../src/gate/locks.ts';
import { always, ana, asks, ben, effectsOf, type House, openHouse, policy, press, says, until } from './house.ts';

/** What becomes of an execution whose process died: told by a new handle over the same folder. */
describe('after a crash', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function opened(dir?: string): Promise<House> {
    const house = await openHouse(dir === undefined ? {} : { dir });
    ends.push(() => house.end());
    return house;
  }

  /** Runs an approved request until `at` says so within a step, and crashes there. */
  async function crashedAt(at: 'before' | 'after', step: string, prepare?: (house: House) => void): Promise<House> {
    const house = await opened();
    prepare?.(house);
    const reached = Promise.withResolvers<void>();
    house.world[at] = async (name: string) => {
      if (name !== step) return;
      reached.resolve();
      await new Promise(() => {});
    };
    house.executor();
    await house.approved();
    await reached.promise;
    await house.crash();
    return opened(house.dir);
  }

  it('fails what surely was not done, and says so', async () => {
    const house = await crashedAt('before', 'write-0');
    house.executor();
    const { outcome } = await house.until('failed');
    expect(outcome?.text).toBe('The bot stopped while this ran. No line was written.');
    expect(await heldLocks(house.store)).toEqual([]);
    expect(effectsOf(house.dir)).toEqual([]);
  });

  it('verifies what was done though its result was never journaled', async () => {
    const house = await crashedAt('after', 'write-1');
    house.executor();
    await house.until('succeeded');
    expect(effectsOf(house.dir)).toHaveLength(2);
  });

  it('fails an execution that had begun nothing', async () => {
    const house = await opened();
    house.store.before = async (kinds) => {
      if (kinds.includes('gatejournal')) await new Promise(() => {});
    };
    house.executor();
    await house.approved();
    await house.until('running');
    await house.crash();
    const next = await opened(house.dir);
    next.executor();
    expect((await next.until('failed')).outcome?.text).toContain('Nothing was done yet');
    expect(next.world.plans).toBe(0);
  });

  it('keeps what nobody can tell locked until a person settles it, for whoever comes next', async () => {
    const house = await crashedAt('after', 'write-0');
    house.world.observe = async () => ({ is: 'unknown', text: 'Half a line is there.' });
    house.surroundings.policies = [policy({ approvals: 0 })];
    house.executor();
    const request = await house.until('unknown');
    expect(request.outcome?.text).toContain('Half a line is there.');
    expect(JSON.stringify((await house.card('REQ-1/end'))?.blocks.at(-1))).toContain(
      'Until then file/notes stays locked.',
    );
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana, 'slack', 2);
    await until('waits', async () => JSON.stringify(await house.card('REQ-2')).includes('is locked by REQ-1'));
    expect((await house.service.settle('REQ-1', says(ben), 'done', 'short')).card.title).toContain('reason');
    const settled = await house.service.settle('REQ-1', says(ben), 'not-done', 'I removed the half line.');
    expect(settled.card.title).toContain('settled');
    await until('REQ-2 runs', async () => (await house.request(2)).state === 'succeeded');
    expect((await house.request()).state).toBe('unknown');
  });

  it('watches what goes on without it until it ends', async () => {
    const house = await crashedAt('before', 'write-1');
    let looks = 0;
    house.world.observe = async () => {
      looks += 1;
      if (looks < 4) return { is: 'going-on', text: `look ${looks}: the unit runs` };
      appendFileSync(join(house.dir, 'effects.log'), 'unit write-1\n');
      return { is: 'done', text: 'The unit ended.' };
    };
    house.executor();
    await until('shown', async () => JSON.stringify(await house.card('REQ-1')).includes('the unit runs'));
    await house.until('succeeded');
    expect(looks).toBe(4);
  });

  it('goes on where the action says that it can, and repeats no step that has a result', async () => {
    const house = await crashedAt('before', 'write-1');
    house.world.observe = async () => ({ is: 'resumable', text: 'One line is missing.' });
    house.executor();
    const { execution } = await house.until('succeeded');
    expect(effectsOf(house.dir)).toEqual([`${execution?.id} write-0`, `${execution?.id} write-1`]);
    expect(house.audit.entries.map(({ kind }) => kind)).toContain('request.resumed');
  });

  it.each<[string, (house: House) => void, string]>([
    [
      'a freeze began',
      (house) => {
        house.surroundings.freezes = always();
      },
      'the freeze “always” has begun',
    ],
    [
      'the plan is blocked by now',
      (house) => {
        house.world.findings = [{ level: 'BLOCK', code: 'no-space', text: 'The disk is full' }];
      },
      'The disk is full (no-space)',
    ],
    [
      'there is no plan any more',
      (house) => {
        house.world.refuses = 'There is no such file.';
      },
      'There is no such file.',
    ],
  ])('does not go on where %s', async (_, change, words) => {
    const house = await crashedAt('before', 'write-1');
    house.world.observe = async () => ({ is: 'resumable', text: 'One line is missing.' });
    change(house);
    house.executor();
    expect((await house.until('failed')).outcome?.text).toContain(words);
    expect(effectsOf(house.dir)).toHaveLength(1);
  });

  it('honours a cancel that came before the crash', async () => {
    const house = await crashedAt('before', 'write-1');
    house.world.observe = async () => ({ is: 'resumable', text: 'One line is missing.' });
    expect(await press(house, 'cancel', ana)).toContain('stops at its next safe point');
    house.executor();
    expect((await house.until('cancelled')).outcome?.text).toContain('One line is missing.');
  });

  it('looks again while reality can not be looked at, and ends unknown when that lasts', async () => {
    const house = await crashedAt('before', 'write-0');
    let looks = 0;
    house.world.observe = async () => {
      looks += 1;
      throw new Error('no route to host');
    };
    house.executor({ limits: { observeMs: 500 } });
    expect((await house.until('unknown')).outcome?.text).toContain('no route to host');
    expect(looks).toBeGreaterThan(1);
  });

  it('verifies again what was being verified', async () => {
    const house = await opened();
    house.store.before = async (kinds) => {
      if (kinds.includes('gaterequest') && (await house.request().catch(() => undefined))?.state === 'verifying')
        await new Promise(() => {});
    };
    house.executor();
    await house.approved();
    await house.until('verifying');
    await house.crash();
    const next = await opened(house.dir);
    next.executor();
    await next.until('succeeded');
    expect(effectsOf(house.dir)).toHaveLength(2);
  });

  it('parks what runs at a stop, and the next process need not wait to look', async () => {
    const house = await opened();
    const reached = Promise.withResolvers<void>();
    house.world.before = (_, signal) => {
      reached.resolve();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const executor: Executor = house.executor();
    await house.approved();
    await reached.promise;
    await executor.stop();
    expect((await house.request()).state).toBe('running');
    expect((await heldLocks(house.store)).map(({ body }) => body.holder?.owner)).toEqual([undefined, undefined]);
    house.world.before = async () => {};
    house.executor({ alone: false });
    expect((await house.until('failed')).outcome?.text).toContain('No line was written.');
  });

  it('lets an effect that ends in time end, and begins no other', async () => {
    const house = await opened();
    const reached = Promise.withResolvers<void>();
    house.world.before = async () => {
      reached.resolve();
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const executor = house.executor();
    await house.approved();
    await reached.promise;
    await executor.stop();
    expect(effectsOf(house.dir)).toHaveLength(1);
    house.world.observe = async () => ({ is: 'resumable', text: 'One line is missing.' });
    house.executor();
    await house.until('succeeded');
    expect(effectsOf(house.dir)).toHaveLength(2);
  });

  it('takes over from an owner whose heart stopped, and fences it off', async () => {
    const house = await opened();
    const stuck = Promise.withResolvers<void>();
    house.world.before = (step) => (step === 'write-1' ? stuck.promise : Promise.resolve());
    // The first executor's heart does not beat: as of a process that was suspended.
    house.executor({ alone: false, limits: { beatMs: 3_600_000 } });
    await house.approved();
    await until('first step', async () => effectsOf(house.dir).length === 1);
    house.world.observe = async () => ({ is: 'unknown', text: 'Nobody answers.' });
    house.executor({ alone: false });
    await house.until('unknown');
    house.world.steps = 3;
    stuck.resolve();
    await until('told', async () => house.logged.some((line) => line.includes('another process has taken')));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(effectsOf(house.dir)).toHaveLength(2);
    expect((await house.request()).state).toBe('unknown');
  });
});
