import type { Clock } from '../../src/lib/clock.ts';

/** A clock that moves only when told to; sleepers wake in order. */
export function fakeClock(start = Date.parse('2026-11-20T03:10:00Z')): Clock & { advance(ms: number): Promise<void> } {
  let now = start;
  let sleepers: { until: number; wake: () => void }[] = [];
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
    advance: async (ms) => {
      await settle();
      const target = now + ms;
      for (;;) {
        const next = sleepers.filter(({ until }) => until <= target).sort((a, b) => a.until - b.until)[0];
        if (!next) break;
        now = Math.max(now, next.until);
        sleepers = sleepers.filter((one) => one !== next);
        next.wake();
        await settle();
      }
      now = target;
      await settle();
    },
  };
}
