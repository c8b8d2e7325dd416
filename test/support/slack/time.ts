import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../../src/lib/clock.ts';

/** The emulator's idea of time. All durations given to it are the vendor's, in milliseconds. */
export interface SlackTime {
  /** The vendor's now: UTC epoch milliseconds. */
  now(): number;
  /** Waits for a duration of the vendor's. */
  wait(vendorMs: number, signal: AbortSignal): Promise<void>;
}

/**
 * A clock that runs `1 / scale` times as fast as the machine's (0.01: a minute passes in 0.6 s); at scale 0 it keeps the machine's time and
 * its sleeps end at once. Give the same one to the emulator and to the program, and both agree on what a second is.
 */
export function scaledClock(scale: number): Clock {
  const started = Date.now();
  const origin = performance.now();
  const now = () => (scale > 0 ? Math.floor(started + (performance.now() - origin) / scale) : Date.now());
  return {
    now,
    sleep: async (ms, signal) => {
      const until = now() + ms;
      await pause(ms * scale, signal);
      // A timer may fire a millisecond too soon, which at a small scale is seconds of the vendor's
      while (scale > 0 && now() < until && signal?.aborted !== true) await pause(1, signal);
    },
  };
}

/** The vendor's time by a clock. */
export function slackTime(clock: Clock): SlackTime {
  return { now: () => clock.now(), wait: (vendorMs, signal) => clock.sleep(vendorMs, signal) };
}

/** Waits on the machine's own clock; ends early, without an error, when the signal is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
