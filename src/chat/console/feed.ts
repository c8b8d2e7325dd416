import { messageOf } from '../../lib/errors.ts';
import type { Store, Stored } from '../../store/port.ts';
import { isFor } from './board.ts';
import { type ConsoleMessage, type ConsoleThread, FEED, MESSAGES, THREADS, threadId } from './model.ts';
import type { ChangeView, MessageView, ThreadView } from './views.ts';

/** Feed entries read in one go. */
const BATCH = 200;
/** A browser that is further behind than this reloads instead. */
const MAX_REPLAY = 1000;

/** One change as a browser gets it. */
export interface Change {
  /** Id of the feed entry: where to go on after a break. */
  readonly id: string;
  readonly thread: ConsoleThread;
  readonly message: Stored<ConsoleMessage>;
  /** How many incidents are open now. */
  readonly open: number;
}

/** A browser that follows. `send` answers false when it can't take any more: it is dropped and comes back by itself. */
export interface Follower {
  readonly person: string;
  readonly session: string;
  send(event: 'change' | 'reset' | 'beat' | 'yield', data: unknown, id?: string): boolean;
  end(): void;
}

interface Following {
  readonly follower: Follower;
  /** The last entry sent. */
  after: string;
  isPulling: boolean;
  isWoken: boolean;
}

/** How many browsers may follow: in all, and of one session (a browser opens six connections to a host at most). */
const MAX_FOLLOWERS = 200;
const MAX_PER_SESSION = 4;

/** Hands every change to the browsers that follow. Each reads the same durable feed, so a break or a restart loses nothing. */
export class Feed {
  readonly #store: Store;
  readonly #warn: (message: string, fields: Record<string, unknown>) => void;
  readonly #following = new Set<Following>();
  #stopWatching: (() => void) | undefined;

  constructor(store: Store, warn: (message: string, fields: Record<string, unknown>) => void) {
    this.#store = store;
    this.#warn = warn;
  }

  /** Id of the newest change; '' when there is none. */
  async latest(): Promise<string> {
    const [entry] = await this.#store.find(FEED, { order: 'down', limit: 1 });
    return entry?.id ?? '';
  }

  /** How many browsers follow now. */
  get followers(): number {
    return this.#following.size;
  }

  /**
   * Starts sending to a follower everything after `after`; a `reset` first when that is too far back to tell.
   * Returns the way to stop, or undefined when too many follow already.
   */
  async follow(follower: Follower, after: string): Promise<(() => void) | undefined> {
    if (this.#following.size >= MAX_FOLLOWERS) return undefined;
    const own = [...this.#following].filter((other) => other.follower.session === follower.session);
    for (const other of own.slice(0, Math.max(0, own.length - MAX_PER_SESSION + 1))) {
      other.follower.send('yield', {});
      this.#drop(other);
    }
    const following: Following = { follower, after, isPulling: false, isWoken: false };
    this.#following.add(following);
    this.#stopWatching ??= this.#store.watch(FEED.kind, () => {
      for (const each of this.#following) void this.#pull(each);
    });
    // Held back while it is found out where to begin: what happens meanwhile comes with the first pull.
    following.isPulling = true;
    try {
      if (!(await this.#canReplay(after))) {
        following.after = await this.latest();
        follower.send('reset', {}, following.after);
      }
    } catch (error) {
      this.#following.delete(following);
      throw error;
    }
    following.isPulling = false;
    void this.#pull(following);
    return () => {
      this.#following.delete(following);
    };
  }

  async #canReplay(after: string): Promise<boolean> {
    const newest = await this.latest();
    if (after === newest) return true;
    const [oldest] = await this.#store.find(FEED, { limit: 1 });
    if (!oldest || after < oldest.id || after > newest) return false;
    return (await this.#store.find(FEED, { after, limit: MAX_REPLAY + 1 })).length <= MAX_REPLAY;
  }

  /** Sends a follower what it hasn't had, in order, until there is no more. */
  async #pull(following: Following): Promise<void> {
    following.isWoken = true;
    if (following.isPulling) return;
    following.isPulling = true;
    try {
      while (following.isWoken && this.#following.has(following)) {
        following.isWoken = false;
        for (;;) {
          const changes = await this.#changesAfter(following.after);
          if (!changes || !this.#following.has(following)) break;
          for (const change of changes.seen) this.#send(following, change);
          following.after = changes.last;
        }
      }
    } catch (error) {
      // The browser comes back by itself, with the last id that it has seen.
      this.#warn('console feed could not be read', { error: messageOf(error) });
      this.#drop(following);
    } finally {
      following.isPulling = false;
    }
  }

  /** The changes of one batch, each message once, as it is now; undefined at the end of the feed. */
  async #changesAfter(after: string): Promise<{ seen: readonly Change[]; last: string } | undefined> {
    const entries = await this.#store.find(FEED, { limit: BATCH, ...(after === '' ? {} : { after }) });
    const last = entries.at(-1)?.id;
    if (last === undefined) return undefined;
    const newest = new Map(entries.map((entry) => [entry.body.message, entry]));
    const open = await this.#store.count(THREADS, ['incident', 'open']);
    const seen: Change[] = [];
    for (const { id, body } of newest.values()) {
      const message = await this.#store.get(MESSAGES, body.message);
      const thread = await this.#store.get(THREADS, threadId(body.thread));
      if (message && thread) seen.push({ id, thread: thread.body, message, open });
    }
    return { seen: seen.sort((a, b) => (a.id < b.id ? -1 : 1)), last };
  }

  #send(following: Following, change: Change): void {
    if (!isFor(change.message.body, following.follower.person)) return;
    if (!following.follower.send('change', viewOf(change), change.id)) this.#drop(following);
  }

  #drop(following: Following): void {
    this.#following.delete(following);
    following.follower.end();
  }

  /** A sign of life to all. */
  beat(): void {
    for (const following of this.#following) if (!following.follower.send('beat', {})) this.#drop(following);
  }

  /** Ends the streams of a session that was signed out. */
  endSession(session: string): void {
    for (const following of this.#following) if (following.follower.session === session) this.#drop(following);
  }

  /** Ends all streams. */
  end(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    for (const following of this.#following) this.#drop(following);
  }
}

/** A change as JSON for a browser. */
function viewOf({ thread, message, open }: Change): ChangeView {
  return { thread: threadView(thread), message: messageView(message), open };
}

/** What a browser gets of a thread. */
export function threadView(thread: ConsoleThread): ThreadView {
  const { key, rank, title, tone, snippet, openedAt, lastAt, isIncident } = thread;
  return { key, rank, title, tone, snippet, openedAt, lastAt, isIncident };
}

/** What a browser gets of a message. */
export function messageView({ id, version, body }: Stored<ConsoleMessage>): MessageView {
  const { key, card, postedAt, editedAt, isRoot, asked, onlyFor } = body;
  return { id, version, key, card, postedAt, editedAt, isRoot, asked, isPrivate: onlyFor !== undefined };
}
