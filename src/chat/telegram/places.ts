import type { Clock } from '../../lib/clock.ts';
import { type Collection, put, remove, type Store } from '../../store/port.ts';
import type { Conversation, MessageKey } from '../port.ts';
import { ASKED, INPUTS, MIGRATIONS, PLACES, PROGRESS, QUESTIONS } from './model.ts';
import type { MessageRef } from './refs.ts';

/** A message older than this is no longer known to belong to a thread; presses of its buttons still work. */
const PLACES_KEPT_MS = 30 * 24 * 3_600_000;
/** A delivery is done or dropped long before. */
const PROGRESS_KEPT_MS = 2 * 24 * 3_600_000;
const PAGE = 200;

/** Knows which of Telegram's chats our conversations are, and which thread a message stands in. */
export class Places {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly home: Conversation;
  /** Numeric id of the home, where it is configured as `@name`. */
  #resolved: string | undefined;
  #migratedTo: string | undefined;
  #loaded = false;

  constructor(store: Store, clock: Clock, home: Conversation) {
    this.#store = store;
    this.#clock = clock;
    this.home = home;
  }

  /** Reads what was kept; once. @throws DaytwoError store-unavailable */
  async load(): Promise<void> {
    if (this.#loaded) return;
    this.#migratedTo = (await this.#store.get(MIGRATIONS, this.home.id))?.body.to;
    this.#loaded = true;
  }

  /** What Telegram calls a conversation now. */
  actual({ id }: Pick<Conversation, 'id'>): string {
    return id === this.home.id ? (this.#migratedTo ?? this.#resolved ?? id) : id;
  }

  /** Whether a posted message stands in the chat that the conversation is now. */
  isIn(conversation: Conversation, ref: MessageRef): boolean {
    const actual = this.actual(conversation);
    return actual === ref.chat || actual.startsWith('@');
  }

  /** Every name of the home chat. */
  get homeIds(): ReadonlySet<string> {
    const names = [this.home.id.toLowerCase(), this.#resolved, this.#migratedTo];
    return new Set(names.filter((name) => name !== undefined));
  }

  /** The numeric id behind `@name`. */
  resolve(id: string): void {
    if (this.home.id.startsWith('@')) this.#resolved = id;
  }

  /** The home group went elsewhere. Durable when it resolves. @throws DaytwoError store-unavailable */
  async migrate(to: string): Promise<void> {
    if (this.#migratedTo === to) return;
    await this.#store.commit([put(MIGRATIONS, this.home.id, { to, at: this.#clock.now() }, 'any')]);
    this.#migratedTo = to;
  }

  /** Keeps which thread a posted message belongs to. @throws DaytwoError store-unavailable */
  async remember({ chat, message, topic }: MessageRef, root: MessageKey): Promise<void> {
    const place = { root, at: this.#clock.now() };
    await this.#store.commit([
      put(PLACES, `${chat}:${message}`, place, 'any'),
      ...(topic === undefined ? [] : [put(PLACES, `${chat}:t${topic}`, place, 'any')]),
    ]);
  }

  /** The thread of the first place that is known. @throws DaytwoError store-unavailable */
  async threadOf(hints: readonly string[]): Promise<MessageKey | undefined> {
    for (const hint of hints) {
      const place = await this.#store.get(PLACES, hint);
      if (place) return place.body.root;
    }
    return undefined;
  }

  /** Forgets what is too old to matter. @throws DaytwoError store-unavailable */
  async sweep(): Promise<void> {
    await this.#forget(PLACES, PLACES_KEPT_MS);
    await this.#forget(PROGRESS, PROGRESS_KEPT_MS);
    await this.#forget(INPUTS, PLACES_KEPT_MS);
    await this.#forget(QUESTIONS, PROGRESS_KEPT_MS);
    await this.#forget(ASKED, PROGRESS_KEPT_MS);
  }

  async #forget<T extends { readonly at: number }>(collection: Collection<T>, keptMs: number): Promise<void> {
    for (let after = ''; ; ) {
      const page = await this.#store.find(collection, { after, limit: PAGE });
      const old = page.filter(({ body }) => this.#clock.now() - body.at > keptMs);
      if (old.length > 0) await this.#store.commit(old.map(({ id }) => remove(collection, id, 'any')));
      if (page.length < PAGE) break;
      after = page.at(-1)?.id ?? '';
    }
  }
}
