import type { BudgetState, PodState } from '../acting.ts';
import { objectName } from '../names.ts';
import { budgetState, type RawBudget } from '../state/budget.ts';
import { podState, type RawPod } from '../state/pod.ts';
import type { Kind } from './client.ts';
import { createSharing, leanPod } from './share.ts';

/** Pods that have finished hold no place. */
const UNFINISHED = 'status.phase!=Succeeded,status.phase!=Failed';

const none = undefined;

function pods<T>(fields: string, read: (pod: PodState) => T): Kind<RawPod, T> {
  return {
    resource: 'pods',
    // Positions: bookmarks, continue, fields, labels, limit, pretty, version, match, initial events, shard, seconds, watch.
    list: ({ core }, from, limit) => core.listPodForAllNamespaces(none, from, fields, none, limit),
    watch: ({ core }, version, seconds) =>
      core.listPodForAllNamespaces(true, none, fields, none, none, none, version, none, none, none, seconds, true),
    read: (raw) => read(podState(raw)),
  };
}

/** The unfinished pods of the cluster, as placement needs them. */
export function everyPod(): Kind<RawPod, PodState> {
  const share = createSharing();
  return pods(UNFINISHED, (pod) => leanPod(pod, share));
}

/** All pods of a node. @throws DaytwoError invalid */
export function podsOf(node: string): Kind<RawPod, PodState> {
  return pods(`spec.nodeName=${objectName(node)}`, (pod) => pod);
}

/** All budgets. */
export function everyBudget(): Kind<RawBudget, BudgetState> {
  return {
    resource: 'poddisruptionbudgets.policy',
    list: ({ policy }, from, limit) => policy.listPodDisruptionBudgetForAllNamespaces(none, from, none, none, limit),
    watch: ({ policy }, version, seconds) =>
      policy.listPodDisruptionBudgetForAllNamespaces(
        ...([true, none, none, none, none, none, version, none, none, none, seconds, true] as const),
      ),
    read: budgetState,
  };
}
