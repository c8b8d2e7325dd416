/** Updates that wait for the bot. https://core.telegram.org/bots/api#getting-updates */
import type { Clock } from '../../../src/lib/clock.ts';
import { UPDATE_KEPT_MS } from './limits.ts';
import type { JsonObject } from './wire.ts';

/** Types that exist; `allowed_updates` takes no other. https://core.telegram.org/bots/api#update */
export const UPDATE_TYPES: readonly string[] = [
  ...['message', 'edited_message', 'channel_post', 'edited_channel_post', 'business_connection', 'business_message'],
  ...['edited_business_message', 'deleted_business_messages', 'message_reaction', 'message_reaction_count'],
  ...['inline_query', 'chosen_inline_result', 'callback_query', 'shipping_query', 'pre_checkout_query'],
  ...['purchased_paid_media', 'poll', 'poll_answer', 'my_chat_member', 'chat_member', 'chat_join_request'],
  ...['chat_boost', 'removed_chat_boost', 'managed_bot'],
];
/** Types that come only when asked for by name. https://core.telegram.org/bots/api#getupdates */
const ON_REQUEST: ReadonlySet<string> = new Set(['chat_member', 'message_reaction', 'message_reaction_count']);

/** An update that the bot hasn't confirmed. */
export interface Pending {
  readonly id: number;
  readonly type: string;
  readonly body: JsonObject;
  /** Updates of one lane go to a webhook one after the other. */
  readonly lane: string;
  readonly at: number;
  failures: number;
  dueAt: number;
}

/** The queue. Confirmed updates go; others go after 24 hours. */
export class Queue {
  readonly #clock: Clock;
  #pending: Pending[] = [];
  #nextId: number;
  #allowed: ReadonlySet<string> | undefined;
  readonly #listeners = new Set<() => void>();

  /** `firstId` is "a certain positive number": https://core.telegram.org/bots/api#update */
  constructor(clock: Clock, firstId: number) {
    this.#clock = clock;
    this.#nextId = firstId;
  }

  /** Types by name, or the default set for an empty list. Only updates that come later are concerned. */
  allow(types: readonly string[]): void {
    this.#allowed = types.length === 0 ? undefined : new Set(types);
  }

  /** Names that were asked for; empty stands for the default set. */
  get allowed(): readonly string[] {
    return [...(this.#allowed ?? [])];
  }

  /** Adds an update unless its type isn't wanted. Gives its id. */
  push(type: string, body: JsonObject, lane: string): number | undefined {
    if (this.#allowed === undefined ? ON_REQUEST.has(type) : !this.#allowed.has(type)) return undefined;
    const id = this.#nextId++;
    const at = this.#clock.now();
    this.#pending.push({ id, type, body, lane, at, failures: 0, dueAt: at });
    for (const listener of [...this.#listeners]) listener();
    return id;
  }

  /** The id that the next update gets. */
  get tail(): number {
    return this.#nextId;
  }

  /** What is unconfirmed and not too old, oldest first. */
  pending(): readonly Pending[] {
    const oldest = this.#clock.now() - UPDATE_KEPT_MS;
    this.#pending = this.#pending.filter((update) => update.at > oldest);
    return this.#pending;
  }

  /** Confirms everything below `offset`. */
  confirmBelow(offset: number): void {
    this.#pending = this.#pending.filter((update) => update.id >= offset);
  }

  /** Forgets all but the last `count`. */
  keepLast(count: number): void {
    this.#pending = count === 0 ? [] : this.#pending.slice(-count);
  }

  /** Confirms one update: a webhook took it. */
  remove(id: number): void {
    this.#pending = this.#pending.filter((update) => update.id !== id);
  }

  /** Calls `listener` after every push, until the function it gives is called. */
  onPush(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** An update as the bot gets it. */
export function updateObject({ id, type, body }: Pending): JsonObject {
  return { update_id: id, [type]: body };
}
