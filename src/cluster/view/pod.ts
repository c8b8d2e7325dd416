import type { V1ContainerStatus } from '@kubernetes/client-node/dist/gen/models/V1ContainerStatus.js';
import type { V1Pod } from '@kubernetes/client-node/dist/gen/models/V1Pod.js';
import type { PodView } from '../port.ts';
import { podColumns } from './podStatus.ts';
import { epochMs } from './time.ts';

/** Statuses that say that nothing is wrong by themselves. All others but the transient ones are trouble. */
const FINE: ReadonlySet<string> = new Set(['Running', 'Completed', 'Succeeded']);
/** Statuses that are fine while they are young: starting, stopping, waiting for a node. */
const TRANSIENT = /^(?:Pending|ContainerCreating|PodInitializing|Terminating|NotReady|SchedulingGated|Init:\d+\/\d+)$/;
/** A pod that starts longer than this is stuck: image pulls and volume mounts included. */
const STARTING_MAX_MS = 5 * 60_000;
/** A crash stays worth seeing for this long although the pod looks well: back-off between restarts is at most 5 min. */
const CRASH_SEEN_MS = 15 * 60_000;

/** A pod as triage needs it; `now` (epoch ms) tells a slow start from a stuck one. */
export function podView(pod: V1Pod, now: number): PodView {
  const columns = podColumns(pod);
  const lastTermination = worstTermination(pod);
  const owner = pod.metadata?.ownerReferences?.find((one) => one.controller) ?? pod.metadata?.ownerReferences?.[0];
  return {
    namespace: pod.metadata?.namespace ?? '',
    name: pod.metadata?.name ?? '',
    node: pod.spec?.nodeName || undefined,
    phase: pod.status?.phase ?? 'Unknown',
    ...columns,
    createdAt: epochMs(pod.metadata?.creationTimestamp) ?? 0,
    inTrouble: inTrouble(pod, columns, lastTermination, now),
    lastTermination,
    owner: owner ? `${owner.kind}/${owner.name}` : undefined,
  };
}

function inTrouble(
  pod: V1Pod,
  { status, ready }: { readonly status: string; readonly ready: string },
  last: PodView['lastTermination'],
  now: number,
): boolean {
  if (pod.status?.phase === 'Succeeded') return false;
  const deletedAt = epochMs(pod.metadata?.deletionTimestamp);
  // The API sets deletionTimestamp to the end of the grace period, not to its beginning.
  if (status === 'Terminating') return deletedAt !== undefined && now - deletedAt > STARTING_MAX_MS;
  const unscheduled = pod.status?.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False');
  if (unscheduled?.reason === 'Unschedulable') return true;
  if (TRANSIENT.test(status)) return now - startedAt(pod, now) > STARTING_MAX_MS;
  if (!FINE.has(status)) return true;
  const [readyCount, total] = ready.split('/');
  if (readyCount !== total && now - startedAt(pod, now) > STARTING_MAX_MS) return true;
  return last !== undefined && last.exitCode !== 0 && now - last.at < CRASH_SEEN_MS;
}

/** When the pod was last ready to be started: its Ready condition's last change, else its creation. */
function startedAt(pod: V1Pod, now: number): number {
  const ready = pod.status?.conditions?.find((one) => one.type === 'Ready');
  return epochMs(ready?.lastTransitionTime) ?? epochMs(pod.metadata?.creationTimestamp) ?? now;
}

/** Why the worst container ended: failures before successes, then the newest. */
function worstTermination(pod: V1Pod): PodView['lastTermination'] {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses
    .flatMap(terminationOf)
    .toSorted((a, b) => Number(b.exitCode !== 0) - Number(a.exitCode !== 0) || b.at - a.at)[0];
}

function terminationOf({ name, state, lastState }: V1ContainerStatus): NonNullable<PodView['lastTermination']>[] {
  const ended = state?.terminated ?? lastState?.terminated;
  if (!ended) return [];
  return [
    {
      container: name,
      reason: ended.reason ?? '',
      exitCode: ended.exitCode,
      at: epochMs(ended.finishedAt) ?? 0,
      message: ended.message ?? '',
    },
  ];
}
