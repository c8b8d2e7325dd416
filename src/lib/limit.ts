import { DaytwoError } from './errors.ts';

/** What a limiter may hold. */
export interface LimiterOptions {
  /** How many tasks run at once. */
  readonly running: number;
  /** How many more may wait; one beyond is refused as `overloaded`. */
  readonly waiting: number;
  /** What is limited, for the refusal's sentence: "worker-1". */
  readonly name: string;
}

/** Lets a few tasks run at once, in the order of asking. */
export interface Limiter {
  /**
   * Runs the task as soon as there is room. The signal ends the waiting; ending the task itself is the task's own affair.
   * @throws DaytwoError cancelled (aborted while waiting) | overloaded, and whatever the task throws
   */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Makes a limiter; first come, first served. */
export function createLimiter(options: LimiterOptions): Limiter {
  const queue: (() => void)[] = [];
  let running = 0;

  const enter = async (signal: AbortSignal): Promise<void> => {
    if (signal.aborted) throw cancelled(options.name);
    if (running < options.running) {
      running += 1;
      return;
    }
    if (queue.length >= options.waiting) {
      throw new DaytwoError('overloaded', `${options.name}: ${options.waiting} looks are already waiting`);
    }
    const turn = Promise.withResolvers<void>();
    const giveUp = (): void => {
      const place = queue.indexOf(turn.resolve);
      if (place < 0) return;
      queue.splice(place, 1);
      turn.reject(cancelled(options.name));
    };
    queue.push(turn.resolve);
    signal.addEventListener('abort', giveUp, { once: true });
    // The one who leaves hands the place over, so `running` stays as it is.
    await turn.promise.finally(() => signal.removeEventListener('abort', giveUp));
  };

  const leave = (): void => {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  };

  return {
    async run(task, signal) {
      await enter(signal);
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}

function cancelled(name: string): DaytwoError {
  return new DaytwoError('cancelled', `${name}: cancelled while waiting for a turn`);
}
