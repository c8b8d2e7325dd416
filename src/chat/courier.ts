import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Pace } from '../lib/pace.ts';
import { type Claims, soleClaims } from '../store/claims.ts';
import { put, remove, type Store, type Stored, type Write } from '../store/port.ts';
import { cleanCard } from './clean.ts';
import { createLaneClaims, type LaneClaim } from './laneClaims.ts';
import { isUrgent, laneOf, lanes, type OutboxEntry, outbox, posted, postedId, say } from './outbox.ts';
import type { Chat, Delivery, DeliveryOutcome, VendorRef } from './port.ts';
import { STALE_FROM, STALE_MS, staleDigest } from './stale.ts';
import { waitBefore } from './waitBefore.ts';

/** So many waiting messages of a lane are weighed for what is old news. */
const SUMMED = 5000;
/** One try may take this long. */
const TRY_MS = 30_000;
/** How often lanes that have nothing to carry are given back to whoever wants them. */
const GIVE_BACK_MS = 10_000;

/** What the courier tells the metrics. */
export interface CourierMeter {
  delivered(chat: string, waitedMs: number): void;
  dropped(chat: string, why: 'refused' | 'superseded' | 'orphan'): void;
  retried(chat: string, why: 'not-arrived' | 'ambiguous' | 'limited'): void;
}

/**
 * Carries messages from the outbox to the chats: lanes side by side, one message after the other within a lane, in the order of their writing
 * but for urgent ones, which go first.
 */
export interface Courier {
  start(): Promise<void>;
  /** Lets the tries under way end; what isn't delivered stays in the outbox. */
  stop(): Promise<void>;
}

/** A delivery that the chat confirmed; `ref` for a new message. */
interface Arrived {
  readonly id: string;
  readonly ref?: VendorRef;
}

/** Builds the courier. Chats that aren't given keep their messages waiting. */
export function createCourier(options: {
  readonly store: Store;
  readonly chats: readonly Chat[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: CourierMeter;
  /** Takes secrets out of text. */
  readonly redact: (text: string) => string;
  readonly random?: () => number;
  readonly pace?: Pace;
  /** Who carries which lane, where several processes could; default: this one all. */
  readonly claims?: Claims;
}): Courier {
  const { store, clock, log, meter, claims = soleClaims } = options;
  const mine = createLaneClaims(store, claims);
  const chats = new Map(options.chats.map((chat) => [chat.name, chat]));
  const running = new Map<string, Promise<void>>();
  /** What arrived and isn't noted in the store yet, by lane. */
  const arrived = new Map<string, Arrived>();
  /** Lanes that rest with something that can wait: an urgent message ends the rest. */
  const resting = new Map<string, AbortController>();
  const stopping = new AbortController();
  const unwatch: (() => void)[] = [];
  let giving: Promise<void> | undefined;
  let looking: Promise<void> | undefined;
  let lookAgain = false;

  /** Starts a runner for every lane that has something and none yet. */
  async function look(): Promise<void> {
    let after = '';
    for (;;) {
      const page = await store.find(lanes, { after, limit: 200 });
      for (const { id, body } of page) {
        after = id;
        const chat = chats.get(body.chat);
        if (resting.has(id) && (await store.count(outbox, ['urgent', id])) > 0) resting.get(id)?.abort();
        if (!chat || running.has(id) || stopping.signal.aborted) continue;
        if ((await store.count(outbox, ['lane', id])) === 0) continue;
        running.set(
          id,
          run(id, chat)
            .catch((error: unknown) => {
              log.error({ lane: id, error: messageOf(error) }, 'lane stopped');
              return true;
            })
            .then((carried) => {
              running.delete(id);
              // Something may have come between the runner's last look and its end.
              if (carried) wake();
            }),
        );
      }
      if (page.length < 200) return;
    }
  }

  function wake(): void {
    lookAgain = true;
    looking ??= (async () => {
      while (lookAgain && !stopping.signal.aborted) {
        lookAgain = false;
        await look().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'outbox could not be read'));
      }
      looking = undefined;
    })();
  }

  /** Carries a lane until it is empty. False where another process has it. */
  async function run(lane: string, chat: Chat): Promise<boolean> {
    const claim = await mine.hold(lane);
    if (!claim) return false;
    const over = AbortSignal.any([stopping.signal, claim.signal]);
    let tries = 0;
    while (!over.aborted) {
      await options.pace?.(over);
      const head = await next(lane);
      if (!head) return true;
      const waitMs = await step(head, chat, claim).catch((error: unknown) => {
        log.warn({ lane, error: messageOf(error) }, 'delivery could not be recorded');
        return waitBefore(tries, options.random?.() ?? Math.random());
      });
      tries = waitMs > 0 ? tries + 1 : 0;
      if (waitMs > 0) await rest(lane, waitMs, { urgent: isUrgent(head.body), over });
    }
    return true;
  }

  async function rest(
    lane: string,
    waitMs: number,
    { urgent, over }: { readonly urgent: boolean; readonly over: AbortSignal },
  ): Promise<void> {
    if (urgent) return clock.sleep(waitMs, over);
    const enough = new AbortController();
    resting.set(lane, enough);
    // One that came before this was set is seen now.
    if ((await store.count(outbox, ['urgent', lane])) > 0) enough.abort();
    await clock.sleep(waitMs, AbortSignal.any([over, enough.signal]));
    resting.delete(lane);
  }

  /** What a lane tries next: what arrived and must be noted, else the first urgent message, else the first. */
  async function next(lane: string): Promise<Stored<OutboxEntry> | undefined> {
    const done = arrived.get(lane);
    const noting = done && (await store.get(outbox, done.id));
    if (noting) return noting;
    arrived.delete(lane);
    const [urgent] = await store.find(outbox, { key: ['urgent', lane], limit: 1 });
    return urgent ?? (await store.find(outbox, { key: ['lane', lane], limit: 1 }))[0];
  }

  /** One try of a lane's next message. Returns how long the lane must wait. */
  async function step(head: Stored<OutboxEntry>, chat: Chat, claim: LaneClaim): Promise<number> {
    const { body: entry } = head;
    const done = arrived.get(laneOf(entry.conversation));
    if (done) return record(head, done, claim);
    if (clock.now() - entry.at >= STALE_MS && (await summarise(head, clock.now()))) return 0;
    if (entry.do === 'edit') {
      const [first, later] = await store.find(outbox, {
        key: ['edits', `${laneOf(entry.conversation)}|${entry.message}`],
        limit: 2,
      });
      // One that was overtaken must not come after what is newer.
      if (first && first.id !== head.id) return drop(first, 'superseded');
      if (later && (isUrgent(later.body) || !isUrgent(entry))) return drop(head, 'superseded');
    }
    const delivery = await address(head, claim);
    if (!delivery) return drop(head, 'orphan');
    const outcome = await attempt(chat, delivery, claim.signal);
    switch (outcome.is) {
      case 'delivered':
        return record(head, { id: head.id, ...(delivery.do === 'post' ? { ref: outcome.ref } : {}) }, claim);
      case 'refused':
        log.error({ chat: chat.name, message: entry.message, reason: outcome.reason }, 'message refused by the chat');
        return drop(head, 'refused');
      case 'limited':
        meter.retried(chat.name, 'limited');
        return outcome.retryAfterMs;
      case 'not-arrived':
      case 'ambiguous': {
        meter.retried(chat.name, outcome.is);
        log.warn(
          { chat: chat.name, message: entry.message, reason: outcome.reason, tries: entry.tries + 1 },
          'delivery failed, will retry',
        );
        await store.commit([
          put(
            outbox,
            head.id,
            { ...entry, tries: entry.tries + 1, ambiguous: delivery.ambiguous || outcome.is === 'ambiguous' },
            head.version,
          ),
        ]);
        return waitBefore(entry.tries, options.random?.() ?? Math.random());
      }
    }
  }

  /** Notes that a message arrived. While that can't be stored only the note is tried again: the chat has the message. */
  async function record(head: Stored<OutboxEntry>, done: Arrived, claim: LaneClaim): Promise<number> {
    const { conversation, message, root, at } = head.body;
    arrived.set(laneOf(conversation), done);
    const writes: Write[] = [remove(outbox, head.id, head.version)];
    if (done.ref !== undefined) {
      const note = { ref: done.ref, root, at: clock.now() };
      writes.push(put(posted, postedId(conversation, message), note, 'any'));
    }
    await store.commit([...(await claim.guard()), ...writes]);
    arrived.delete(laneOf(conversation));
    meter.delivered(conversation.chat, clock.now() - at);
    return 0;
  }

  async function drop(head: Stored<OutboxEntry>, why: 'refused' | 'superseded' | 'orphan'): Promise<number> {
    await store.commit([remove(outbox, head.id, head.version)]);
    meter.dropped(head.body.conversation.chat, why);
    return 0;
  }

  /** Replaces a lane's old news by one message. Returns whether there was any. */
  async function summarise(head: Stored<OutboxEntry>, now: number): Promise<boolean> {
    const lane = laneOf(head.body.conversation);
    if ((await store.count(outbox, ['lane', lane])) < STALE_FROM) return false;
    const waiting = await store.find(outbox, { key: ['lane', lane], limit: SUMMED });
    const digest = staleDigest(
      waiting.map(({ id, body }) => ({ id, entry: body })),
      now,
    );
    if (!digest) return false;
    const message = `away/${head.id}`;
    await store.commit([
      ...digest.drop.map((id) => remove(outbox, id, 'any')),
      ...say([head.body.conversation], { do: 'post', message, root: message, card: digest.card }, now),
    ]);
    for (const _ of digest.drop) meter.dropped(head.body.conversation.chat, 'superseded');
    return true;
  }

  /**
   * Fills in what the vendor calls the message and its thread. The edit of a root that was never posted becomes its post: what it says is
   * news all the same. Any other edit of what was never posted has nowhere to go.
   */
  async function address({ id, body: entry }: Stored<OutboxEntry>, claim: LaneClaim): Promise<Delivery | undefined> {
    const { conversation, message, root, card, tries, ambiguous, onlyFor, replyTo } = entry;
    const known = async (key: string): Promise<string | undefined> =>
      (await store.get(posted, postedId(conversation, key)))?.body.ref;
    const isRoot = root === message;
    const ref = entry.do === 'edit' ? await known(message) : undefined;
    const thread = isRoot ? undefined : await known(root);
    if (!isRoot && entry.do === 'edit' && ref === undefined) return undefined;
    return {
      id,
      do: ref === undefined ? 'post' : 'edit',
      conversation,
      message,
      card: cleanCard(card, options.redact),
      tries,
      ambiguous: ambiguous || claim.isDoubtful(id),
      urgent: isUrgent(entry),
      ...(isRoot ? {} : { thread: { root, ref: thread } }),
      ...(ref === undefined ? {} : { ref }),
      ...(onlyFor === undefined ? {} : { onlyFor }),
      ...(replyTo === undefined ? {} : { replyTo }),
    };
  }

  async function attempt(chat: Chat, delivery: Delivery, over: AbortSignal): Promise<DeliveryOutcome> {
    try {
      return await chat.deliver(delivery, AbortSignal.any([stopping.signal, over, AbortSignal.timeout(TRY_MS)]));
    } catch (error) {
      // A chat that throws has told nothing of what became of the message.
      return { is: 'ambiguous', reason: messageOf(error) };
    }
  }

  async function giveBack(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(GIVE_BACK_MS, stopping.signal);
      // What came for a lane while it was given back is anybody's.
      if (await mine.giveBack((lane) => running.has(lane))) wake();
    }
  }

  return {
    start: async () => {
      unwatch.push(store.watch('outbox', wake), claims.onFree(wake));
      if (claims.id() !== undefined) giving = giveBack();
      wake();
    },
    stop: async () => {
      stopping.abort();
      for (const end of unwatch) end();
      await looking;
      await Promise.all([...running.values(), giving]);
      await mine.close();
    },
  };
}
