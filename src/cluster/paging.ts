import { DaytwoError } from '../lib/errors.ts';

/** A page of a list, as the client library gives it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly metadata?: { readonly _continue?: string | null | undefined } | undefined;
}

/** Items a page: kubectl's own chunk size. */
export const PAGE_ITEMS = 500;
/** More than this is no answer for a person. */
export const LIST_MAX_ITEMS = 20_000;
/** Ends a list whose pages never end. */
const PAGES_MAX = 200;

/**
 * Reads a list page by page. When the server has forgotten the list's state (410, `isExpired`), it starts over once.
 * Source: kubernetes.io/docs/reference/using-api/api-concepts, "Retrieving large results sets in chunks".
 * @throws DaytwoError too-large beyond 20,000 items; whatever `read` throws
 */
export async function readPages<T>(
  what: string,
  read: (from: string | undefined) => Promise<Page<T>>,
  isExpired: (error: unknown) => boolean,
): Promise<T[]> {
  try {
    return await readOnce(what, read);
  } catch (error) {
    if (!isExpired(error)) throw error;
    return await readOnce(what, read);
  }
}

async function readOnce<T>(what: string, read: (from: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let from: string | undefined;
  for (let pages = 1; pages <= PAGES_MAX && items.length <= LIST_MAX_ITEMS; pages += 1) {
    const page = await read(from);
    for (const item of page.items) items.push(item);
    from = page.metadata?._continue || undefined;
    if (from === undefined && items.length <= LIST_MAX_ITEMS) return items;
  }
  throw new DaytwoError('too-large', `There are more than ${LIST_MAX_ITEMS} ${what}. Ask for one namespace.`);
}
