import type { Clock } from '../lib/clock.ts';
import { codeOf, DaytwoError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store, Stored, Write } from '../store/port.ts';
import { transact } from '../store/transact.ts';
import { type Fence, holding, keeping, type Lock, leaving } from './locks.ts';

/** Waits between tries of a write that must succeed, ms: doubled up to the longest. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

/** An execution's hold on its locks, kept alive by heartbeats for as long as this process works on it. */
export interface Grip {
  /** The locks as they are; writes that expect their versions hold the fence. @throws DaytwoError failed once the fence is lost */
  held(): Promise<readonly Stored<Lock>[]>;
  /** The writes that hold the fence in the commit they are part of. @throws DaytwoError failed once the fence is lost */
  guard(): Promise<readonly Write[]>;
  /** True once somebody else has taken over: nothing may be done any more. */
  lost(): boolean;
  /** One write of the locks after the other. */
  alone<T>(task: () => Promise<T>): Promise<T>;
  /**
   * Repeats what must be written until it is.
   * @throws DaytwoError cancelled when the bot stops first, failed when the fence is lost
   */
  persist<T>(task: () => Promise<T>): Promise<T>;
  /** To be called, within `alone`, as soon as the locks were set free or left: there is nothing to keep alive any more. */
  letGo(): void;
  /** Stops the heartbeat; locks that are still held are marked as nobody's: whoever comes next need not wait. Never fails. */
  leave(): Promise<void>;
}

/** Takes the grip and keeps it. `stop` ends the waiting for a store that can't be written; `onLost` is called once. */
export function createGrip(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fence: Fence;
  /** Time between heartbeats, ms. */
  readonly beatMs: number;
  readonly stop: AbortSignal;
  readonly onLost: () => void;
}): Grip {
  const { store, clock, log, fence, stop } = options;
  const over = new AbortController();
  let lost = false;
  let turn: Promise<unknown> = Promise.resolve();

  const held: Grip['held'] = async () => {
    try {
      return await holding(store, fence);
    } catch (error) {
      if (codeOf(error) === 'failed' && !lost) {
        lost = true;
        log.error({ execution: fence.execution }, 'another process has taken the execution over');
        options.onLost();
      }
      throw error;
    }
  };
  const guard: Grip['guard'] = async () => keeping(await held(), clock.now());
  const alone: Grip['alone'] = (task) => {
    const done = turn.catch(() => {}).then(task);
    turn = done;
    return done;
  };
  const beat = (): Promise<void> =>
    alone(async () => {
      if (!over.signal.aborted) await transact(store, async () => ({ writes: await guard(), result: undefined }));
    });

  const beating = (async () => {
    for (;;) {
      await clock.sleep(options.beatMs, over.signal);
      if (over.signal.aborted || lost) return;
      await beat().catch((error: unknown) =>
        log.warn({ execution: fence.execution, error: messageOf(error) }, 'heartbeat could not be written, will retry'),
      );
    }
  })();

  return {
    held,
    guard,
    alone,
    lost: () => lost,
    letGo: () => over.abort(),
    persist: async (task) => {
      for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs)) {
        try {
          return await task();
        } catch (error) {
          if (lost || codeOf(error) === 'not-found') throw error;
          if (stop.aborted) throw new DaytwoError('cancelled', 'the bot stops', { cause: error });
          log.warn(
            { execution: fence.execution, error: messageOf(error) },
            'execution could not be recorded, will retry',
          );
          await clock.sleep(waitMs, stop);
        }
      }
    },
    leave: async () => {
      const letGo = over.signal.aborted;
      over.abort();
      await beating;
      await turn.catch(() => {});
      if (lost || letGo) return;
      await transact(store, async () => ({
        writes: leaving(await holding(store, fence), clock.now()),
        result: undefined,
      })).catch((error: unknown) =>
        log.warn({ execution: fence.execution, error: messageOf(error) }, 'locks could not be left, others will wait'),
      );
    },
  };
}
