import type { Collection, Store, Stored } from '../../src/store/port.ts';

const PAGE = 1000;

/** All documents of a collection, page by page. */
export async function all<T>(store: Store, collection: Collection<T>): Promise<readonly Stored<T>[]> {
  const found: Stored<T>[] = [];
  for (let after = ''; ; ) {
    const page = await store.find(collection, { after, limit: PAGE });
    found.push(...page);
    if (page.length < PAGE) return found;
    after = page.at(-1)?.id ?? '';
  }
}
