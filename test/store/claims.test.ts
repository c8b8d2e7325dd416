import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/lib/log.ts';
import { type Claims, soleClaims, untilFree } from '../../src/store/claims.ts';
import { replicas } from '../../src/store/lease.ts';
import { put, type Store } from '../../src/store/port.ts';
import { openSharedClaims } from '../../src/store/sharedClaims.ts';
import { eventually } from '../support/real/process.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';

describe('claims of several processes', () => {
  let temp: TempStore;
  let all: Claims[];
  /** Whose store fails now. */
  let broken: Set<string>;
  beforeEach(async () => {
    temp = await tempStore();
    all = [];
    broken = new Set();
  });
  afterEach(async () => {
    broken.clear();
    for (const claims of all) await claims.close();
    await temp.drop();
  });

  const join = async (name: string): Promise<Claims> => {
    const store: Store = new Proxy(temp.store, {
      get: (target, key) => {
        if (key === 'commit' && broken.has(name)) return () => Promise.reject(new Error('no way to the data base'));
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const claims = await openSharedClaims({
      store,
      log: silentLog,
      now: Date.now,
      name,
      beatMs: 40,
      lostMs: 1000,
      goneMs: 1600,
    });
    all.push(claims);
    return claims;
  };

  it('give a name to one, and to the other once it was given back', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const claim = await eventually('a leads', () => a.take('leader'));
    expect(claim).toMatchObject({ inherited: false });
    expect(await a.take('leader')).toBeUndefined();
    expect(await b.take('leader')).toBeUndefined();
    await claim.end();
    expect(claim.signal.aborted).toBe(true);
    const next = await eventually('b has it', () => b.take('leader'));
    expect(next.inherited).toBe(false);
    expect(await next.guard()).toHaveLength(1);
    await expect(claim.guard()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('pass on what a replica had that falls silent, not before it has given it up itself', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const claim = await eventually('a leads', () => a.take('leader'));
    const before = a.id() ?? '';
    expect(await b.isGone(before)).toBe(false);
    let lostAt = 0;
    claim.signal.addEventListener('abort', () => {
      lostAt = performance.now();
    });
    broken.add('a');
    const next = await eventually('b has it', () => b.take('leader'));
    expect(next.inherited).toBe(true);
    expect(lostAt).toBeGreaterThan(0);
    expect(performance.now()).toBeGreaterThan(lostAt);
    expect(await b.isGone(before)).toBe(true);
    await expect(claim.guard()).rejects.toMatchObject({ code: 'cancelled' });
    broken.clear();
    // It comes back under a new name and may take what is free.
    expect(await eventually('a takes something', () => a.take('lane'))).toMatchObject({ inherited: false });
    expect(a.id()).not.toBe(before);
    expect(await a.take('leader')).toBeUndefined();
  });

  it('are given up by a replica that finds itself buried', async () => {
    const a = await join('a');
    const claim = await eventually('a leads', () => a.take('leader'));
    await temp.store.commit([{ do: 'delete', in: replicas, id: a.id() ?? '', expect: 'any' }]);
    await eventually('it noticed', () => claim.signal.aborted);
    expect(await eventually('it goes on', () => a.take('leader'))).toMatchObject({ inherited: true });
  });

  it('tell who waits, and wake them when somebody leaves', async () => {
    const [a, b] = [await join('a'), await join('b')];
    await eventually('both are known', () => a.names().length === 2 && b.names().length === 2);
    expect(a.names()).toEqual(['a', 'b']);
    await eventually('a leads', () => a.take('leader'));
    expect(await b.take('leader')).toBeUndefined();
    const woken = untilFree(b, 60_000, new AbortController().signal).then(() => 'woken');
    await a.close();
    expect(await Promise.race([woken, wait(2000, 'asleep')])).toBe('woken');
    expect(await b.take('leader')).toMatchObject({ inherited: false });
  });

  it('know a process by its document alone, however old its clock', async () => {
    const a = await join('a');
    await temp.store.commit([put(replicas, 'other', { name: 'other', at: 0 }, 0)]);
    expect(await a.isGone('other')).toBe(false);
    await eventually('it was buried', () => a.isGone('other'));
  });
});

describe('claims of the only process', () => {
  it('are its own at once, and write nothing', async () => {
    const claim = await soleClaims.take('leader');
    expect(await claim?.guard()).toEqual([]);
    expect(await soleClaims.take('leader')).toBeDefined();
    expect(soleClaims.id()).toBeUndefined();
    expect(await soleClaims.isGone('whoever')).toBe(true);
  });
});
