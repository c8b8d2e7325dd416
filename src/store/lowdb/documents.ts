import type { Collection, Query, Stored } from '../port.ts';
import type { Change } from './record.ts';

/** Ids in code-unit order. Most arrive in order, so adding is mostly a push. */
export class SortedIds {
  #ids: string[] = [];

  get size(): number {
    return this.#ids.length;
  }

  #at(id: string): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] as string) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(id: string): void {
    const last = this.#ids.at(-1);
    if (last === undefined || last < id) {
      this.#ids.push(id);
      return;
    }
    const at = this.#at(id);
    if (this.#ids[at] !== id) this.#ids.splice(at, 0, id);
  }

  delete(id: string): void {
    const at = this.#at(id);
    if (this.#ids[at] === id) this.#ids.splice(at, 1);
  }

  /** Up to `limit` ids strictly after (or, downwards, before) `after`. */
  slice(query: Query): readonly string[] {
    if (query.order === 'down') {
      const end = query.after === undefined ? this.#ids.length : this.#at(query.after);
      return this.#ids.slice(Math.max(0, end - query.limit), end).reverse();
    }
    let start = 0;
    if (query.after !== undefined) {
      start = this.#at(query.after);
      if (this.#ids[start] === query.after) start += 1;
    }
    return this.#ids.slice(start, start + query.limit);
  }
}

/** A document in memory: parsed when somebody looks, kept parsed unless its collection is `cold`. */
interface Entry {
  readonly version: number;
  readonly keys: Readonly<Record<string, string>>;
  text: string | undefined;
  body: unknown;
}

class Shelf {
  readonly entries = new Map<string, Entry>();
  readonly all = new SortedIds();
  readonly byKey = new Map<string, SortedIds>();
}

const keyOf = (name: string, value: string): string => `${name}\u0000${value}`;

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
    const shelf = this.#shelf(change.kind);
    const old = shelf.entries.get(change.id);
    if (old)
      for (const [name, value] of Object.entries(old.keys)) shelf.byKey.get(keyOf(name, value))?.delete(change.id);
    if (/^\d{16}$/.test(change.id)) this.seq = Math.max(this.seq, Number(change.id));
    if (change.text === undefined) {
      shelf.entries.delete(change.id);
      shelf.all.delete(change.id);
      if (old) this.#dropEmpty(shelf, old.keys);
      return;
    }
    shelf.entries.set(change.id, {
      version: change.version,
      keys: change.keys,
      text: body === undefined ? change.text : undefined,
      body,
    });
    shelf.all.add(change.id);
    for (const [name, value] of Object.entries(change.keys)) {
      const key = keyOf(name, value);
      const ids = shelf.byKey.get(key) ?? new SortedIds();
      ids.add(change.id);
      shelf.byKey.set(key, ids);
    }
    if (old) this.#dropEmpty(shelf, old.keys);
  }

  #dropEmpty(shelf: Shelf, keys: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(keys)) {
      const key = keyOf(name, value);
      if (shelf.byKey.get(key)?.size === 0) shelf.byKey.delete(key);
    }
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
      body = JSON.parse(entry.text);
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
    const ids = query.key ? shelf.byKey.get(keyOf(...query.key)) : shelf.all;
    return (ids?.slice(query) ?? []).flatMap((id) => this.get(collection, id) ?? []);
  }

  count(kind: string, key?: readonly [string, string]): number {
    const shelf = this.#shelves.get(kind);
    return (key ? shelf?.byKey.get(keyOf(...key))?.size : shelf?.entries.size) ?? 0;
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
