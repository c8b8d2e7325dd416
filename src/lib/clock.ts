import { setTimeout as wait } from 'node:timers/promises';

/** Where time comes from. Everything inside is UTC epoch milliseconds. */
export interface Clock {
  /** Now, in UTC epoch milliseconds. */
  now(): number;
  /** Waits `ms` milliseconds; ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};
