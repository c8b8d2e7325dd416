import { setTimeout as wait } from 'node:timers/promises';
import { DaytwoError } from '../lib/errors.ts';
import { Arrivals } from '../lib/pace.ts';
import { append, type Collection, type Store } from '../store/port.ts';

/** A webhook's body as it came, until it is worked in. */
export interface InboxEntry {
  /** The verbatim JSON text. */
  readonly body: string;
  /** When it came, epoch ms. */
  readonly at: number;
}

/** Notifications that are durable and not worked in yet, in the order of their coming. */
export const inbox: Collection<InboxEntry> = { kind: 'inbox', keys: () => ({}) };

/** Notifications that could not be worked in by any number of tries, kept for whoever mends the fault. */
export const parked: Collection<InboxEntry & { readonly reason: string }> = {
  kind: 'parked',
  keys: () => ({}),
  cold: true,
};

/** What may wait: beyond either, senders are asked to come back. */
export interface InboxBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** At the size of an ordinary notification (1.5 kB) the first bound comes first; 256 MiB hold eight of the largest. */
export const INBOX_BOUNDS: InboxBounds = { maxEntries: 50_000, maxBytes: 256 * 1024 * 1024 };

const overloaded = (entries: number): DaytwoError =>
  new DaytwoError('overloaded', `${entries} notifications wait to be worked in; come back in a moment`);

/** The door for notifications. */
export interface Inbox {
  /** Resolves once the body is durable. @throws DaytwoError overloaded | store-unavailable */
  accept(body: string): Promise<void>;
  /** Tells that an entry has been worked in. */
  done(bytes: number): void;
  /** What waits. */
  readonly waiting: { readonly entries: number; readonly bytes: number };
  /** Whether so many come that working in should wait. */
  readonly isRush: boolean;
}

/** Opens the inbox over what a former process left in it. */
export async function createInbox(store: Store, now: () => number, bounds: InboxBounds = INBOX_BOUNDS): Promise<Inbox> {
  const waiting = { entries: 0, bytes: 0 };
  const arrivals = new Arrivals(now);
  for (let after = ''; ; ) {
    const page = await store.find(inbox, { after, limit: 500 });
    for (const { id, body } of page) {
      after = id;
      waiting.entries += 1;
      waiting.bytes += body.body.length;
    }
    if (page.length < 500) break;
  }
  return {
    accept: async (body) => {
      arrivals.add();
      if (waiting.entries + 1 > bounds.maxEntries || waiting.bytes + body.length > bounds.maxBytes) {
        throw overloaded(waiting.entries);
      }
      waiting.entries += 1;
      waiting.bytes += body.length;
      try {
        await store.commit([append(inbox, { body, at: now() })]);
      } catch (error) {
        waiting.entries -= 1;
        waiting.bytes -= body.length;
        throw error;
      }
    },
    done: (bytes) => {
      waiting.entries -= 1;
      waiting.bytes -= bytes;
    },
    waiting,
    get isRush() {
      return arrivals.isRush;
    },
  };
}

/** What others take in or work in is seen after so long, ms. */
const LOOK_MS = 250;

/**
 * The same where several processes take in and one of them works in: what waits is counted in the store, soon after it changed. The bound
 * on bytes is each process's own, for what came through it.
 */
export async function createSharedInbox(
  store: Store,
  now: () => number,
  bounds: InboxBounds = INBOX_BOUNDS,
): Promise<Inbox & { close(): Promise<void> }> {
  const arrivals = new Arrivals(now);
  /** What came through this process, by id: its bytes. */
  const own = new Map<string, number>();
  const waiting = { entries: 0, bytes: 0 };
  const stopping = new AbortController();
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    waiting.entries = await store.count(inbox);
    const [oldest] = await store.find(inbox, { limit: 1 });
    // They are worked in in their order.
    for (const id of own.keys()) if (!oldest || id < oldest.id) own.delete(id);
    waiting.bytes = [...own.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  await look();
  const unwatch = store.watch('inbox', () => {
    looking ??= (async () => {
      await wait(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => {});
      looking = undefined;
      // What can't be counted now is with the next change.
      if (!stopping.signal.aborted) await look().catch(() => {});
    })();
  });
  return {
    accept: async (body) => {
      arrivals.add();
      if (waiting.entries + 1 > bounds.maxEntries || waiting.bytes + body.length > bounds.maxBytes)
        throw overloaded(waiting.entries);
      waiting.entries += 1;
      waiting.bytes += body.length;
      try {
        const [id = ''] = await store.commit([append(inbox, { body, at: now() })]);
        own.set(id, body.length);
      } catch (error) {
        waiting.entries -= 1;
        waiting.bytes -= body.length;
        throw error;
      }
    },
    done: () => {
      waiting.entries -= 1;
    },
    waiting,
    get isRush() {
      return arrivals.isRush;
    },
    close: async () => {
      stopping.abort();
      unwatch();
      await looking;
    },
  };
}
