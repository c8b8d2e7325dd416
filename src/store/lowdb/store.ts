import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Low } from 'lowdb';
import { DaytwoError, messageOf } from '../../lib/errors.ts';
import type { Collection, Query, Store, Stored, StoreNotice, Write } from '../port.ts';
import { type Migration, SCHEMA } from '../schema.ts';
import { Blobs } from './blobs.ts';
import { Documents } from './documents.ts';
import { JournalAdapter, type JournalState } from './journal.ts';
import { lockFolder } from './lock.ts';
import { type Change, encodeCommit } from './record.ts';
import { keysOf, upgrader } from './upgrade.ts';

/** Below this many bytes a journal isn't worth a snapshot. */
const SNAPSHOT_FROM_BYTES = 32 * 1024 * 1024;

/** What the store is opened with. */
export interface LowdbOptions {
  /** The data folder. Made when missing. */
  readonly dir: string;
  /** Every collection whose documents may be stored; needed to index them anew after a migration. */
  readonly collections: readonly Collection<never>[];
  readonly now: () => number;
  readonly warn: (message: string, fields: Record<string, unknown>) => void;
  /** For tests of migration: steps from schema 1 on. */
  readonly migrations?: readonly Migration[];
  readonly snapshotFromBytes?: number;
}

interface Waiting {
  readonly line: string;
  readonly changes: readonly Change[];
  readonly bodies: readonly unknown[];
  readonly ids: readonly string[];
  readonly resolve: (ids: readonly string[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The store of one process: lowdb over an append-only journal. A commit costs what it writes, whatever is stored; commits that wait
 * at the same time share one sync. Reads show what is durable.
 * @throws DaytwoError store-locked | store-unavailable | invalid (a newer schema)
 */
export async function openLowdbStore(options: LowdbOptions): Promise<Store> {
  const lock = await lockFolder(options.dir);
  const store = new LowdbStore(options, lock);
  try {
    await store.open();
  } catch (cause) {
    await store.close();
    if (cause instanceof DaytwoError) throw cause;
    throw new DaytwoError('store-unavailable', `the state in ${options.dir} can't be read: ${messageOf(cause)}`, {
      cause,
    });
  }
  return store;
}

class LowdbStore implements Store {
  readonly #options: LowdbOptions;
  readonly #lock: { release: () => void };
  readonly #adapter: JournalAdapter;
  readonly #db: Low<JournalState>;
  readonly #blobs: Blobs;
  readonly #watchers = new Map<string, Set<() => void>>();
  /** Versions that queued commits will make, by kind and id. */
  readonly #promised = new Map<string, { version: number; commits: number }>();
  #queue: Waiting[] = [];
  #seq = 0;
  #running: Promise<void> | undefined;
  #snapshotting: Promise<void> | undefined;
  #nextSnapshotAt = 0;
  #closed = false;

  constructor(options: LowdbOptions, lock: { release: () => void }) {
    this.#options = options;
    this.#lock = lock;
    this.#adapter = new JournalAdapter({
      dir: join(options.dir, 'state'),
      schema: SCHEMA + (options.migrations?.length ?? 0),
      upgrade: upgrader(options.collections, options.migrations),
      now: options.now,
    });
    this.#db = new Low<JournalState>(this.#adapter, { documents: new Documents(), pending: [] });
    this.#blobs = new Blobs(join(options.dir, 'blobs'));
  }

  async open(): Promise<void> {
    await this.#db.read();
    this.#seq = this.#documents.seq;
    for (const { text } of this.#adapter.notices) this.#options.warn('state was damaged', { notice: text });
    if (this.#adapter.mustSnapshot) await this.#snapshot();
  }

  get #documents(): Documents {
    return this.#db.data.documents;
  }

  #alive(): void {
    if (this.#closed) throw new DaytwoError('store-unavailable', 'the state is closed');
  }

  async get<T>(collection: Collection<T>, id: string): Promise<Stored<T> | undefined> {
    this.#alive();
    return this.#documents.get(collection, id);
  }

  async find<T>(collection: Collection<T>, query: Query): Promise<readonly Stored<T>[]> {
    this.#alive();
    return this.#documents.find(collection, query);
  }

  async count<T>(collection: Collection<T>, key?: readonly [string, string]): Promise<number> {
    this.#alive();
    return this.#documents.count(collection.kind, key);
  }

  #versionAhead(kind: string, id: string): number {
    return this.#promised.get(`${kind}\u0000${id}`)?.version ?? this.#documents.version(kind, id);
  }

  async commit(writes: readonly Write[]): Promise<readonly string[]> {
    this.#alive();
    if (writes.length === 0) return [];
    for (const write of writes) {
      if (write.do === 'append' || write.expect === 'any') continue;
      const version = this.#versionAhead(write.in.kind, write.id);
      if (version === write.expect) continue;
      // Whoever reads again must find the version that was in the way.
      await this.#running?.catch(() => {});
      throw new DaytwoError(
        'store-conflict',
        `${write.in.kind} ${write.id} is at version ${version}, not ${write.expect}`,
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...this.#prepare(writes), resolve, reject });
      this.#running ??= this.#run();
    });
  }

  #prepare(writes: readonly Write[]): Pick<Waiting, 'line' | 'changes' | 'bodies' | 'ids'> {
    const changes: Change[] = [];
    const bodies: unknown[] = [];
    for (const write of writes) {
      const kind = write.in.kind;
      const id = write.do === 'append' ? String(++this.#seq).padStart(16, '0') : write.id;
      if (write.do === 'delete') {
        changes.push({ kind, id, version: 0, keys: {}, text: undefined });
        bodies.push(undefined);
      } else {
        const version = this.#versionAhead(kind, id) + 1;
        changes.push({ kind, id, version, keys: keysOf(write.in, write.body), text: JSON.stringify(write.body) });
        bodies.push(write.in.cold ? undefined : write.body);
      }
      const key = `${kind}\u0000${id}`;
      const promised = this.#promised.get(key);
      this.#promised.set(key, { version: changes.at(-1)?.version ?? 0, commits: (promised?.commits ?? 0) + 1 });
    }
    return { line: encodeCommit(changes), changes, bodies, ids: changes.map(({ id }) => id) };
  }

  /** Writes until nobody waits. One write and one sync for all who came meanwhile. */
  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // Whoever asks in the same turn of the event loop shares this sync: all requests that have arrived, not only the first.
      await turn();
      const batch = this.#queue;
      this.#queue = [];
      this.#db.data.pending = batch.map(({ line }) => line);
      try {
        await this.#db.write();
      } catch (error) {
        // Those who came meanwhile may build upon what has just failed: they fail with it.
        const failed = [...batch, ...this.#queue];
        this.#queue = [];
        for (const { changes } of failed) this.#settle(changes);
        for (const { reject } of failed) reject(error as Error);
        continue;
      } finally {
        this.#db.data.pending = [];
      }
      this.#publish(batch);
      await this.#maybeSnapshot();
    }
    this.#running = undefined;
  }

  #settle(changes: readonly Change[]): void {
    for (const { kind, id } of changes) {
      const key = `${kind}\u0000${id}`;
      const promised = this.#promised.get(key);
      if (!promised) continue;
      if (promised.commits === 1) this.#promised.delete(key);
      else promised.commits -= 1;
    }
  }

  #publish(batch: readonly Waiting[]): void {
    const touched = new Set<string>();
    for (const { changes, bodies } of batch) {
      for (const [i, change] of changes.entries()) {
        this.#documents.apply(change, bodies[i]);
        touched.add(change.kind);
      }
      this.#settle(changes);
    }
    for (const { resolve, ids } of batch) resolve(ids);
    for (const kind of touched) for (const wake of this.#watchers.get(kind) ?? []) wake();
  }

  async #maybeSnapshot(): Promise<void> {
    const { journalBytes, snapshotBytes } = this.#adapter;
    const from = Math.max(this.#options.snapshotFromBytes ?? SNAPSHOT_FROM_BYTES, snapshotBytes, this.#nextSnapshotAt);
    if (this.#snapshotting || journalBytes < from) return;
    try {
      await this.#adapter.rotate(this.#documents.seq);
    } catch (error) {
      this.#snapshotFailed(error);
      return;
    }
    this.#snapshotting = this.#adapter
      .snapshot(this.#documents)
      .then(() => {
        this.#nextSnapshotAt = 0;
      })
      .catch((error: unknown) => this.#snapshotFailed(error))
      .finally(() => {
        this.#snapshotting = undefined;
      });
  }

  #snapshotFailed(error: unknown): void {
    // Nothing is lost: the journals stay. Tried again once as much more has been written.
    this.#nextSnapshotAt = this.#adapter.journalBytes * 2;
    this.#options.warn('snapshot failed, will retry', { error: messageOf(error) });
  }

  async #snapshot(): Promise<void> {
    await this.#adapter.rotate(this.#documents.seq);
    await this.#adapter.snapshot(this.#documents);
  }

  watch(kind: string, wake: () => void): () => void {
    const set = this.#watchers.get(kind) ?? new Set();
    set.add(wake);
    this.#watchers.set(kind, set);
    return () => set.delete(wake);
  }

  async putBlob(bytes: Uint8Array): Promise<string> {
    this.#alive();
    return this.#blobs.put(bytes);
  }

  async getBlob(id: string): Promise<Uint8Array | undefined> {
    this.#alive();
    return this.#blobs.get(id);
  }

  async sweepBlobs(keep: ReadonlySet<string>, olderThan: number): Promise<number> {
    this.#alive();
    return this.#blobs.sweep(keep, olderThan);
  }

  notices(): readonly StoreNotice[] {
    return this.#adapter.notices;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#running?.catch(() => {});
    await this.#snapshotting;
    await this.#adapter.close();
    this.#lock.release();
  }
}
