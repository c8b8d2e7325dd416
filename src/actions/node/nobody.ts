import type { NodeState } from '../../cluster/acting.ts';
import { noSuchNode } from '../../cluster/whichNode.ts';
import type { Refusal } from '../../gate/action.ts';
import type { NodeWorld } from './world.ts';

/** That there is no such node, and which ones may have been meant. */
export function nobody(
  name: string,
  { cluster }: Pick<NodeWorld, 'cluster'>,
  nodes: readonly Pick<NodeState, 'name'>[],
): Refusal {
  return { refused: noSuchNode(name, cluster.name, nodes) };
}
