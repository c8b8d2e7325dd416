import type { Clock } from '../../../src/lib/clock.ts';

/** A clock that can run faster than the one under it, and be pushed forward. */
export interface EmulatedClock extends Clock {
  /** Milliseconds of the clock below that one emulated millisecond takes; 0 = stands still until `advance`. */
  readonly scale: number;
  /** Moves time forward and wakes whoever waited for a time before that. */
  advance(ms: number): void;
}

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/**
 * A clock over `base`. With scale 1 both run alike, with 0.001 an emulated second takes a millisecond, with 0 time moves only
 * by `advance`. `sleep` takes emulated milliseconds and ends early, without an error, on abort.
 */
export function emulatedClock(base: Clock, scale: number): EmulatedClock {
  const start = base.now();
  let pushedMs = 0;
  const sleepers = new Set<Sleeper>();
  const now = (): number => Math.floor(start + pushedMs + (scale > 0 ? (base.now() - start) / scale : 0));

  return {
    scale,
    now,
    advance(ms) {
      pushedMs += ms;
      const at = now();
      for (const sleeper of [...sleepers]) if (sleeper.due <= at) sleeper.wake();
    },
    async sleep(ms, signal) {
      if (ms <= 0 || signal?.aborted) return;
      const stop = new AbortController();
      await new Promise<void>((resolve) => {
        const sleeper: Sleeper = { due: now() + ms, wake: () => resolve() };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true, signal: stop.signal });
        if (scale > 0) void base.sleep(ms * scale, stop.signal).then(sleeper.wake);
        stop.signal.addEventListener('abort', () => sleepers.delete(sleeper), { once: true });
      });
      stop.abort();
    },
  };
}
