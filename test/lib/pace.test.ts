import { describe, expect, it } from 'vitest';
import { Arrivals, createPace } from '../../src/lib/pace.ts';
import { fakeClock } from '../support/clock.ts';

const never = new AbortController().signal;

describe('createPace', () => {
  it('lets work go on at once while nobody hurries', async () => {
    const clock = fakeClock();
    const pace = createPace(clock, () => false, 100);
    const began = clock.now();
    for (let i = 0; i < 100; i += 1) await pace(never);
    expect(clock.now()).toBe(began);
  });

  it('gives all work together one turn in 100 ms during a rush, and all of it at once after', async () => {
    const clock = fakeClock();
    let isRush = true;
    let turns = 0;
    const pace = createPace(clock, () => isRush, 100);
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 10; i += 1) {
        await pace(never);
        turns += 1;
      }
    };
    const done = Promise.all([worker(), worker(), worker()]);
    await clock.advance(1000);
    expect(turns).toBeGreaterThanOrEqual(8);
    expect(turns).toBeLessThanOrEqual(11);
    isRush = false;
    await clock.advance(20);
    await done;
    expect(turns).toBe(30);
  });

  it('ends with its signal', async () => {
    const clock = fakeClock();
    const stopping = new AbortController();
    const pace = createPace(clock, () => true, 100);
    await pace(stopping.signal);
    const waiting = pace(stopping.signal);
    stopping.abort();
    await waiting;
  });
});

describe('Arrivals', () => {
  it.each([
    [167, false],
    [400, false],
    [600, true],
    [5000, true],
  ])('%i a second: a rush is %s', async (perSecond, isRush) => {
    const clock = fakeClock(1_000_000);
    const arrivals = new Arrivals(clock.now);
    for (let second = 0; second < 100; second += 1) {
      for (let i = 0; i < perSecond / 100; i += 1) arrivals.add();
      await clock.advance(10);
    }
    expect(arrivals.isRush).toBe(isRush);
    await clock.advance(100);
    expect(arrivals.isRush).toBe(false);
  });
});
