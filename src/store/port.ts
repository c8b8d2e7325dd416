/**
 * The store: versioned documents ("aggregates") in named collections, written in atomic, durable steps.
 * What belongs together (an incident, its outbox entries, its timeline, the inbox entry it came from) goes into one `commit`.
 */

/** What kind of document this is and by which keys it can be found. One constant per kind, beside the type it stores. */
export interface Collection<T> {
  /** `[a-z]+`, unique. */
  readonly kind: string;
  /** The document's index keys: name → value. `find` and `count` match a value exactly; an undefined one isn't indexed. */
  readonly keys: (body: T) => Readonly<Record<string, string | undefined>>;
  /** True for large documents that are read seldom: a store may keep them packed. */
  readonly cold?: boolean;
}

/** A document as it was last made durable. `body` is shared: never change it. */
export interface Stored<T> {
  readonly id: string;
  /** Starts at 1, grows by one with each write. */
  readonly version: number;
  readonly body: T;
}

/**
 * One write of a commit.
 * - `put`: create (`expect: 0`), replace (`expect: version`), or either (`expect: 'any'`)
 * - `append`: create under a new id that sorts after every id appended before it in this collection
 * - `delete`: remove; `expect` as above; with 'any' a missing document is no error
 */
export type Write =
  | {
      readonly do: 'put';
      readonly in: Collection<never>;
      readonly id: string;
      readonly body: unknown;
      readonly expect: number | 'any';
    }
  | { readonly do: 'append'; readonly in: Collection<never>; readonly body: unknown }
  | { readonly do: 'delete'; readonly in: Collection<never>; readonly id: string; readonly expect: number | 'any' };

/** Builds a typed `put`. */
export function put<T>(collection: Collection<T>, id: string, body: T, expect: number | 'any'): Write {
  return { do: 'put', in: collection, id, body, expect };
}

/** Builds a typed `append`. */
export function append<T>(collection: Collection<T>, body: T): Write {
  return { do: 'append', in: collection, body };
}

/** Builds a `delete`. */
export function remove<T>(collection: Collection<T>, id: string, expect: number | 'any'): Write {
  return { do: 'delete', in: collection, id, expect };
}

/** Which documents: all, or those with one key's value; by id, upwards or downwards, strictly after `after`. */
export interface Query {
  readonly key?: readonly [name: string, value: string];
  readonly after?: string;
  readonly order?: 'up' | 'down';
  /** At most this many; a bound is always given. */
  readonly limit: number;
}

/** Something about the stored state that a person must know: damage found at start, a file set aside. */
export interface StoreNotice {
  readonly at: number;
  readonly text: string;
}

/**
 * The port behind which lowdb (one process) and PostgreSQL (several) stand.
 * Reads show durable state only. Every method throws DaytwoError `store-unavailable` when the store can't answer.
 */
export interface Store {
  get<T>(collection: Collection<T>, id: string): Promise<Stored<T> | undefined>;
  /** Ordered by id in code-unit order. */
  find<T>(collection: Collection<T>, query: Query): Promise<readonly Stored<T>[]>;
  count<T>(collection: Collection<T>, key?: readonly [name: string, value: string]): Promise<number>;
  /**
   * All or nothing, durable when it resolves. Returns the id of each write, in order.
   * @throws DaytwoError `store-conflict` when an expectation does not hold: nothing was written; read again and decide again
   * @throws DaytwoError `store-unavailable` when it can't be made durable: nothing was written
   */
  commit(writes: readonly Write[]): Promise<readonly string[]>;
  /** Calls back after commits that touched the kind became durable: a wake-up, not a record. Returns the way to stop it. */
  watch(kind: string, wake: () => void): () => void;
  /** Keeps bytes (pictures, files) under the SHA-256 of their content. Durable when it resolves. */
  putBlob(bytes: Uint8Array): Promise<string>;
  getBlob(id: string): Promise<Uint8Array | undefined>;
  /** Deletes every blob older than `olderThan` (epoch ms) whose id isn't in `keep`. Returns how many went. */
  sweepBlobs(keep: ReadonlySet<string>, olderThan: number): Promise<number>;
  /** What was found wrong with the stored state, for /readyz, the log and the chats. */
  notices(): readonly StoreNotice[];
  /** Waits for what is under way and lets go of the state. Later calls throw. */
  close(): Promise<void>;
}
