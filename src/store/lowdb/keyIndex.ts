import type { Query } from '../port.ts';
import { SortedIds } from './sortedIds.ts';

/** Which documents have which value of a key. Most values have one document: those are kept as the bare id. */
export class KeyIndex {
  readonly #names = new Map<string, Map<string, string | SortedIds>>();

  add(name: string, value: string, id: string): void {
    let values = this.#names.get(name);
    if (!values) {
      values = new Map();
      this.#names.set(name, values);
    }
    const known = values.get(value);
    if (known === undefined) values.set(value, id);
    else if (typeof known === 'string') {
      const ids = new SortedIds();
      ids.add(known);
      ids.add(id);
      values.set(value, ids);
    } else known.add(id);
  }

  delete(name: string, value: string, id: string): void {
    const values = this.#names.get(name);
    const known = values?.get(value);
    if (known === id) values?.delete(value);
    else if (known instanceof SortedIds) {
      known.delete(id);
      if (known.size === 0) values?.delete(value);
    }
  }

  count(name: string, value: string): number {
    const known = this.#names.get(name)?.get(value);
    if (known === undefined) return 0;
    return typeof known === 'string' ? 1 : known.size;
  }

  slice(name: string, value: string, query: Query): readonly string[] {
    const known = this.#names.get(name)?.get(value);
    if (known === undefined) return [];
    if (typeof known !== 'string') return known.slice(query);
    const one = new SortedIds();
    one.add(known);
    return one.slice(query);
  }
}
