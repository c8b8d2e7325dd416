import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createPulse,
  type Fence,
  freeing,
  heldLocks,
  holding,
  keeping,
  type LockHolder,
  leaving,
  locks,
  locksOf,
  taking,
  takingOver,
} from '../../src/gate/locks.ts';
import { codeOf } from '../../src/lib/errors.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Store, Write } from '../../src/store/port.ts';

const guarding = async (store: Store, fence: Fence, now: number): Promise<readonly Write[]> =>
  keeping(await holding(store, fence), now);

const NOW = Date.UTC(2026, 0, 5, 3, 10);
const holder = (n: number, owner = `p${n}`): LockHolder => ({
  request: `REQ-${n}`,
  execution: `req-${n}-e`,
  owner,
  since: NOW,
});

describe('locks', () => {
  let dir: string;
  let store: Store;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-locks-'));
    store = await openLowdbStore({ dir, collections: [locks], now: () => NOW, warn: () => {} });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Takes or tells who is in the way; a lost race is a busy lock, too. */
  async function take(names: readonly string[], by: LockHolder): Promise<Fence | string> {
    const wanted = await taking(store, names, by, NOW);
    if (wanted.is === 'busy') return wanted.lock;
    try {
      await store.commit(wanted.writes);
      return wanted.fence;
    } catch (error) {
      expect(codeOf(error)).toBe('store-conflict');
      return 'raced';
    }
  }
  const fenceOf = (taken: Fence | string): Fence => {
    if (typeof taken === 'string') throw new Error(`busy: ${taken}`);
    return taken;
  };

  it('takes several in one commit, in sorted order, or none of them', async () => {
    const first = fenceOf(await take(['node/b', 'backup/a', 'node/b'], holder(1)));
    expect(first.tokens.map(({ lock }) => lock)).toEqual(['backup/a', 'node/b']);
    expect(await take(['cluster', 'node/b'], holder(2))).toBe('node/b');
    expect((await store.get(locks, 'cluster'))?.body.holder).toBeUndefined();
    await store.commit(freeing(await locksOf(store, first.execution), NOW));
    expect(fenceOf(await take(['cluster', 'node/b'], holder(2))).tokens).toEqual([
      { lock: 'cluster', token: 1 },
      { lock: 'node/b', token: 3 },
    ]);
  });

  it('lets one of many simultaneous takers win', async () => {
    const taken = await Promise.all(
      Array.from({ length: 40 }, (_, n) => take(['cluster', `node/${n % 3}`], holder(n))),
    );
    expect(taken.filter((one) => typeof one !== 'string')).toHaveLength(1);
  });

  it('refuses more locks than a plan could mean', async () => {
    const names = Array.from({ length: 101 }, (_, n) => `node/${n}`);
    await expect(taking(store, names, holder(1), NOW)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('holds the fence until somebody takes over, and never again after', async () => {
    const old = fenceOf(await take(['node/a'], holder(1)));
    await store.commit(await guarding(store, old, NOW + 1));
    const next = await takingOver(store, old.execution, 'other', NOW + 2);
    await store.commit(next.writes);
    await expect(guarding(store, old, NOW + 3)).rejects.toMatchObject({ code: 'failed' });
    await store.commit(await guarding(store, next.fence, NOW + 3));
    await store.commit(freeing(await locksOf(store, old.execution), NOW + 4));
    await expect(guarding(store, next.fence, NOW + 5)).rejects.toMatchObject({ code: 'failed' });
  });

  it('loses a guarded commit to a takeover that came between', async () => {
    const old = fenceOf(await take(['node/a', 'node/b'], holder(1)));
    const writes = await guarding(store, old, NOW);
    await store.commit((await takingOver(store, old.execution, 'other', NOW)).writes);
    await expect(store.commit(writes)).rejects.toMatchObject({ code: 'store-conflict' });
  });

  it('keeps a lock that nobody works on from others', async () => {
    const old = fenceOf(await take(['node/a'], holder(1)));
    await store.commit(leaving(await locksOf(store, old.execution), NOW));
    expect(await take(['node/a'], holder(2))).toBe('node/a');
    expect((await store.get(locks, 'node/a'))?.body.holder).toEqual({
      request: 'REQ-1',
      execution: 'req-1-e',
      since: NOW,
    });
    await expect(guarding(store, old, NOW)).rejects.toMatchObject({ code: 'failed' });
  });

  it('finds an owner dead whose beat stands still, and none that lives, whatever the clocks say', async () => {
    const pulse = createPulse(3);
    const lives = fenceOf(await take(['node/a'], holder(1)));
    fenceOf(await take(['node/b'], holder(2)));
    const clocks = [0, 3_600_000, -3_600_000, 10, 20, 30];
    const deaths: string[][] = [];
    for (const at of clocks) {
      await store.commit(await guarding(store, lives, NOW + at));
      deaths.push([...pulse.dead(await heldLocks(store))]);
    }
    expect(deaths).toEqual([[], [], [], ['req-2-e'], ['req-2-e'], ['req-2-e']]);
  });

  it('needs no waiting where the owner let go', async () => {
    const pulse = createPulse(3);
    const parked = fenceOf(await take(['node/a'], holder(1)));
    await store.commit(leaving(await locksOf(store, parked.execution), NOW));
    expect([...pulse.dead(await heldLocks(store))]).toEqual(['req-1-e']);
  });

  it('under any history: one holder a lock, tokens grow, an old fence never holds again', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      fc.record({
        do: fc.constant('take' as const),
        n: fc.nat(3),
        names: fc.array(name, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ do: fc.constant('free' as const), n: fc.nat(3) }),
      fc.record({ do: fc.constant('over' as const), n: fc.nat(3) }),
      fc.record({ do: fc.constant('leave' as const), n: fc.nat(3) }),
      fc.record({ do: fc.constant('beat' as const), n: fc.nat(3) }),
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        round += 1;
        const own = (lock: string): string => `${round}/${lock}`;
        const current = new Map<number, Fence>();
        const old: Fence[] = [];
        const tokens = new Map<string, number>();
        const held = (): Set<string> =>
          new Set([...current.values()].flatMap((one) => one.tokens.map(({ lock }) => lock)));
        const drop = (n: number): void => {
          const fence = current.get(n);
          if (fence) old.push(fence);
        };
        for (const one of steps) {
          const who = { ...holder(one.n), execution: `${round}-${one.n}` };
          const mine = current.get(one.n);
          if (one.do === 'take' && !mine) {
            const names = one.names.map(own);
            const free = names.every((lock) => !held().has(lock));
            const taken = await take(names, who);
            expect(typeof taken !== 'string').toBe(free);
            if (typeof taken !== 'string') current.set(one.n, taken);
          } else if (one.do === 'free' && mine) {
            await store.commit(freeing(await locksOf(store, mine.execution), NOW));
            drop(one.n);
            current.delete(one.n);
          } else if ((one.do === 'over' || one.do === 'leave') && mine) {
            if (one.do === 'leave') await store.commit(leaving(await locksOf(store, mine.execution), NOW));
            const next = await takingOver(store, mine.execution, 'next', NOW);
            await store.commit(next.writes);
            drop(one.n);
            current.set(one.n, next.fence);
          } else if (one.do === 'beat' && mine) {
            await store.commit(await guarding(store, mine, NOW));
          }
          for (const fence of current.values()) {
            await guarding(store, fence, NOW);
            for (const { lock, token } of fence.tokens) {
              expect(token).toBeGreaterThanOrEqual(tokens.get(lock) ?? 0);
              tokens.set(lock, token);
            }
          }
          for (const fence of old) await expect(guarding(store, fence, NOW)).rejects.toThrow();
        }
      }),
      { numRuns: 60 },
    );
  });
});
