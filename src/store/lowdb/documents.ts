import type { Collection, Query, Stored } from '../port.ts';
import { KeyIndex } from './keyIndex.ts';
import type { Change, DocumentText } from './record.ts';
import { SortedIds } from './sortedIds.ts';

type Keys = Readonly<Record<string, string>>;

/** A document in memory: parsed when somebody looks, kept parsed unless its collection is `cold`. */
interface Entry {
  version: number;
  keys: Keys;
  text: DocumentText | undefined;
  body: unknown;
}

class Shelf {
  readonly entries = new Map<string, Entry>();
  readonly all = new SortedIds();
  readonly byKey = new KeyIndex();
}

/** Ids that `append` hands out. */
const APPENDED = /^\d{16}$/;
const APPENDED_LENGTH = 16;

function sameKeys(a: Keys, b: Keys): boolean {
  for (const name in a) if (a[name] !== b[name]) return false;
  for (const name in b) if (a[name] === undefined) return false;
  return true;
}

/** The durable state in memory: every document with its indexes. Pure data; knows nothing of files. */
export class Documents {
  readonly #shelves = new Map<string, Shelf>();
  /** The highest id that `append` handed out. */
  seq = 0;

  #shelf(kind: string): Shelf {
    let shelf = this.#shelves.get(kind);
    if (!shelf) {
      shelf = new Shelf();
      this.#shelves.set(kind, shelf);
    }
    return shelf;
  }

  /** Makes one change. `body`, where the caller has it, spares a parse; without it the text is kept until somebody looks. */
  apply(change: Change, body?: unknown): void {
    const { id, keys, version } = change;
    const shelf = this.#shelf(change.kind);
    const entry = shelf.entries.get(id);
    if (id.length === APPENDED_LENGTH && Number(id) > this.seq && APPENDED.test(id)) this.seq = Number(id);
    if (change.text === undefined) {
      if (!entry) return;
      shelf.entries.delete(id);
      shelf.all.delete(id);
      for (const name in entry.keys) shelf.byKey.delete(name, entry.keys[name] ?? '', id);
      return;
    }
    const text = body === undefined ? change.text : undefined;
    if (!entry) {
      shelf.entries.set(id, { version, keys, text, body });
      shelf.all.add(id);
      for (const name in keys) shelf.byKey.add(name, keys[name] ?? '', id);
      return;
    }
    if (!sameKeys(entry.keys, keys)) {
      for (const name in entry.keys) shelf.byKey.delete(name, entry.keys[name] ?? '', id);
      for (const name in keys) shelf.byKey.add(name, keys[name] ?? '', id);
      entry.keys = keys;
    }
    entry.version = version;
    entry.text = text;
    entry.body = body;
  }

  /** The version of a document, 0 where there is none. */
  version(kind: string, id: string): number {
    return this.#shelves.get(kind)?.entries.get(id)?.version ?? 0;
  }

  get<T>(collection: Collection<T>, id: string): Stored<T> | undefined {
    const entry = this.#shelves.get(collection.kind)?.entries.get(id);
    if (!entry) return undefined;
    let body = entry.body;
    if (body === undefined && entry.text !== undefined) {
      body = JSON.parse(String(entry.text));
      if (!collection.cold) {
        entry.body = body;
        entry.text = undefined;
      }
    }
    return { id, version: entry.version, body: body as T };
  }

  find<T>(collection: Collection<T>, query: Query): readonly Stored<T>[] {
    const shelf = this.#shelves.get(collection.kind);
    if (!shelf) return [];
    const ids = query.key ? shelf.byKey.slice(...query.key, query) : shelf.all.slice(query);
    return ids.flatMap((id) => this.get(collection, id) ?? []);
  }

  count(kind: string, key?: readonly [string, string]): number {
    const shelf = this.#shelves.get(kind);
    return (key ? shelf?.byKey.count(...key) : shelf?.entries.size) ?? 0;
  }

  /** Every document as a change that would make it, for a snapshot. May be walked while documents come and go. */
  *all(): Generator<Change> {
    for (const [kind, shelf] of this.#shelves) {
      for (const [id, { version, keys, text, body }] of shelf.entries) {
        yield { kind, id, version, keys, text: text ?? JSON.stringify(body) };
      }
    }
  }
}
