import type { GateFinding } from '../../gate/model.ts';
import { counted, found, names } from './found.ts';
import { strandedClaims } from './placement.ts';
import { toleratesCordon } from './returned.ts';
import type { DrainSnapshot } from './snapshot.ts';
import type { Survey, SurveyedPod } from './survey.ts';

/** Wishes not to be moved. Sources: kubernetes/autoscaler FAQ; karpenter.sh/docs/concepts/disruption; Cluster API "Machine deletion process". */
const OPT_OUTS: readonly ((pod: SurveyedPod['pod']) => string | undefined)[] = [
  ({ annotations }) =>
    annotations['cluster-autoscaler.kubernetes.io/safe-to-evict'] === 'false' ? 'safe-to-evict: false' : undefined,
  ({ annotations }) =>
    annotations['karpenter.sh/do-not-disrupt'] === 'true' ? 'karpenter.sh/do-not-disrupt' : undefined,
  ({ labels }) => (labels['cluster.x-k8s.io/drain'] === undefined ? undefined : 'cluster.x-k8s.io/drain'),
];

/** A pod that ends longer than its grace period and this is stuck, ms. */
const STUCK_MS = 2 * 60_000;

type Pick = (one: SurveyedPod) => boolean;

/** What becomes of the pods, worst first. Texts name workloads, never pods, but for pods that are their own workload. Pure. */
export function podFindings(snapshot: DrainSnapshot, { pods }: Survey, now: number): readonly GateFinding[] {
  const going = pods.filter(({ fate }) => fate.is === 'moves' || fate.is === 'lost');
  const named = (pick: Pick): string => names(going.filter(pick).map(({ workload }) => workload));
  const some = (level: GateFinding['level'], code: string, pick: Pick, text: (who: string) => string) =>
    going.some(pick) ? [found(level, code, text(named(pick)))] : [];
  const moves: Pick = ({ fate }) => fate.is === 'moves';
  const has =
    (kind: string): Pick =>
    ({ pod }) =>
      pod.volumes.some((volume) => volume.kind === kind);
  const stranded: Pick = (one) => moves(one) && strandedClaims(one.pod, snapshot).length > 0;
  const isJob: Pick = ({ pod }) => pod.owner?.kind === 'Job';
  const single: Pick = (one) => moves(one) && !isJob(one) && one.siblings === 1;
  return [
    ...some(
      'ACKNOWLEDGE',
      'unmanaged',
      ({ fate }) => fate.why === 'unmanaged',
      (who) => `lost, nothing recreates them: ${who}`,
    ),
    ...some(
      'ACKNOWLEDGE',
      'owner-gone',
      ({ fate }) => fate.why === 'owner-gone',
      (who) => `lost, their controller is gone: ${who}`,
    ),
    ...some(
      'ACKNOWLEDGE',
      'daemonset-orphan',
      ({ fate }) => fate.why === 'orphan',
      (who) => `lost, their DaemonSet is gone: ${who}`,
    ),
    ...some(
      'ACKNOWLEDGE',
      'controller-unknown',
      ({ fate }) => fate.why === 'unknown',
      (who) => `whether they come back is up to a controller that isn't known here: ${who}`,
    ),
    ...some(
      'ACKNOWLEDGE',
      'local-volume',
      stranded,
      (who) => `their volumes stay on this node: they remain Pending until it is uncordoned: ${who}`,
    ),
    ...some(
      'ACKNOWLEDGE',
      'nowhere-else',
      (one) => one.place?.is === 'nowhere' && !stranded(one),
      (who) => `no other node can run them (selector, taints or size): they remain Pending: ${who}`,
    ),
    ...some(
      'ACKNOWLEDGE',
      'no-room',
      ({ place }) => place?.is === 'no-room',
      (who) => `by estimate there is no room for all of them on the other nodes: ${who}`,
    ),
    ...(going.some(({ place }) => place?.is === 'no-room') ? shutNodes(snapshot) : []),
    ...some('ACKNOWLEDGE', 'single-replica', single, (who) => `one replica only, so it is down while it moves: ${who}`),
    ...some('ACKNOWLEDGE', 'all-replicas-here', allHere(pods), (who) => `every replica is on this node: ${who}`),
    ...some(
      'ACKNOWLEDGE',
      'running-job',
      isJob,
      (who) => `running Jobs are cut off and start over, as often as their backoff limit allows: ${who}`,
    ),
    ...some(
      'ACKNOWLEDGE',
      'opt-out',
      ({ pod }) => OPT_OUTS.some((asks) => asks(pod)),
      (who) => `ask not to be moved (${optOuts(going)}): ${who}`,
    ),
    ...some('ACKNOWLEDGE', 'empty-dir', has('emptyDir'), (who) => `their emptyDir is deleted: ${who}`),
    ...ephemeralFindings(pods),
    ...some(
      'ACKNOWLEDGE',
      'host-path',
      has('hostPath'),
      (who) => `use a folder of this node, which doesn't follow them: ${who}`,
    ),
    ...some(
      'ACKNOWLEDGE',
      'tolerates-cordon',
      (one) => moves(one) && toleratesCordon(one.pod),
      (who) =>
        `tolerate the cordon: those that come back to this node are left there, and the drain ends as blocked: ${who}`,
    ),
    ...stuckFindings(pods, now),
    ...staying(pods),
  ];
}

const optOuts = (pods: readonly SurveyedPod[]): string =>
  names(pods.flatMap(({ pod }) => OPT_OUTS.flatMap((asks) => asks(pod) ?? [])));

/** Of several replicas, all are here. */
function allHere(pods: readonly SurveyedPod[]): Pick {
  const here = Map.groupBy(
    pods.filter(({ fate }) => fate.is === 'moves'),
    ({ pod }) => pod.owner?.uid,
  );
  return ({ pod, fate, siblings }) =>
    fate.is === 'moves' &&
    pod.owner?.kind !== 'Job' &&
    siblings > 1 &&
    (here.get(pod.owner?.uid)?.length ?? 0) >= siblings;
}

/** Unlike an emptyDir, the claim of an ephemeral volume outlives its pod's end, so those that have finished count, too. */
function ephemeralFindings(pods: readonly SurveyedPod[]): readonly GateFinding[] {
  const owning = pods.filter(
    ({ pod, fate }) => fate.goes && fate.is !== 'ends' && pod.volumes.some(({ kind }) => kind === 'ephemeral'),
  );
  if (owning.length === 0) return [];
  const who = names(owning.map(({ workload }) => workload));
  return [found('ACKNOWLEDGE', 'empty-dir', `their ephemeral volumes are deleted with all that is on them: ${who}`)];
}

function stuckFindings(pods: readonly SurveyedPod[], now: number): readonly GateFinding[] {
  const ending = pods.filter(({ fate }) => fate.is === 'ends' && fate.goes);
  const stuck = ending.filter(({ pod }) => now - (pod.deletedAt ?? now) > STUCK_MS);
  return [
    ...(stuck.length > 0
      ? [
          found(
            'ACKNOWLEDGE',
            'stuck-terminating',
            `being deleted past their time, so the drain may not finish (a finalizer, or a volume that doesn't unmount): ${names(stuck.map(({ workload }) => workload))}`,
          ),
        ]
      : []),
    ...(ending.length > stuck.length
      ? [found('NOTE', 'terminating', `${counted(ending.length - stuck.length, 'pod')} being deleted already`)]
      : []),
  ];
}

const stays = (count: number): string => (count === 1 ? 'stays' : 'stay');

/** Other nodes that take nothing now: to open one is the shortest way on. No hazard: one more of them voids no approval. */
function shutNodes({ node, nodes }: DrainSnapshot): readonly GateFinding[] {
  const others = nodes.filter(({ name }) => name !== node.name);
  const shut = others.filter(({ ready, unschedulable }) => unschedulable || ready !== 'True');
  if (shut.length === 0) return [];
  const who = names(shut.map(({ name, ready }) => (ready === 'True' ? name : `${name} (not Ready)`)));
  return [found('NOTE', 'nodes-shut', `other nodes that take no new pods now, cordoned or not Ready: ${who}`)];
}

function staying(pods: readonly SurveyedPod[]): readonly GateFinding[] {
  const count = (why: string): number => pods.filter(({ fate }) => fate.why === why).length;
  const [daemons, mirrors, finished] = [count('daemonset'), count('mirror'), count('finished')];
  return [
    ...(daemons > 0 ? [found('NOTE', 'daemonset', `${counted(daemons, 'pod')} of DaemonSets ${stays(daemons)}`)] : []),
    ...(mirrors > 0 ? [found('NOTE', 'mirror', `${counted(mirrors, 'static pod')} ${stays(mirrors)}`)] : []),
    ...(finished > 0
      ? [
          found(
            'NOTE',
            'finished',
            `${counted(finished, 'finished pod')} ${finished === 1 ? 'is' : 'are'} cleared away`,
          ),
        ]
      : []),
  ];
}
