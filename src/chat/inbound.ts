import type { Clock } from '../lib/clock.ts';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { type Claims, soleClaims } from '../store/claims.ts';
import { type Collection, put, type Store, type Stored, type Write } from '../store/port.ts';
import type { InboundEvent, TakeIn } from './port.ts';

/** An event from a chat; kept a while after it was handled, so that a second delivery is known. Document id: `inboundId`. */
export interface InboundEntry {
  readonly event: InboundEvent;
  readonly state: 'new' | 'done';
  /** When it came, epoch ms; each later than the one before, so that it also tells their order. */
  readonly at: number;
  /** The replica that handles it, where there are several; another does once that one is gone. */
  readonly holder?: string;
}

/** Events from the chats. */
export const inboundEvents: Collection<InboundEntry> = { kind: 'inbound', keys: ({ state }) => ({ state }) };

/** Names an event for ever, over all chats. */
export function inboundId({ identity, id }: InboundEvent): string {
  return `${identity.chat}:${id}`;
}

/** So many events are handled at once; those of one person one after the other. */
const AT_ONCE = 8;
const RETRY_MS = 1000;

/** Takes events in, durably and once, and hands them on. */
export interface InboundDesk {
  readonly takeIn: TakeIn;
  start(): void;
  stop(): Promise<void>;
}

/** Builds it. `handle` returns what is to be written together with the mark that the event is done; it must not throw for its own faults. */
export function createInbound(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly handle: (event: InboundEvent, signal: AbortSignal) => Promise<readonly Write[]>;
  /** Who handles what, where several processes could; default: this one all. */
  readonly claims?: Claims;
}): InboundDesk {
  const { store, clock, log, handle, claims = soleClaims } = options;
  const stopping = new AbortController();
  const busy = new Map<string, Promise<void>>();
  const unwatch: (() => void)[] = [];
  let looking: Promise<void> | undefined;
  let again = false;
  let newest = 0;

  const who = ({ identity }: InboundEvent): string => `${identity.chat}:${identity.id}`;

  async function one({ id, version, body }: Stored<InboundEntry>): Promise<void> {
    try {
      const writes = await handle(body.event, stopping.signal);
      if (stopping.signal.aborted && writes.length === 0) return;
      await store.commit([...writes, put(inboundEvents, id, { ...body, state: 'done' }, version)]);
    } catch (error) {
      if (stopping.signal.aborted) return;
      log.warn({ event: id, error: messageOf(error) }, 'event could not be handled, will retry');
      await clock.sleep(RETRY_MS, stopping.signal);
    }
  }

  const own = (): { readonly holder?: string } => {
    const holder = claims.id();
    return holder === undefined ? {} : { holder };
  };

  /** The event where it is this process's, or its holder is gone; undefined where somebody else handles it. */
  async function taken(entry: Stored<InboundEntry>): Promise<Stored<InboundEntry> | undefined> {
    const { holder, ...rest } = entry.body;
    if (holder === claims.id()) return entry;
    if (holder !== undefined && !(await claims.isGone(holder))) return undefined;
    const body = { ...rest, ...own() };
    try {
      await store.commit([put(inboundEvents, entry.id, body, entry.version)]);
      return { id: entry.id, version: entry.version + 1, body };
    } catch (error) {
      if (error instanceof DaytwoError && error.code === 'store-conflict') return undefined;
      throw error;
    }
  }

  async function look(): Promise<void> {
    if (busy.size >= AT_ONCE) return;
    const isNew = ['state', 'new'] as const;
    // Ids don't tell the order of coming, so all are looked at.
    const waiting = await store.find(inboundEvents, { key: isNew, limit: await store.count(inboundEvents, isNew) });
    for (const entry of [...waiting].sort((a, b) => a.body.at - b.body.at)) {
      const person = who(entry.body.event);
      if (busy.size >= AT_ONCE || busy.has(person) || stopping.signal.aborted) continue;
      const mine = await taken(entry);
      if (!mine) continue;
      const done = one(mine).finally(() => {
        busy.delete(person);
        wake();
      });
      busy.set(person, done);
    }
  }

  function wake(): void {
    again = true;
    looking ??= (async () => {
      while (again && !stopping.signal.aborted) {
        again = false;
        await look().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'events could not be read'));
      }
      looking = undefined;
    })();
  }

  return {
    takeIn: async (event) => {
      newest = Math.max(clock.now(), newest + 1);
      try {
        await store.commit([put(inboundEvents, inboundId(event), { event, state: 'new', at: newest, ...own() }, 0)]);
      } catch (error) {
        // The same event a second time: it is in already.
        if (!(error instanceof DaytwoError && error.code === 'store-conflict')) throw error;
      }
    },
    start: () => {
      unwatch.push(store.watch('inbound', wake), claims.onFree(wake));
      wake();
    },
    stop: async () => {
      stopping.abort();
      for (const end of unwatch) end();
      await looking;
      await Promise.all(busy.values());
    },
  };
}
