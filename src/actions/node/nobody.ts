import type { NodeState } from '../../cluster/acting.ts';
import type { Refusal } from '../../gate/action.ts';
import { nearest } from '../../lib/nearest.ts';
import type { NodeWorld } from './world.ts';

/** That there is no such node, and which one may have been meant. */
export function nobody(
  name: string,
  { cluster }: Pick<NodeWorld, 'cluster'>,
  nodes: readonly Pick<NodeState, 'name'>[],
): Refusal {
  const near = nearest(
    name,
    nodes.map((node) => node.name),
  );
  const hint = near === undefined ? '/nodes lists them' : `did you mean ${near}?`;
  return { refused: `There is no node ${name} in ${cluster.name}; ${hint}` };
}
