import type { Query } from '../port.ts';

/** So few that came out of order are put in their places one by one; more are sorted in together. */
const FEW = 32;

/**
 * Distinct ids in code-unit order. Most arrive in order; those that don't wait until somebody looks, so that reading a folder with
 * tens of thousands of random ids is not quadratic.
 */
export class SortedIds {
  #ids: string[] = [];
  #late: string[] = [];

  get size(): number {
    return this.#ids.length + this.#late.length;
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

  /** Adds an id that isn't in yet. */
  add(id: string): void {
    const last = this.#ids.at(-1);
    if (last === undefined || last < id) this.#ids.push(id);
    else this.#late.push(id);
  }

  #settle(): void {
    if (this.#late.length === 0) return;
    if (this.#late.length <= FEW) for (const id of this.#late) this.#ids.splice(this.#at(id), 0, id);
    else this.#ids = [...this.#ids, ...this.#late].sort(inOrder);
    this.#late = [];
  }

  delete(id: string): void {
    this.#settle();
    const at = this.#at(id);
    if (this.#ids[at] !== id) return;
    // Queues lose their first: that needn't move the rest.
    if (at === 0) this.#ids.shift();
    else this.#ids.splice(at, 1);
  }

  /** Up to `limit` ids strictly after (or, downwards, before) `after`. */
  slice(query: Query): readonly string[] {
    this.#settle();
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

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
