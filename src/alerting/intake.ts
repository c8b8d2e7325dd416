import type { Clock } from '../lib/clock.ts';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Pace } from '../lib/pace.ts';
import { append, remove, type Store, type Stored } from '../store/port.ts';
import type { Desk } from './desk.ts';
import { type Inbox, type InboxEntry, inbox, parked } from './inbox.ts';
import { parseWebhook } from './webhook.ts';

/** The pause after the store failed. */
const RETRY_MS = 1000;

/** Works notifications in, one after the other, in the order of their coming; goes on where a former process ended. */
export interface Intake {
  start(): void;
  /** Ends after the notification under way. */
  stop(): Promise<void>;
}

/** Builds the worker between inbox and desk. `worked` is told of each notification with its time from coming to done, in ms. */
export function createIntake(options: {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly desk: Desk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly worked: (ms: number) => void;
  readonly pace?: Pace;
}): Intake {
  const { store, desk, clock, log } = options;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let again = false;
  let unwatch = (): void => {};

  async function drain(): Promise<void> {
    while (!stopping.signal.aborted) {
      again = false;
      const page = await store.find(inbox, { limit: 50 });
      for (const { id, version, body } of page) {
        await options.pace?.(stopping.signal);
        if (stopping.signal.aborted) return;
        await workIn({ id, version, body });
        options.inbox.done(body.body.length);
        options.worked(clock.now() - body.at);
      }
      if (page.length === 0 && !again) return;
    }
  }

  async function workIn(entry: Stored<InboxEntry>): Promise<void> {
    const also = [remove(inbox, entry.id, entry.version)];
    const parsed = parseWebhook(entry.body.body);
    try {
      if ('malformed' in parsed)
        throw new DaytwoError('invalid', `${parsed.malformed.path}: ${parsed.malformed.message}`);
      await desk.notify(parsed.snapshot, also);
    } catch (error) {
      if (error instanceof DaytwoError && error.retryable) throw error;
      // A fault of ours must not stop what comes behind: the notification is kept, and said.
      log.error({ entry: entry.id, error: messageOf(error) }, 'notification could not be worked in and is parked');
      await store.commit([...also, append(parked, { ...entry.body, reason: messageOf(error) })]);
    }
  }

  function wake(): void {
    again = true;
    if (running) return;
    running = (async () => {
      while (again && !stopping.signal.aborted) {
        try {
          await drain();
        } catch (error) {
          log.warn({ error: messageOf(error) }, 'notification could not be worked in, will retry');
          again = true;
          await clock.sleep(RETRY_MS, stopping.signal);
        }
      }
    })().finally(() => {
      running = undefined;
      if (again && !stopping.signal.aborted) wake();
    });
  }

  return {
    start: () => {
      unwatch = store.watch('inbox', wake);
      wake();
    },
    stop: async () => {
      stopping.abort();
      unwatch();
      await running;
    },
  };
}
