import { nearestFew } from '../lib/nearest.ts';
import { isObjectName } from './names.ts';

/** Names that are told where one isn't there. */
const NEAR = 3;

/** Names of nodes in a person's order: `worker-2` before `worker-10`. */
export const byName = new Intl.Collator('en', { numeric: true }).compare;

/** That there is no node of a name (which was validated), and which may have been meant. Pure. */
export function noSuchNode(name: string, cluster: string, nodes: readonly { readonly name: string }[]): string {
  const known = nodes
    .map((node) => node.name)
    .filter(isObjectName)
    .toSorted(byName);
  const near = nearestFew(name, known, NEAR);
  const hint =
    near.length === 0
      ? '/nodes lists them'
      : `did you mean ${near.length === 1 ? near[0] : `${near.slice(0, -1).join(', ')} or ${near.at(-1)}`}?`;
  return `There is no node ${name} in ${cluster}; ${hint}`;
}
