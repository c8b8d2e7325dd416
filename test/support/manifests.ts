import type { KubeWorld, Manifest } from './kubeWorld.ts';

/** A Ready node with room for 110 pods; `more` is merged into spec. */
export function aNode(
  name: string,
  more: { labels?: object; spec?: object; cpu?: string; pods?: number; ready?: boolean; annotations?: object } = {},
): Manifest {
  const { labels = {}, spec = {}, cpu = '8', pods = 110, ready = true, annotations = {} } = more;
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels }, annotations },
    spec,
    status: {
      allocatable: { cpu, memory: '32Gi', pods: String(pods) },
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }],
    },
  };
}

/** A pod of a template. */
export interface Shape {
  readonly app: string;
  readonly namespace?: string;
  readonly replicas?: number;
  readonly cpu?: string;
  readonly spec?: object;
  readonly annotations?: object;
}

const template = ({ app, cpu = '100m', spec = {}, annotations = {} }: Shape): Manifest => ({
  metadata: { labels: { app }, annotations },
  spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }], terminationGracePeriodSeconds: 5, ...spec },
});

/** A Deployment with its ReplicaSet; pods come with the ticks. */
export function deploy(world: KubeWorld, shape: Shape): void {
  const { app, namespace = 'default', replicas = 1 } = shape;
  const deployment = world.apply({
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name: app, namespace },
    spec: { replicas },
  });
  world.apply({
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    metadata: {
      name: `${app}-5d`,
      namespace,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: app, uid: deployment.metadata.uid, controller: true },
      ],
    },
    spec: { replicas, template: template(shape) },
  });
}

/** A StatefulSet; `local` gives each pod a volume on the named node's disk, by ordinal. */
export function stateful(
  world: KubeWorld,
  shape: Shape & { readonly local?: readonly string[]; readonly parallel?: boolean },
): void {
  const { app, namespace = 'default', replicas = 1, local } = shape;
  for (const [n, node] of (local ?? []).entries()) {
    world.apply({
      kind: 'PersistentVolume',
      metadata: { name: `pv-${app}-${n}` },
      spec: {
        local: { path: `/data/${app}-${n}` },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
            ],
          },
        },
      },
    });
    world.apply({
      kind: 'PersistentVolumeClaim',
      metadata: { name: `data-${app}-${n}`, namespace },
      spec: { volumeName: `pv-${app}-${n}` },
    });
  }
  const set = world.apply({
    kind: 'StatefulSet',
    apiVersion: 'apps/v1',
    metadata: { name: app, namespace },
    spec: { replicas, ...(shape.parallel ? { podManagementPolicy: 'Parallel' } : {}), template: template(shape) },
  });
  if (local) set.spec.claimOf = (pod: string) => `data-${pod}`;
}

/** A PodDisruptionBudget for an app. */
export function budget(world: KubeWorld, name: string, app: string, rule: object, namespace = 'default'): Manifest {
  return world.apply({
    kind: 'PodDisruptionBudget',
    apiVersion: 'policy/v1',
    metadata: { name, namespace },
    spec: { selector: { matchLabels: { app } }, ...rule },
  });
}

/** A pod without a controller on a node, running. */
export function barePod(
  world: KubeWorld,
  name: string,
  node: string,
  more: { spec?: object; metadata?: object; phase?: string } = {},
): Manifest {
  return world.apply({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default', ...more.metadata },
    spec: { nodeName: node, containers: [{ name: 'c' }], ...more.spec },
    status: { phase: more.phase ?? 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
}
