import type { Clock } from '../lib/clock.ts';
import type { Progress } from './action.ts';

/** Shows the latest line of progress, at a bounded rate; lines in between are never shown. */
export interface Showing {
  /** Never waits, never fails. */
  show(progress: Progress): void;
  /** Shows nothing more; resolves once nothing is under way, so that an older line never comes after what is written next. */
  end(): Promise<void>;
}

/** Builds it: at most one `show` in `everyMs`. */
export function createShowing(options: {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly show: (progress: Progress) => Promise<void>;
  readonly failed: (error: unknown) => void;
}): Showing {
  const over = new AbortController();
  let latest: Progress | undefined;
  let shown = '';
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (latest && !over.signal.aborted) {
      const now = latest;
      latest = undefined;
      const text = JSON.stringify([now.text, now.share]);
      if (text === shown) continue;
      shown = text;
      await options.show(now).catch(options.failed);
      await options.clock.sleep(options.everyMs, over.signal);
    }
    running = undefined;
  }

  return {
    show: ({ text, share }) => {
      if (over.signal.aborted) return;
      latest = { text, ...(share === undefined ? {} : { share }) };
      running ??= run();
    },
    end: async () => {
      over.abort();
      await running;
    },
  };
}
