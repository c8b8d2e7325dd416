import { parked } from '../alerting/inbox.ts';
import { forgetOld } from '../alerting/retention.ts';
import type { ConsoleChat } from '../chat/console/console.ts';
import { inboundEvents } from '../chat/inbound.ts';
import { posted } from '../chat/outbox.ts';
import { journal, journalOf, stepId } from '../gate/journal.ts';
import { gatePresses, gateRequests } from '../gate/requests.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { type Collection, type Query, remove, type Store } from '../store/port.ts';
import { evidenceRounds } from '../triage/evidenceRound.ts';
import { offerPresses } from '../triage/offerPresses.ts';

const HOUR_MS = 3_600_000;
/** A chat's vendor repeats an event for hours at the most (Telegram keeps updates for 24 h). */
const INBOUND_MS = 48 * HOUR_MS;

/** Roots of messages outside of any thread: answers, digests. Nobody edits or answers them after a while. */
const LOOSE = /^(?:reply|storm|away|notice|glass)\//;
/** Documents of one look. */
const PAGE = 200;

/** Keeps the state bounded. */
export interface Housekeeping {
  start(): void;
  stop(): Promise<void>;
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

  /** Walks through a collection and removes what is `over`, page by page. */
  async function forget<T>(collection: Collection<T>, over: (body: T) => boolean, key?: Query['key']): Promise<void> {
    for (let after = ''; ; ) {
      const page = await store.find(collection, { after, limit: PAGE, ...(key === undefined ? {} : { key }) });
      const old = page.filter(({ body }) => over(body));
      if (old.length > 0) await store.commit(old.map(({ id }) => remove(collection, id, 'any')));
      if (page.length < PAGE) return;
      after = page.at(-1)?.id ?? '';
      await clock.sleep(1, stopping.signal);
    }
  }

  /** What belongs to no incident, and so would stay for ever. */
  async function forgetLoose(): Promise<void> {
    const now = clock.now();
    await forget(inboundEvents, ({ at }) => now - at > INBOUND_MS, ['state', 'done']);
    await forget(posted, ({ root, at }) => LOOSE.test(root) && now - at > INBOUND_MS);
    await forget(parked, ({ at }) => now - at > keepMs);
  }

  /** Requests that ended too long ago, with their buttons and their journal; the audit keeps what happened. */
  async function forgetRequests(): Promise<void> {
    for (let after = ''; ; ) {
      const page = await store.find(gateRequests, { after, limit: 100 });
      for (const { id, version, body } of page) {
        after = id;
        const { endedAt, execution, state } = body.request;
        if (state === 'unknown' || endedAt === undefined || clock.now() - endedAt < keepMs) continue;
        const tokens = await store.find(gatePresses, { key: ['request', id], limit: 100 });
        const next = await store.find(offerPresses, { key: ['request', id], limit: 100 });
        const steps = execution ? await journalOf(store, execution.id) : [];
        await store.commit([
          ...tokens.map((one) => remove(gatePresses, one.id, 'any')),
          ...next.map((one) => remove(offerPresses, one.id, 'any')),
          ...steps.map(({ step }) => remove(journal, stepId(execution?.id ?? '', step), 'any')),
          remove(gateRequests, id, version),
        ]);
      }
      if (page.length < 100) return;
    }
  }

  async function sweep(): Promise<void> {
    const gone = await forgetOld({
      store,
      clock,
      keepMs,
      belongings: [
        { in: evidenceRounds, key: 'incident', of: (id) => id },
        { in: offerPresses, key: 'incident', of: (id) => id },
        { in: posted, key: 'root', of: (_, incident) => incident.name },
      ],
    });
    await consoleChat?.forget(gone);
    for (const chat of options.forgetful) await chat.forget?.(gone);
    await forgetLoose();
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
    await forgetRequests();
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
    sweep,
  };
}
