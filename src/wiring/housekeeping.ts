import { forgetOld } from '../alerting/retention.ts';
import type { ConsoleChat } from '../chat/console/console.ts';
import { inboundEvents } from '../chat/inbound.ts';
import { posted } from '../chat/outbox.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { type Collection, put, remove, type Store } from '../store/port.ts';
import { evidenceRounds } from '../triage/evidenceRound.ts';

const HOUR_MS = 3_600_000;
/** A chat's vendor repeats an event for hours at the most (Telegram keeps updates for 24 h). */
const INBOUND_MS = 48 * HOUR_MS;

/** Two blocks of a common file system: less could still fit behind the end of a file on a full disk, where no notification does. */
const HEARTBEAT_BYTES = 8192;

/** The document by which the store is tried. */
const heartbeat: Collection<{ readonly at: number; readonly filling: string }> = {
  kind: 'heartbeat',
  keys: () => ({}),
  cold: true,
};

/** Keeps the state bounded, and knows whether it can be written. */
export interface Housekeeping {
  start(): void;
  stop(): Promise<void>;
  /** Writes a small document; what is wrong, or undefined. */
  tryStore(): Promise<string | undefined>;
  /** One round of forgetting, now. */
  sweep(): Promise<void>;
}

/** Builds it. `keepMs` is how long resolved incidents are kept. */
export function createHousekeeping(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keepMs: number;
  readonly console: Pick<ConsoleChat, 'forget' | 'pictures'> | undefined;
  /** Chats that keep something of each thread. */
  readonly forgetful: readonly { forget?(threads: readonly string[]): Promise<void> }[];
}): Housekeeping {
  const { store, clock, log, keepMs, console: consoleChat } = options;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function forgetInbound(): Promise<void> {
    for (let after = ''; ; ) {
      const page = await store.find(inboundEvents, { key: ['state', 'done'], after, limit: 200 });
      const old = page.filter(({ body }) => clock.now() - body.at > INBOUND_MS);
      if (old.length > 0) await store.commit(old.map(({ id }) => remove(inboundEvents, id, 'any')));
      if (page.length < 200) return;
      after = page.at(-1)?.id ?? '';
    }
  }

  async function sweep(): Promise<void> {
    const gone = await forgetOld({
      store,
      clock,
      keepMs,
      belongings: [
        { in: evidenceRounds, key: 'incident', of: (id) => id },
        { in: posted, key: 'root', of: (_, incident) => incident.name },
      ],
    });
    await consoleChat?.forget(gone);
    for (const chat of options.forgetful) await chat.forget?.(gone);
    await forgetInbound();
    const keep = new Set(await consoleChat?.pictures());
    for (let after = ''; ; ) {
      const page = await store.find(evidenceRounds, { after, limit: 50 });
      for (const { body } of page) {
        for (const part of body.items.flatMap(({ parts }) => parts)) {
          if (part.kind === 'picture') keep.add(part.picture.light).add(part.picture.dark);
        }
      }
      if (page.length < 50) break;
      after = page.at(-1)?.id ?? '';
      await clock.sleep(1, stopping.signal);
    }
    await store.sweepBlobs(keep, clock.now() - HOUR_MS);
  }

  return {
    start: () => {
      running = (async () => {
        for (;;) {
          await clock.sleep(HOUR_MS, stopping.signal);
          if (stopping.signal.aborted) return;
          await sweep().catch((error: unknown) =>
            log.warn({ error: messageOf(error) }, 'old state could not be forgotten, will retry'),
          );
        }
      })();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
    tryStore: () =>
      store
        .commit([put(heartbeat, 'ready', { at: clock.now(), filling: '.'.repeat(HEARTBEAT_BYTES) }, 'any')])
        .then(() => undefined)
        .catch((error: unknown) => messageOf(error)),
    sweep,
  };
}
