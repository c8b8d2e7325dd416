import { createHash, randomUUID } from 'node:crypto';
import { DaytwoError } from '../../lib/errors.ts';
import type { Collection, Query, Store, Stored, StoreNotice, Write } from '../port.ts';
import { type Migration, SCHEMA } from '../schema.ts';
import { type ConnectionOptions, type Connections, openConnections } from './connection.ts';
import { faultOf } from './faults.ts';
import { migrateTables } from './migrateTables.ts';
import { commitArguments } from './rows.ts';
import { SCHEMA_NAME } from './tables.ts';
import { decodeText, encodeText, encodeValue } from './text.ts';
import { startWakes, type Wakes } from './wakes.ts';

/** The tables' home in the data base, unless another is named. */
export const DEFAULT_SCHEMA = 'daytwo';

/** The trace of a commit is kept this long, for an answer that was lost; it is asked for again within seconds. */
const COMMITS_KEPT_MS = 3_600_000;
const TIDY_EVERY_MS = 600_000;
/** A listener that says nothing for so long is given up. */
const LISTENER_SILENCE_MS = 5000;
const BLOB_ID = /^[0-9a-f]{64}$/;
/** The largest number that LIMIT is given. */
const MAX_LIMIT = 2_147_483_647;

/** What the store is opened with. */
export interface PostgresOptions extends ConnectionOptions {
  /** Every collection whose documents may be stored; needed to index them anew after a migration. */
  readonly collections: readonly Collection<never>[];
  readonly now: () => number;
  readonly warn: (message: string, fields: Record<string, unknown>) => void;
  /** A schema of its own for each bot that shares a data base: lower-case letters, digits, underscores. */
  readonly schema?: string;
  /** For tests of migration: steps from schema 1 on. */
  readonly migrations?: readonly Migration[];
  readonly heartbeatMs?: number;
  readonly pollMs?: number;
}

/**
 * The store of several processes, in PostgreSQL 12 or later. A commit is one round trip and one transaction; one whose answer was lost
 * is asked for again under the same token and done once. Ids of appends become visible in their order. Tables are made, or brought to
 * this version, under a lock that one process has.
 * @throws DaytwoError store-unavailable | invalid (a newer schema, an unreadable connection string)
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const schema = options.schema ?? DEFAULT_SCHEMA;
  if (!SCHEMA_NAME.test(schema)) throw new DaytwoError('invalid', 'a schema is named by a–z, 0–9 and _');
  const connections = await openConnections(options);
  try {
    const client = await connections.single();
    try {
      await migrateTables(client, {
        schema,
        documents: documentSchema(options),
        firstDocuments: SCHEMA,
        migrations: options.migrations ?? [],
        collections: options.collections,
      });
    } finally {
      await client.end().catch(() => {});
    }
    const notices = await readNotices(connections, options.now);
    const channel = `daytwo_${schema}`;
    const wakes = await startWakes({
      channel,
      connect: () => connections.single({ silenceMs: LISTENER_SILENCE_MS }),
      warn: options.warn,
      ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
      ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
    });
    return new PostgresStore({ options, schema, channel, connections, notices, wakes });
  } catch (error) {
    await connections.close();
    throw faultOf(error);
  }
}

/** The documents' schema that this process writes. */
function documentSchema({ migrations }: PostgresOptions): number {
  return SCHEMA + (migrations?.length ?? 0);
}

/** Settings of the server under which a commit that was acknowledged may be lost. */
async function readNotices(connections: Connections, now: () => number): Promise<readonly StoreNotice[]> {
  const [found] = await connections.query<{ fsync: string; commit: string }>(
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`,
    [],
  );
  const bad = [
    ...(found?.fsync === 'off' ? ['fsync'] : []),
    ...(found?.commit === 'off' ? ['synchronous_commit'] : []),
  ];
  return bad.map((name) => ({
    at: now(),
    text: `PostgreSQL runs with ${name} off: what the bot says it took may be lost when that machine stops`,
  }));
}

/** What the store is put together from. */
interface Parts {
  readonly options: PostgresOptions;
  readonly schema: string;
  readonly channel: string;
  readonly connections: Connections;
  readonly notices: readonly StoreNotice[];
  readonly wakes: Wakes;
}

class PostgresStore implements Store {
  readonly #parts: Parts;
  readonly #schema: string;
  readonly #connections: Connections;
  readonly #tidying: NodeJS.Timeout;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#schema = parts.schema;
    this.#connections = parts.connections;
    this.#tidying = setInterval(() => void this.#tidy(), TIDY_EVERY_MS).unref();
    void this.#tidy();
  }

  #alive(): void {
    if (this.#closed) throw new DaytwoError('store-unavailable', 'the state is closed');
  }

  /** Forgets old commits. Whether it works now or later changes nothing. */
  async #tidy(): Promise<void> {
    await this.#connections
      .query(`DELETE FROM ${this.#schema}.commits WHERE at < now() - $1 * interval '1 millisecond'`, [COMMITS_KEPT_MS])
      .catch(() => {});
  }

  async get<T>(collection: Collection<T>, id: string): Promise<Stored<T> | undefined> {
    this.#alive();
    const [row] = await this.#connections.query<{ version: number; body: T }>(
      `SELECT version, body FROM ${this.#schema}.documents WHERE kind = $1 AND id = $2`,
      [collection.kind, encodeText(id)],
    );
    return row && { id, version: row.version, body: row.body };
  }

  async find<T>(collection: Collection<T>, { key, after, order, limit }: Query): Promise<readonly Stored<T>[]> {
    this.#alive();
    const values: unknown[] = [collection.kind];
    const bind = (value: unknown): string => `$${values.push(value)}`;
    const from = key
      ? `${this.#schema}.keys k JOIN ${this.#schema}.documents d USING (kind, id) WHERE k.kind = $1 AND k.name = ${bind(encodeText(key[0]))} AND k.value = ${bind(encodeValue(key[1]))}`
      : `${this.#schema}.documents d WHERE d.kind = $1`;
    const column = key ? 'k.id' : 'd.id';
    const isDown = order === 'down';
    const bound = after === undefined ? '' : `AND ${column} ${isDown ? '<' : '>'} ${bind(encodeText(after))}`;
    const rows = await this.#connections.query<{ id: string; version: number; body: T }>(
      `SELECT d.id, d.version, d.body FROM ${from} ${bound} ORDER BY ${column} ${isDown ? 'DESC' : 'ASC'} LIMIT ${bind(Math.max(0, Math.min(limit, MAX_LIMIT)))}`,
      values,
    );
    return rows.map(({ id, version, body }) => ({ id: decodeText(id), version, body }));
  }

  async count<T>(collection: Collection<T>, key?: readonly [string, string]): Promise<number> {
    this.#alive();
    const [row] = await this.#connections.query<{ count: number }>(
      key
        ? `SELECT count(*)::integer AS count FROM ${this.#schema}.keys WHERE kind = $1 AND name = $2 AND value = $3`
        : `SELECT count(*)::integer AS count FROM ${this.#schema}.documents WHERE kind = $1`,
      key ? [collection.kind, encodeText(key[0]), encodeValue(key[1])] : [collection.kind],
    );
    return row?.count ?? 0;
  }

  async commit(writes: readonly Write[]): Promise<readonly string[]> {
    this.#alive();
    if (writes.length === 0) return [];
    const { values, order } = commitArguments(writes);
    const { options, channel, wakes } = this.#parts;
    const [row] = await this.#connections.query<{ ids: readonly string[] }>(
      `SELECT ${this.#schema}.commit_writes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS ids`,
      [documentSchema(options), randomUUID(), channel, wakes.origin, ...values],
    );
    const ids = writes.map((write) => (write.do === 'append' ? '' : write.id));
    for (const [at, index] of order.entries()) {
      if (writes[index]?.do === 'append') ids[index] = row?.ids[at] ?? '';
    }
    wakes.wake(new Set(writes.map((write) => write.in.kind)));
    return ids;
  }

  watch(kind: string, wake: () => void): () => void {
    return this.#parts.wakes.watch(kind, wake);
  }

  async putBlob(bytes: Uint8Array): Promise<string> {
    this.#alive();
    const id = createHash('sha256').update(bytes).digest('hex');
    await this.#connections.query(
      `INSERT INTO ${this.#schema}.blobs (id, at, bytes) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET at = greatest(blobs.at, excluded.at)`,
      [id, this.#parts.options.now(), Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)],
    );
    return id;
  }

  async getBlob(id: string): Promise<Uint8Array | undefined> {
    this.#alive();
    if (!BLOB_ID.test(id)) return undefined;
    const [row] = await this.#connections.query<{ bytes: Buffer }>(
      `SELECT bytes FROM ${this.#schema}.blobs WHERE id = $1`,
      [id],
    );
    return row?.bytes;
  }

  async sweepBlobs(keep: ReadonlySet<string>, olderThan: number): Promise<number> {
    this.#alive();
    const [row] = await this.#connections.query<{ gone: number }>(
      `WITH gone AS (
         DELETE FROM ${this.#schema}.blobs b
         WHERE b.at < $1 AND NOT EXISTS (SELECT 1 FROM unnest($2::text[]) AS k (id) WHERE k.id = b.id)
         RETURNING 1
       ) SELECT count(*)::integer AS gone FROM gone`,
      [olderThan, [...keep]],
    );
    return row?.gone ?? 0;
  }

  notices(): readonly StoreNotice[] {
    return this.#parts.notices;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#tidying);
    await this.#parts.wakes.stop();
    await this.#connections.close();
  }
}
