import type { GateFinding } from '../../gate/model.ts';
import { inertLine } from '../../lib/text.ts';
import { found } from './found.ts';
import { cordonMark } from './mark.ts';
import type { DrainSnapshot } from './snapshot.ts';

/**
 * Signs of others who drain or delete nodes. Sources: kured `cmd/kured/main.go`; kubernetes/autoscaler `utils/taints`; Karpenter
 * `pkg/apis/v1/taints.go`; Cluster API `api/core/v1beta2/common_types.go`.
 */
const TAINTS: Readonly<Record<string, string>> = {
  ToBeDeletedByClusterAutoscaler: 'the cluster autoscaler is removing it',
  'karpenter.sh/disrupted': 'Karpenter is disrupting it',
  'karpenter.sh/disruption': 'Karpenter is disrupting it',
  'node.cluster.x-k8s.io/outdated-revision': 'Cluster API is rolling it over',
  'node.cloudprovider.kubernetes.io/shutdown': 'its cloud has shut it down',
};
const CANDIDATE = 'DeletionCandidateOfClusterAutoscaler';
const KURED = 'weave.works/kured-reboot-in-progress';
/** Jobs of the system-upgrade-controller. Source: rancher/system-upgrade-controller `pkg/apis/upgrade.cattle.io/v1/types.go`. */
const UPGRADE = 'upgrade.cattle.io/plan';

/** What stands in the way of draining by the node itself, and by others at work on it. Pure. */
export function nodeFindings({ node, nodes, here }: DrainSnapshot): readonly GateFinding[] {
  const { taints, annotations, controlPlane, ready } = node;
  const open = nodes.filter((one) => one.ready === 'True' && !one.unschedulable);
  const others = open.filter(({ name }) => name !== node.name);
  const actors = taints.flatMap(({ key }) => (Object.hasOwn(TAINTS, key) ? [`${TAINTS[key]} (taint ${key})`] : []));
  if (Object.hasOwn(annotations, KURED)) actors.push(`kured is rebooting it (annotation ${KURED})`);
  const upgrade = here.find(({ labels, phase }) => Object.hasOwn(labels, UPGRADE) && phase === 'Running');
  if (upgrade)
    actors.push(`system-upgrade-controller is upgrading it (plan ${inertLine(upgrade.labels[UPGRADE] ?? '')})`);
  const planes = nodes.filter((one) => one.controlPlane);
  return [
    ...actors.map((text) => found('BLOCK', 'other-actor', `${node.name}: ${text}`)),
    ...(others.length === 0 ? [found('BLOCK', 'last-node', `no other node is Ready and schedulable`)] : []),
    ...(ready === 'True'
      ? []
      : [
          found(
            'ACKNOWLEDGE',
            'node-not-ready',
            `${node.name} is not Ready: its kubelet can't end pods, so they may stay Terminating and the drain unfinished`,
          ),
        ]),
    ...(taints.some(({ key }) => key === CANDIDATE)
      ? [found('ACKNOWLEDGE', 'autoscaler-candidate', 'the cluster autoscaler is about to remove this node')]
      : []),
    ...(controlPlane && planes.length === 1
      ? [
          found(
            'ACKNOWLEDGE',
            'single-control-plane',
            'this is the only control plane: the API is away while it reboots, and nothing is rescheduled meanwhile',
          ),
        ]
      : controlPlane
        ? [found('NOTE', 'control-plane', `one of ${planes.length} control planes`)]
        : []),
    ...cordonFindings(node),
  ];
}

/** Whose cordon there is. Pure. */
export function cordonFindings(node: DrainSnapshot['node']): readonly GateFinding[] {
  if (!node.unschedulable) return [];
  const mark = cordonMark(node);
  const whose = mark ? `by ${inertLine(mark.request)}` : 'by somebody else: that cordon stays afterwards';
  return [found('NOTE', 'already-cordoned', `${node.name} is cordoned already, ${whose}`)];
}
