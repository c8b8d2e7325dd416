import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { codeOf, messageOf } from '../../lib/errors.ts';
import { append, put, remove, type Store, type Stored, type Write } from '../../store/port.ts';
import { transact } from '../../store/transact.ts';
import type { Block } from '../message.ts';
import type { Delivery, DeliveryOutcome, MessageKey } from '../port.ts';
import {
  CHANNEL,
  type ConsoleMessage,
  type ConsoleThread,
  FEED,
  LISTED,
  MESSAGES,
  THREADS,
  threadId,
} from './model.ts';
import { matches, threadAfter, threadOf, unpackAsked, wordsOf } from './thread.ts';
import type { Rank } from './views.ts';

/** Threads on one page of the list, messages on one page of a thread. */
const PAGE = 50;
const MESSAGE_PAGE = 100;
/** How many threads one search looks at before it hands out a cursor to go on. */
const SEARCH_SCAN = 2000;
/** Larger cards are a mistake of ours, not evidence: 1 MiB of JSON. */
const MAX_CARD_CHARS = 1_048_576;
/** Feed entries kept for browsers that were away. Older ones reload. */
const FEED_KEPT = 2000;
/** The feed is trimmed once this many entries are over the bound, so that most deliveries don't pay for it. */
const FEED_SLACK = 250;
/** Messages the channel keeps. */
const CHANNEL_KEPT = 1000;
const BATCH = 200;

/** A page of the list. `next` is handed back to get the page after it. */
export interface ThreadPage {
  readonly threads: readonly ConsoleThread[];
  readonly next?: string;
}

/** A page of a thread, oldest first. `earlier` is handed back to get the page before it. */
export interface MessagePage {
  readonly thread: ConsoleThread;
  readonly messages: readonly Stored<ConsoleMessage>[];
  readonly earlier?: string;
}

/** The stored messages and threads of the console. */
export class Board {
  readonly #store: Store;
  readonly #clock: Clock;
  #lastStamp = 0;
  #untrimmed = FEED_SLACK;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Ids sort by the time of posting, then by order within this process; random against those of other processes. */
  #nextId(): string {
    this.#lastStamp = Math.max(this.#clock.now() * 1000, this.#lastStamp + 1);
    return `${String(this.#lastStamp).padStart(17, '0')}-${randomBytes(4).toString('hex')}`;
  }

  /** Makes a delivery durable; the same Delivery.id ends in one message however often it comes. Never throws. */
  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    if (signal.aborted) return { is: 'not-arrived', reason: 'cancelled before it was stored' };
    if (JSON.stringify(delivery.card).length > MAX_CARD_CHARS)
      return { is: 'refused', reason: 'the card is over 1 MiB' };
    try {
      return delivery.do === 'post' ? await this.#post(delivery) : await this.#edit(delivery);
    } catch (error) {
      // The store promises that nothing was written when a commit fails.
      if (codeOf(error) === 'failed') return { is: 'ambiguous', reason: messageOf(error) };
      return { is: 'not-arrived', reason: messageOf(error) };
    } finally {
      await this.#trimFeed().catch(() => {});
    }
  }

  #post(delivery: Delivery): Promise<DeliveryOutcome> {
    const id = this.#nextId();
    return transact<DeliveryOutcome>(this.#store, async () => {
      const key = threadOf(delivery);
      // Two tries of one delivery write the same thread: the second conflicts, reads again and finds the first here.
      const thread = await this.#store.get(THREADS, threadId(key));
      const [earlier] = await this.#store.find(MESSAGES, { key: ['delivery', delivery.id], limit: 1 });
      if (earlier) return { writes: [], result: { is: 'delivered', ref: earlier.id } };
      const at = this.#clock.now();
      const asked = unpackAsked(delivery.replyTo);
      const message: ConsoleMessage = {
        thread: key,
        key: delivery.message,
        delivery: delivery.id,
        card: delivery.card,
        postedAt: at,
        isRoot: delivery.thread === undefined && key !== CHANNEL,
        ...(delivery.onlyFor === undefined ? {} : { onlyFor: delivery.onlyFor }),
        ...(asked ? { asked } : {}),
      };
      const writes = [put(MESSAGES, id, message, 0), ...this.#touch(thread, message, id, at)];
      return { writes, result: { is: 'delivered', ref: id } };
    });
  }

  #edit(delivery: Delivery): Promise<DeliveryOutcome> {
    return transact<DeliveryOutcome>(this.#store, async () => {
      const known = delivery.ref === undefined ? undefined : await this.#store.get(MESSAGES, delivery.ref);
      if (!known) return { writes: [], result: { is: 'refused', reason: 'the message is no longer kept' } };
      const thread = await this.#store.get(THREADS, threadId(known.body.thread));
      const at = this.#clock.now();
      const message: ConsoleMessage = { ...known.body, card: delivery.card, editedAt: at };
      const writes = [put(MESSAGES, known.id, message, known.version), ...this.#touch(thread, message, known.id, at)];
      return { writes, result: { is: 'delivered', ref: known.id } };
    });
  }

  #touch(thread: Stored<ConsoleThread> | undefined, message: ConsoleMessage, id: string, at: number): Write[] {
    this.#untrimmed += 1;
    return [
      put(THREADS, threadId(message.thread), threadAfter(thread?.body, message, at), thread?.version ?? 0),
      append(FEED, { thread: message.thread, message: id }),
    ];
  }

  /** One page: open before closed, critical first, newest first. `words` must all occur; `scope` leaves out the others. */
  async list(query: { words: string; scope: 'open' | 'closed' | 'all'; after?: string }): Promise<ThreadPage> {
    const asked = wordsOf(query.words);
    const ranks = LISTED.filter((rank) => query.scope === 'all' || rank.startsWith(query.scope));
    const [fromRank, fromId] = query.after?.split('/') ?? [];
    const found: ConsoleThread[] = [];
    let seen = 0;
    for (const rank of ranks.slice(Math.max(0, ranks.indexOf(fromRank as Rank)))) {
      let after = rank === fromRank && fromId ? fromId : undefined;
      for (;;) {
        const batch = await this.#store.find(THREADS, {
          key: ['rank', rank],
          order: 'down',
          limit: BATCH,
          ...(after === undefined ? {} : { after }),
        });
        for (const { id, body } of batch) {
          if (found.length === PAGE || seen === SEARCH_SCAN) return { threads: found, next: `${rank}/${after ?? ''}` };
          after = id;
          seen += 1;
          if (matches(body, asked)) found.push(body);
        }
        if (batch.length < BATCH) break;
      }
    }
    return { threads: found };
  }

  /** How many incidents are open. */
  countOpen(): Promise<number> {
    return this.#store.count(THREADS, ['incident', 'open']);
  }

  /** A page of a thread as `person` may see it, the latest first asked for; undefined when there is no such thread. */
  async read(key: MessageKey, person: string, before?: string): Promise<MessagePage | undefined> {
    const thread = await this.#store.get(THREADS, threadId(key));
    if (!thread) return undefined;
    const found: Stored<ConsoleMessage>[] = [];
    let after = before;
    for (;;) {
      const batch = await this.#store.find(MESSAGES, {
        key: ['thread', key],
        order: 'down',
        limit: MESSAGE_PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const message of batch) {
        if (found.length === MESSAGE_PAGE) {
          return { thread: thread.body, messages: found.reverse(), earlier: found[0]?.id ?? '' };
        }
        if (isFor(message.body, person)) found.push(message);
        after = message.id;
      }
      if (batch.length < MESSAGE_PAGE) return { thread: thread.body, messages: found.reverse() };
    }
  }

  /** Forgets threads with everything in them; ones that aren't there are no error. */
  async forget(keys: readonly MessageKey[]): Promise<void> {
    for (const key of keys) {
      for (;;) {
        const batch = await this.#store.find(MESSAGES, { key: ['thread', key], limit: BATCH });
        await this.#store.commit(batch.map(({ id }) => remove(MESSAGES, id, 'any')));
        if (batch.length < BATCH) break;
      }
      await this.#store.commit([remove(THREADS, threadId(key), 'any')]);
    }
  }

  /** Holds the channel to its bound. Returns how many messages went. */
  async sweep(): Promise<number> {
    const over = (await this.#store.count(MESSAGES, ['thread', CHANNEL])) - CHANNEL_KEPT;
    if (over <= 0) return 0;
    const old = await this.#store.find(MESSAGES, { key: ['thread', CHANNEL], limit: over });
    await this.#store.commit(old.map(({ id }) => remove(MESSAGES, id, 'any')));
    return old.length;
  }

  /** Ids of all pictures that stored messages show, for the store's sweep of blobs. */
  async pictures(): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    let after = '';
    for (;;) {
      const batch = await this.#store.find(MESSAGES, { after, limit: BATCH });
      for (const { body } of batch) for (const id of picturesOf(body.card.blocks)) ids.add(id);
      if (batch.length < BATCH) return ids;
      after = batch.at(-1)?.id ?? after;
    }
  }

  async #trimFeed(): Promise<void> {
    if (this.#untrimmed < FEED_SLACK) return;
    this.#untrimmed = 0;
    const over = (await this.#store.count(FEED)) - FEED_KEPT;
    if (over <= 0) return;
    const old = await this.#store.find(FEED, { limit: over });
    await this.#store.commit(old.map(({ id }) => remove(FEED, id, 'any')));
  }
}

/** Whether a person may see a message. */
export function isFor(message: ConsoleMessage, person: string): boolean {
  return message.onlyFor === undefined || message.onlyFor === person;
}

function* picturesOf(blocks: readonly Block[]): Generator<string> {
  for (const block of blocks) {
    if (block.kind === 'picture') yield* [block.picture.light, block.picture.dark];
    if (block.kind === 'section') yield* picturesOf(block.blocks);
  }
}
