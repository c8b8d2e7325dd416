import type { Client } from 'pg';
import { DaytwoError } from '../../lib/errors.ts';
import type { Collection } from '../port.ts';
import type { Migration } from '../schema.ts';
import { keyRows } from './rows.ts';
import { LOCK_CLASS, lockOf, TABLE_STEPS } from './tables.ts';
import { decodeText } from './text.ts';

/** How many documents are brought to a newer schema at once. */
const PAGE = 500;

/** What the state must be brought to. */
export interface Wanted {
  /** The tables' home in the data base. */
  readonly schema: string;
  /** The documents' schema that this version writes, and the schema that the first migration starts from. */
  readonly documents: number;
  readonly firstDocuments: number;
  readonly migrations: readonly Migration[];
  readonly collections: readonly Collection<never>[];
}

interface Meta {
  readonly tables: number;
  readonly documents: number;
}

/**
 * Makes the tables, or brings them and the documents to what this version writes, in one transaction; one process does it, and no
 * commit is made meanwhile. Where all is as it should be, nothing is locked.
 * @throws DaytwoError invalid for a newer state, and what the data base throws
 */
export async function migrateTables(client: Client, wanted: Wanted): Promise<void> {
  if (isCurrent(await readMeta(client, wanted.schema), wanted)) return;
  const { schema } = wanted;
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, lockOf(schema)]);
    let meta = await readMeta(client, schema);
    if (!meta) {
      const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
      if (rowCount === 0) await client.query(`CREATE SCHEMA ${schema}`);
      await client.query(`
        CREATE TABLE ${schema}.meta (
          one boolean PRIMARY KEY DEFAULT true CHECK (one), tables integer NOT NULL, documents integer NOT NULL
        )`);
      meta = { tables: 0, documents: wanted.documents };
      await client.query(`INSERT INTO ${schema}.meta (tables, documents) VALUES ($1, $2)`, [0, wanted.documents]);
    }
    if (isCurrent(meta, wanted)) {
      await client.query('COMMIT');
      return;
    }
    for (const step of TABLE_STEPS.slice(meta.tables)) await client.query(step(schema));
    if (meta.documents < wanted.documents) await migrateDocuments(client, wanted, meta.documents);
    await client.query(`UPDATE ${schema}.meta SET tables = $1, documents = $2`, [TABLE_STEPS.length, wanted.documents]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function readMeta(client: Client, schema: string): Promise<Meta | undefined> {
  // Not to_regclass: it answers from a cache that a wait for the lock doesn't bring up to date.
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'meta'`,
    [schema],
  );
  if (rowCount === 0) return undefined;
  return (await client.query<Meta>(`SELECT tables, documents FROM ${schema}.meta`)).rows[0];
}

function isCurrent(meta: Meta | undefined, wanted: Wanted): boolean {
  if (!meta) return false;
  if (meta.tables > TABLE_STEPS.length || meta.documents > wanted.documents)
    throw new DaytwoError(
      'invalid',
      `the data base was written by a newer daytwo (tables ${meta.tables}, documents ${meta.documents}; this one knows ${TABLE_STEPS.length} and ${wanted.documents}); run that version`,
    );
  return meta.tables === TABLE_STEPS.length && meta.documents === wanted.documents;
}

async function migrateDocuments(client: Client, wanted: Wanted, from: number): Promise<void> {
  const { schema } = wanted;
  const steps = wanted.migrations.slice(from - wanted.firstDocuments);
  for (const collection of wanted.collections) {
    const { kind } = collection;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const { rows }: { rows: { id: string; body: unknown }[] } = await client.query(
        `SELECT id, body FROM ${schema}.documents WHERE kind = $1 AND id > $2 ORDER BY id LIMIT ${PAGE}`,
        [kind, after],
      );
      for (const { id, body: old } of rows) {
        const body = steps.reduce<unknown>(
          (now, step) => (now === undefined ? undefined : step(kind, decodeText(id), now)),
          old,
        );
        await client.query(`DELETE FROM ${schema}.keys WHERE kind = $1 AND id = $2`, [kind, id]);
        if (body === undefined) {
          await client.query(`DELETE FROM ${schema}.documents WHERE kind = $1 AND id = $2`, [kind, id]);
          continue;
        }
        await client.query(`UPDATE ${schema}.documents SET body = $3 WHERE kind = $1 AND id = $2`, [
          kind,
          id,
          JSON.stringify(body),
        ]);
        const keys = keyRows(collection, body);
        await client.query(
          `INSERT INTO ${schema}.keys (kind, name, value, id) SELECT $1, k.name, k.value, $2 FROM unnest($3::text[], $4::text[]) AS k (name, value)`,
          [kind, id, keys.map(([name]) => name), keys.map(([, value]) => value)],
        );
      }
      after = rows.at(-1)?.id;
    }
  }
}
