import { describe, expect, it } from 'vitest';
import { createLimiter } from '../../src/lib/limit.ts';

const never = new AbortController().signal;

function task() {
  const gate = Promise.withResolvers<string>();
  const state = { started: false, end: gate.resolve, fail: gate.reject };
  const run = (): Promise<string> => {
    state.started = true;
    return gate.promise;
  };
  return { state, run };
}

describe('createLimiter', () => {
  it('runs no more than its number at once, in the order of asking', async () => {
    const limiter = createLimiter({ running: 2, waiting: 10, name: 'node-0' });
    const tasks = [task(), task(), task(), task()];
    const ends = tasks.map(({ run }) => limiter.run(run, never));
    await Promise.resolve();
    expect(tasks.map(({ state }) => state.started)).toEqual([true, true, false, false]);
    tasks[1]?.state.end('b');
    expect(await ends[1]).toBe('b');
    await expect.poll(() => tasks.map(({ state }) => state.started)).toEqual([true, true, true, false]);
    tasks[0]?.state.end('a');
    tasks[2]?.state.end('c');
    tasks[3]?.state.end('d');
    expect(await Promise.all(ends)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives the place on when a task fails', async () => {
    const limiter = createLimiter({ running: 1, waiting: 1, name: 'node-0' });
    const broken = limiter.run(() => Promise.reject(new Error('no')), never);
    const next = limiter.run(async () => 'yes', never);
    await expect(broken).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('lets one who waits give up, and keeps the others in their order', async () => {
    const limiter = createLimiter({ running: 1, waiting: 10, name: 'node-0' });
    const [first, second, third] = [task(), task(), task()];
    const leaving = new AbortController();
    const a = limiter.run(first.run, never);
    const b = limiter.run(second.run, leaving.signal);
    const c = limiter.run(third.run, never);
    leaving.abort();
    await expect(b).rejects.toMatchObject({ code: 'cancelled' });
    first.state.end('a');
    third.state.end('c');
    expect(await Promise.all([a, c])).toEqual(['a', 'c']);
    expect(second.state.started).toBe(false);
  });

  it('takes no harm from an abort that comes with the turn', async () => {
    const limiter = createLimiter({ running: 1, waiting: 10, name: 'node-0' });
    const first = task();
    const leaving = new AbortController();
    const a = limiter.run(first.run, never);
    const b = limiter.run(async () => 'b', leaving.signal);
    const c = limiter.run(async () => 'c', never);
    first.state.end('a');
    await a;
    leaving.abort();
    expect(await Promise.all([b, c])).toEqual(['b', 'c']);
  });

  it('refuses what is beyond its bound, and what is already cancelled', async () => {
    const limiter = createLimiter({ running: 1, waiting: 0, name: 'node-0' });
    const first = task();
    const a = limiter.run(first.run, never);
    await expect(limiter.run(first.run, never)).rejects.toMatchObject({ code: 'overloaded', retryable: true });
    await expect(limiter.run(first.run, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    first.state.end('a');
    await a;
  });
});
