import type { NodeWorld } from '../../../src/actions/node/world.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/real/process.ts';
import type { Raw } from './rawApi.ts';
import { HELD, type Scene } from './stage.ts';
import { barePod, workload } from './workloads.ts';

const HOUR_MS = 3_600_000;

const saved = (lastGoodAt: number | 'none' | 'unknown'): Partial<NodeWorld> => ({
  backupOf: async () => ({ backup: 'restic_data', lastGoodAt, rpoMs: HOUR_MS }),
});
const asks = (cpu: string, image: string): object => ({
  containers: [{ name: 'main', image, resources: { requests: { cpu } } }],
});
const marked =
  (what: object): Scene['set'] =>
  ({ fill, web }) =>
    fill(1, web(1, what));

/** What becomes of pods and their volumes. */
export const POD_SCENES: readonly Scene[] = [
  {
    name: 'a pod of its own',
    set: ({ place, node }) => place.make([barePod(place, 'solo', node)]),
    says: [['ACKNOWLEDGE unmanaged', 'Pod', '/solo']],
  },
  {
    name: 'a controller of an unknown kind',
    set: ({ odd }) => odd(),
    says: [['ACKNOWLEDGE controller-unknown', 'Service', '/odd']],
  },
  {
    name: 'a controller that is being deleted',
    set: async ({ place, fill, releaseLater }) => {
      const set: Raw = workload(place, { kind: 'ReplicaSet', name: 'old' });
      await fill(1, { ...set, metadata: { ...set.metadata, ...HELD } });
      const path = `/apis/apps/v1/namespaces/${place.namespace}/replicasets/old`;
      releaseLater(path);
      await place.api.remove(path, { propagationPolicy: 'Background' });
    },
    says: [['ACKNOWLEDGE owner-gone', 'ReplicaSet', '/old']],
  },
  {
    name: 'a volume on the node that nothing saves',
    set: ({ localDb }) => localDb(),
    says: [
      ['ACKNOWLEDGE local-volume', 'StatefulSet', '/db'],
      ['ACKNOWLEDGE volume-unsaved', '/data'],
    ],
  },
  {
    name: 'a volume without a good backup',
    set: ({ localDb }) => localDb(),
    says: [['ACKNOWLEDGE volume-backup-none', '/data', 'restic_data']],
    world: saved('none'),
  },
  {
    name: 'a volume whose backup is old',
    set: ({ localDb }) => localDb(),
    says: [
      ['ACKNOWLEDGE volume-backup-old', '/data'],
      ['NOTE volume-backup', '/data'],
    ],
    world: saved(1),
  },
  {
    name: 'a volume whose backup could not be asked',
    set: ({ localDb }) => localDb(),
    says: [['NOTE volume-backup-unasked', '/data']],
    world: saved('unknown'),
  },
  {
    name: 'too little room',
    set: async ({ place, fill, web }) => {
      const [, shut = '', ...others] = place.nodes;
      await fill(
        3,
        web(3, { spec: asks('2600m', place.image) }),
        ...others.map((other) => barePod(place, `full-${other}`, other, asks('6', place.image))),
      );
      await place.cordon(shut);
    },
    says: [
      ['ACKNOWLEDGE no-room', '/web'],
      ['NOTE nodes-shut', '-'],
    ],
  },
  {
    name: 'toleration of the cordon',
    set: ({ fill, web, bound }) => fill(1, web(1, { spec: { ...bound.spec, tolerations: [{ operator: 'Exists' }] } })),
    says: [['ACKNOWLEDGE tolerates-cordon', '/web']],
  },
  { name: 'one replica', set: marked({}), says: [['ACKNOWLEDGE single-replica', '/web']] },
  {
    name: 'a Job',
    set: ({ place, fill }) => fill(1, workload(place, { kind: 'Job', name: 'job' })),
    says: [['ACKNOWLEDGE running-job', 'Job', '/job']],
  },
  {
    name: 'an opt-out of the autoscaler',
    set: marked({ annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } }),
    says: [['ACKNOWLEDGE opt-out', 'safe-to-evict', '/web']],
  },
  {
    name: 'an opt-out of Karpenter',
    set: marked({ annotations: { 'karpenter.sh/do-not-disrupt': 'true' } }),
    says: [['ACKNOWLEDGE opt-out', 'do-not-disrupt', '/web']],
  },
  {
    name: 'an opt-out of Cluster API',
    set: marked({ labels: { 'cluster.x-k8s.io/drain': 'skip' } }),
    says: [['ACKNOWLEDGE opt-out', 'x-k8s.io/drain', '/web']],
  },
  {
    name: 'an emptyDir and a hostPath',
    set: marked({
      spec: {
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'b', hostPath: { path: '/srv' } },
        ],
      },
    }),
    says: [
      ['ACKNOWLEDGE empty-dir', '/web'],
      ['ACKNOWLEDGE host-path', '/web'],
    ],
  },
  { name: 'a pod that is being deleted', set: ({ dying }) => dying(), says: [['NOTE terminating', '1 pod']] },
  {
    name: 'a pod that does not end',
    set: ({ dying }) => dying(),
    says: [['ACKNOWLEDGE stuck-terminating', 'Pod', '/solo']],
    world: { clock: { ...systemClock, now: () => Date.now() + HOUR_MS } },
  },
  {
    name: 'a finished pod',
    set: async ({ place, node, status }) => {
      await place.make([barePod(place, 'done', node, { restartPolicy: 'Never' })]);
      await eventually('it runs', async () => (await place.pods(node))[0]?.status.phase === 'Running');
      await status('done', { phase: 'Succeeded' });
    },
    says: [['NOTE finished', '1 finished pod']],
  },
  {
    name: 'a DaemonSet',
    set: ({ place, fill }) => fill(1, workload(place, { kind: 'DaemonSet', name: 'agent' })),
    says: [['NOTE daemonset', '1 pod']],
  },
  {
    name: 'a static pod',
    set: ({ place, node }) => {
      const pod: Raw = barePod(place, 'static', node);
      const annotations = { 'kubernetes.io/config.mirror': 'x' };
      return place.make([{ ...pod, metadata: { ...pod.metadata, annotations } }]);
    },
    says: [['NOTE mirror', '1 static pod']],
  },
];
