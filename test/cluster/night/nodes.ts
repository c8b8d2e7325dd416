import { eventually } from '../../support/real/process.ts';
import type { Target, TestNamespace } from '../target.ts';

/** The node whose disk fills up, and where its pods can go. Nobody else's pods come to them. */
export const FULL = 'cellar-1';
export const OTHER = 'cellar-2';
const NODES = [FULL, OTHER];
const POOL = 'cellar';

/** A deployment of the night: all of its pods start on the node that will be drained. */
export interface Workload {
  readonly name: string;
  readonly replicas: number;
  readonly kind?: 'Deployment' | 'StatefulSet';
  /** Pods that may be missing at once; none: no budget. */
  readonly maxUnavailable?: number;
  readonly spec?: object;
}

/** Makes the two nodes, played by kwok. */
export async function makeNodes(target: Target): Promise<void> {
  const room = { cpu: '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '40Gi' };
  await target.apply(
    NODES.map((name) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        annotations: { 'kwok.x-k8s.io/node': 'fake' },
        labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', pool: POOL },
      },
      spec: { taints: [{ key: 'pool', value: POOL, effect: 'NoSchedule' }] },
      status: { allocatable: room, capacity: room },
    })),
  );
  await target.kubectl(['wait', ...NODES.map((name) => `node/${name}`), '--for=condition=Ready', '--timeout=60s']);
}

/** Removes them. */
export async function removeNodes(target: Target): Promise<void> {
  await target.kubectl(['delete', 'node', ...NODES, '--ignore-not-found', '--wait=false']);
}

/** Brings workloads up with all of their pods on the node that will be full. */
export async function fill(target: Target, space: TestNamespace, workloads: readonly Workload[]): Promise<void> {
  const { kubectl, apply } = target;
  await kubectl(['cordon', OTHER]);
  await apply(workloads.flatMap((one) => objectsOf(space, one)));
  for (const { kind = 'Deployment', name } of workloads)
    await kubectl(['rollout', 'status', `${kind}/${name}`, '-n', space.name, '--timeout=120s']);
  await kubectl(['uncordon', OTHER]);
  const allowed = ['get', 'pdb', '-n', space.name, '-o', 'jsonpath={.items[*].status.disruptionsAllowed}'];
  await eventually('budgets are worked out', async () => !/\b0\b/.test(await kubectl(allowed)), 60_000);
}

function objectsOf(space: TestNamespace, { name, replicas, kind, maxUnavailable, spec }: Workload): readonly object[] {
  const metadata = { name, namespace: space.name, labels: { ...space.labels, app: name } };
  const selector = { matchLabels: { app: name } };
  const workload = {
    apiVersion: 'apps/v1',
    kind: kind ?? 'Deployment',
    metadata,
    spec: {
      replicas,
      selector,
      template: { metadata: { labels: metadata.labels }, spec: { ...podSpec, ...spec } },
      ...(kind === 'StatefulSet' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {}),
    },
  };
  if (maxUnavailable === undefined) return [workload];
  const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { maxUnavailable, selector } };
  return [workload, budget];
}

const podSpec = {
  terminationGracePeriodSeconds: 1,
  nodeSelector: { pool: POOL },
  tolerations: [{ key: 'pool', operator: 'Exists' }],
  containers: [
    { name: 'main', image: 'registry.example/web:1.4', resources: { requests: { cpu: '50m', memory: '64Mi' } } },
  ],
};

/** Leaves pods on the full node as the kubelet leaves those that it evicts: Failed, for the reason `Evicted`, owned by nobody. */
export async function leaveEvicted(target: Target, space: TestNamespace, names: readonly string[]): Promise<void> {
  const pods = names.map((name) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: space.name, labels: { ...space.labels, app: name } },
    spec: { ...podSpec, nodeName: FULL },
  }));
  await target.apply(pods);
  for (const name of names)
    await target.kubectl(['wait', `pod/${name}`, '-n', space.name, '--for=condition=Ready', '--timeout=60s']);
  // Source of the words: kubernetes pkg/kubelet/eviction/helpers.go.
  const status = {
    phase: 'Failed',
    reason: 'Evicted',
    message: 'The node was low on resource: ephemeral-storage. Threshold quantity: 4294967296, available: 3911Mi.',
  };
  for (const name of names) await patchStatus(target, ['pod', name, '-n', space.name], status);
}

/** Sets or clears the node's DiskPressure, as its kubelet would. */
export async function setPressure(target: Target, on: boolean): Promise<void> {
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  await patchStatus(target, ['node', FULL], {
    conditions: [
      {
        type: 'DiskPressure',
        status: on ? 'True' : 'False',
        reason: on ? 'KubeletHasDiskPressure' : 'KubeletHasNoDiskPressure',
        message: on ? 'kubelet has disk pressure' : 'kubelet has no disk pressure',
        lastHeartbeatTime: at,
        lastTransitionTime: at,
      },
    ],
  });
}

async function patchStatus(target: Target, what: readonly string[], status: object): Promise<void> {
  await target.kubectl([
    'patch',
    ...what,
    '--subresource=status',
    '--type=strategic',
    '-p',
    JSON.stringify({ status }),
  ]);
}
