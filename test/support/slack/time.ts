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
 * With a clock, that clock is the vendor's time. Without one it is the machine's, run `1 / scale` times as fast (0.01: a minute
 * passes in 0.6 s); at scale 0 the machine's time is kept and nothing waits.
 */
export function slackTime(clock: Clock | undefined, scale: number): SlackTime {
  if (clock) return { now: () => clock.now(), wait: (vendorMs, signal) => clock.sleep(vendorMs, signal) };
  const started = Date.now();
  return {
    now: () => (scale > 0 ? started + Math.round((Date.now() - started) / scale) : Date.now()),
    wait: (vendorMs, signal) => pause(vendorMs * scale, signal),
  };
}

/** Waits on the machine's own clock; ends early, without an error, when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
