import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { DaytwoError, messageOf } from '../../lib/errors.ts';
import type { Documents } from '../lowdb/documents.ts';
import { JournalAdapter } from '../lowdb/journal.ts';
import { lockFolder } from '../lowdb/lock.ts';
import type { Change } from '../lowdb/record.ts';
import { openLowdbStore } from '../lowdb/store.ts';
import type { Collection } from '../port.ts';
import { SCHEMA } from '../schema.ts';
import { openConnections, type Query } from './connection.ts';
import { faultOf } from './faults.ts';
import { migrateTables } from './migrateTables.ts';
import { DEFAULT_SCHEMA } from './store.ts';
import { LOCK_CLASS, lockOf, SCHEMA_NAME } from './tables.ts';
import { encodeId, encodeText, encodeValue } from './text.ts';

/** So many documents, or about so many characters of them, go over at once. */
const BATCH = 500;
const BATCH_CHARS = 4 * 1024 * 1024;
const BLOB_ID = /^[0-9a-f]{64}$/;

/** From where, to where. */
export interface MigrateOptions {
  /** The data folder of a bot that is stopped. It is left as it is. */
  readonly from: string;
  /** The data base: `postgres://…`. Its schema holds no documents yet. */
  readonly to: string;
  readonly schema?: string;
  readonly collections: readonly Collection<never>[];
  readonly now: () => number;
  readonly warn: (message: string, fields: Record<string, unknown>) => void;
  /** What goes over in the same transaction, while the folder is still locked. */
  readonly also?: (query: Query) => Promise<void>;
}

/** What was copied, and found again on the other side. */
export interface Migrated {
  readonly documents: number;
  /** By kind, in order of the kinds' names. */
  readonly kinds: readonly { readonly kind: string; readonly documents: number }[];
  readonly blobs: number;
}

/**
 * Copies everything of a lowdb folder into PostgreSQL, versions and index keys included, and reads every document back before it counts.
 * The documents go over in one transaction: a failure leaves the data base without any. Appends go on behind the highest id that the
 * folder ever gave.
 * @throws DaytwoError store-locked (the bot runs) | invalid (the data base holds documents) | failed (what was read back differs) |
 * store-unavailable
 */
export async function migrateStore(options: MigrateOptions): Promise<Migrated> {
  const schema = options.schema ?? DEFAULT_SCHEMA;
  if (!SCHEMA_NAME.test(schema)) throw new DaytwoError('invalid', 'a schema is named by a–z, 0–9 and _');
  // Opened as the bot would: that repairs what a crash left, and brings documents to this version's schema.
  await (await openLowdbStore({ ...options, dir: options.from })).close();
  const lock = await lockFolder(options.from);
  try {
    const adapter = new JournalAdapter({
      dir: join(options.from, 'state'),
      schema: SCHEMA,
      upgrade: (change) => change,
      now: options.now,
    });
    const { documents } = await adapter.read();
    await adapter.close();
    return await copy(options, schema, documents);
  } finally {
    lock.release();
  }
}

async function copy(options: MigrateOptions, schema: string, documents: Documents): Promise<Migrated> {
  const connections = await openConnections({ url: options.to });
  try {
    const client = await connections.single();
    try {
      await migrateTables(client, {
        schema,
        documents: SCHEMA,
        firstDocuments: SCHEMA,
        migrations: [],
        collections: options.collections,
      });
      // First, for documents name them; by themselves they harm nobody.
      const blobs = await copyBlobs(client, schema, join(options.from, 'blobs'));
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, lockOf(schema)]);
      const { rowCount } = await client.query(`SELECT 1 FROM ${schema}.documents LIMIT 1`);
      if (rowCount !== 0)
        throw new DaytwoError(
          'invalid',
          `the data base holds documents already; nothing was copied. Where a bot was only tried on it: stop that one and drop the schema ${schema}`,
        );
      const kinds = await copyDocuments(client, schema, documents);
      for (const kind of new Set([...kinds.keys(), ...options.collections.map((one) => one.kind)]))
        await client.query(
          `INSERT INTO ${schema}.counters AS c (kind, seq) VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE SET seq = greatest(c.seq, excluded.seq)`,
          [kind, documents.seq],
        );
      await compareAll(client, schema, documents, kinds);
      await options.also?.(async (text, values) => (await client.query(text, [...values])).rows);
      await client.query('COMMIT');
      return {
        documents: [...kinds.values()].reduce((sum, count) => sum + count, 0),
        kinds: [...kinds]
          .map(([kind, count]) => ({ kind, documents: count }))
          .sort((a, b) => (a.kind < b.kind ? -1 : 1)),
        blobs,
      };
    } finally {
      // Without a COMMIT this undoes all of it.
      await client.end().catch(() => {});
    }
  } catch (error) {
    throw faultOf(error);
  } finally {
    await connections.close();
  }
}

async function copyDocuments(client: Client, schema: string, documents: Documents): Promise<Map<string, number>> {
  const kinds = new Map<string, number>();
  let batch: Change[] = [];
  let chars = 0;
  const flush = async (): Promise<void> => {
    await client.query(
      `INSERT INTO ${schema}.documents (kind, id, version, body)
       SELECT d.kind, d.id, d.version, d.body::json FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[]) AS d (kind, id, version, body)`,
      [
        batch.map(({ kind }) => kind),
        batch.map(({ id }) => encodeId(id)),
        batch.map(({ version }) => version),
        batch.map(({ text }) => text?.toString()),
      ],
    );
    const keys = batch.flatMap(({ kind, id, keys: of }) =>
      Object.entries(of).map(([name, value]) => [kind, encodeText(name), encodeValue(value), encodeId(id)] as const),
    );
    await client.query(
      `INSERT INTO ${schema}.keys (kind, name, value, id) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])`,
      [0, 1, 2, 3].map((column) => keys.map((row) => row[column])),
    );
    batch = [];
    chars = 0;
  };
  for (const change of documents.all()) {
    kinds.set(change.kind, (kinds.get(change.kind) ?? 0) + 1);
    batch.push(change);
    chars += change.text?.toString().length ?? 0;
    if (batch.length >= BATCH || chars >= BATCH_CHARS) await flush();
  }
  if (batch.length > 0) await flush();
  return kinds;
}

/** Reads everything back and holds it against the folder. @throws DaytwoError failed with the first difference */
async function compareAll(
  client: Client,
  schema: string,
  documents: Documents,
  kinds: ReadonlyMap<string, number>,
): Promise<void> {
  const { rows: counts } = await client.query<{ kind: string; count: number }>(
    `SELECT kind, count(*)::integer AS count FROM ${schema}.documents GROUP BY kind`,
  );
  const differs = (what: string): never => {
    throw new DaytwoError('failed', `${what} differs from what was copied; nothing was kept`);
  };
  if (counts.length !== kinds.size || counts.some(({ kind, count }) => kinds.get(kind) !== count)) differs('the count');
  let batch: Change[] = [];
  const compare = async (): Promise<void> => {
    const { rows } = await client.query<{ text: string | null; version: number | null; keys: number }>(
      `SELECT d.body::text AS text, d.version, (SELECT count(*)::integer FROM ${schema}.keys k WHERE k.kind = d.kind AND k.id = d.id) AS keys
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (kind, id, n)
       LEFT JOIN ${schema}.documents d ON d.kind = w.kind AND d.id = w.id ORDER BY w.n`,
      [batch.map(({ kind }) => kind), batch.map(({ id }) => encodeId(id))],
    );
    for (const [i, { kind, id, version, text, keys }] of batch.entries()) {
      const row = rows[i];
      if (row?.text !== text?.toString() || row?.version !== version || row.keys !== Object.keys(keys).length)
        differs(`${kind} ${id}`);
    }
    batch = [];
  };
  for (const change of documents.all()) {
    batch.push(change);
    if (batch.length >= BATCH) await compare();
  }
  await compare();
}

async function copyBlobs(client: Client, schema: string, dir: string): Promise<number> {
  let count = 0;
  for (const folder of await readdir(dir).catch(() => [])) {
    for (const id of await readdir(join(dir, folder))) {
      if (!BLOB_ID.test(id)) continue;
      const path = join(dir, folder, id);
      const bytes = await readFile(path).catch((cause: unknown) => {
        throw new DaytwoError('store-unavailable', `a picture can't be read: ${messageOf(cause)}`, { cause });
      });
      const { mtimeMs } = await stat(path);
      await client.query(
        `INSERT INTO ${schema}.blobs (id, at, bytes) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
        [id, Math.round(mtimeMs), bytes],
      );
      count += 1;
    }
  }
  return count;
}
