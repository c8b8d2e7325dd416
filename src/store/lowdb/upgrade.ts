import type { Collection } from '../port.ts';
import { type Migration, SCHEMA } from '../schema.ts';
import type { Upgrade } from './journal.ts';

/** Brings stored documents to this schema, and indexes them anew. */
export function upgrader(collections: readonly Collection<never>[], migrations: readonly Migration[] = []): Upgrade {
  const byKind = new Map(collections.map((collection) => [collection.kind, collection]));
  return (change, from) => {
    const collection = byKind.get(change.kind);
    if (change.text === undefined || !collection) return change;
    let body: unknown = JSON.parse(String(change.text));
    for (const step of migrations.slice(from - SCHEMA)) {
      body = step(change.kind, change.id, body);
      if (body === undefined) return undefined;
    }
    return { ...change, keys: keysOf(collection, body), text: JSON.stringify(body) };
  };
}

/** The index keys of a document's body. */
export function keysOf(collection: Collection<never>, body: unknown): Record<string, string> {
  const keys: Record<string, string> = {};
  for (const [name, value] of Object.entries(collection.keys(body as never)))
    if (value !== undefined) keys[name] = value;
  return keys;
}
