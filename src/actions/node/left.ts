import type { OwnerRef, OwnerState, PodState } from '../../cluster/acting.ts';
import type { DrainEffects } from './effects.ts';
import { type Fate, fateOf, ownerOf, workloadOf } from './fate.ts';
import { createReturned } from './returned.ts';
import type { NodeWorld } from './world.ts';

/** A pod that is still there and must go. */
export interface LeftPod {
  readonly pod: PodState;
  readonly fate: Fate;
  readonly workload: string;
  /** Why it isn't touched: it isn't in the plan that was approved, would be lost unlike there, or came back after its eviction. */
  readonly foreign: string | undefined;
}

/** Looks what is left on a node, by one list, or by the node's pods as somebody else has them; controllers that weren't seen before are asked for once. */
export interface Looker {
  look(signal: AbortSignal, pods?: readonly PodState[]): Promise<readonly LeftPod[]>;
  owners(): readonly OwnerState[];
}

/** Builds a looker for a plan; `before` are the uids that were there before the cordon, where that is known, `seen` controllers that are. */
export function createLooker(
  { node, workloads }: DrainEffects,
  { cluster }: Pick<NodeWorld, 'cluster'>,
  {
    before,
    seen = [],
  }: { readonly before?: readonly string[] | undefined; readonly seen?: readonly OwnerState[] } = {},
): Looker {
  const returned = createReturned(before);
  const owners: OwnerState[] = [...seen];
  const planned = new Map(workloads.map((one) => [one.workload, one]));

  async function learn(pods: readonly PodState[], signal: AbortSignal): Promise<void> {
    const unknown = pods.flatMap(({ owner, mirror }): OwnerRef[] =>
      owner && !mirror && !ownerOf(owner, owners) ? [owner] : [],
    );
    if (unknown.length > 0) owners.push(...(await cluster.owners(unknown, signal)));
  }

  return {
    owners: () => owners,
    look: async (signal, known) => {
      const pods = known ?? (await cluster.pods({ node: node.name }, signal));
      await learn(pods, signal);
      return pods.flatMap((pod): LeftPod[] => {
        const fate = fateOf(pod, owners);
        if (!fate.goes) return [];
        const workload = workloadOf(pod, owners);
        const plan = planned.get(workload);
        const loses = fate.is === 'lost' && plan?.lost === false;
        const foreign =
          fate.is === 'ends' || fate.is === 'finished'
            ? undefined
            : plan === undefined
              ? 'came after the plan, which does not name it'
              : loses
                ? 'its controller is gone since the plan: it would be lost'
                : returned.why(pod, workload);
        return [{ pod, fate, workload, foreign }];
      });
    },
  };
}
