import type { Scene } from './stage.ts';
import { barePod, budget, workload } from './workloads.ts';

/** What the node and its budgets say. */
export const NODE_SCENES: readonly Scene[] = [
  {
    name: 'kured',
    set: ({ patchNode }) => patchNode({ metadata: { annotations: { 'weave.works/kured-reboot-in-progress': 'x' } } }),
    says: [['BLOCK other-actor', 'kured']],
  },
  {
    name: 'the cluster autoscaler',
    set: ({ taint }) => taint('ToBeDeletedByClusterAutoscaler'),
    says: [['BLOCK other-actor', 'autoscaler']],
  },
  {
    name: 'a candidate of the cluster autoscaler',
    set: ({ taint }) => taint('DeletionCandidateOfClusterAutoscaler'),
    says: [['ACKNOWLEDGE autoscaler-candidate']],
  },
  {
    name: 'Karpenter',
    set: ({ taint }) => taint('karpenter.sh/disrupted'),
    says: [['BLOCK other-actor', 'Karpenter']],
  },
  {
    name: 'an upgrade',
    set: ({ place, fill }) =>
      fill(1, workload(place, { kind: 'Job', name: 'up', labels: { 'upgrade.cattle.io/plan': 'k3s' } })),
    says: [['BLOCK other-actor', 'k3s']],
  },
  {
    name: 'somebody’s cordon',
    set: ({ place, node }) => place.cordon(node),
    says: [['NOTE already-cordoned', 'somebody else']],
  },
  {
    name: 'the only control plane',
    set: ({ patchNode }) => patchNode({ metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } } }),
    says: [['ACKNOWLEDGE single-control-plane']],
  },
  {
    name: 'the bot where it can run nowhere else',
    set: ({ fill, web, bound }) => fill(1, web(1, bound)),
    says: [['BLOCK own-pod-stranded']],
    isSelf: true,
  },
  { name: 'the bot', set: ({ fill, web }) => fill(1, web(1)), says: [['ACKNOWLEDGE own-pod']], isSelf: true },
  {
    name: 'two budgets',
    set: ({ fill, web }) =>
      fill(2, web(2), budget('a', 'web', { maxUnavailable: 1 }), budget('b', 'web', { minAvailable: 1 })),
    says: [['BLOCK several-budgets', 'Deployment', '/web']],
  },
  {
    name: 'maxUnavailable 0',
    set: ({ fill, web }) => fill(2, web(2), budget('a', 'web', { maxUnavailable: 0 })),
    says: [['BLOCK budget-never', '/a (maxUnavailable 0)']],
  },
  {
    name: 'minAvailable of all',
    set: ({ fill, web }) => fill(2, web(2), budget('a', 'web', { minAvailable: 2 })),
    says: [['BLOCK budget-never', '/a (minAvailable 2)']],
  },
  {
    // Pods without a controller aren't expected by such a budget: it lets none go.
    name: 'maxUnavailable over pods without a controller',
    set: ({ place, node }) => place.make([barePod(place, 'solo', node), budget('a', 'solo', { maxUnavailable: 1 })]),
    says: [['BLOCK budget-never', '/a']],
  },
  {
    name: 'more bound to the node than may be missing',
    set: ({ fill, web, bound }) => fill(3, web(3, bound), budget('a', 'web', { maxUnavailable: 1 })),
    says: [
      ['BLOCK budget-stranded', '/a'],
      ['ACKNOWLEDGE nowhere-else', 'Deployment', '/web'],
    ],
  },
  {
    name: 'an unhealthy pod',
    set: async ({ fill, web, status, firstPod }) => {
      await fill(3, web(3), budget('a', 'web', { maxUnavailable: 1 }));
      await status(await firstPod(), { conditions: [{ type: 'Ready', status: 'False' }] });
    },
    says: [
      ['ACKNOWLEDGE budget-not-now', '/a'],
      ['NOTE budget-health', '/a', '2 of 3 pods'],
    ],
  },
  {
    name: 'a budget that lets all go',
    set: ({ fill, web }) => fill(2, web(2), budget('a', 'web', { maxUnavailable: 1 })),
    says: [
      ['NOTE budget-allows', '/a', '2 pods'],
      ['ACKNOWLEDGE all-replicas-here', '/web'],
    ],
  },
  {
    name: 'a budget that lets them go in turn',
    set: ({ place, fill, web }) => {
      const labelSelector = { matchLabels: { app: 'web' } };
      const rule = { maxSkew: 9, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' };
      const spec = {
        topologySpreadConstraints: [{ ...rule, labelSelector }],
        containers: [{ name: 'main', image: place.image }],
      };
      return fill(3, web(3, { spec }), budget('a', 'web', { maxUnavailable: 1 }));
    },
    says: [['NOTE budget-in-turn', '/a']],
  },
];
