import { byName } from '../../../cluster/whichNode.ts';
import type { Store } from '../../../store/port.ts';
import { nodePasts } from './model.ts';

/** Names that are told at once. */
const MOST = 1000;

/** Names of the nodes that were there at the last look, as a person would order them. @throws DaytwoError store-unavailable */
export async function watchedNodes(store: Store): Promise<readonly string[]> {
  const found = await store.find(nodePasts, { limit: MOST });
  return found
    .filter(({ body }) => body.goneAt === undefined)
    .map(({ id }) => id)
    .toSorted(byName);
}
