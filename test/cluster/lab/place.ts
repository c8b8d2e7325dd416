import { randomBytes } from 'node:crypto';
import { eventually } from '../../support/real/process.ts';
import type { Target } from '../target.ts';
import { openRawApi, type Raw, type RawApi } from './rawApi.ts';

/** kwok nodes and a namespace that only one test file knows of: nobody else's pods land there, and everything goes with it. */
export interface Place {
  readonly api: RawApi;
  readonly namespace: string;
  /** The node that is drained, then those that take its pods. */
  readonly nodes: readonly [string, ...string[]];
  /** Goes into every pod: where it may run. */
  readonly confined: {
    readonly nodeSelector: Readonly<Record<string, string>>;
    readonly tolerations: readonly object[];
  };
  readonly image: string;
  /** Makes objects with all new pods on the first node, waits until `pods` are ready there, and opens the others again. */
  fill(objects: readonly object[], pods: number): Promise<void>;
  make(objects: readonly object[]): Promise<void>;
  pods(node?: string): Promise<readonly Raw[]>;
  node(name?: string): Promise<Raw>;
  cordon(name: string, is?: boolean): Promise<void>;
  /** Another node under the first one's name. */
  replaceNode(): Promise<void>;
  addNode(name: string): Promise<void>;
  /** One that nobody plays: it has never been Ready. */
  addSilentNode(name: string): Promise<void>;
  /** Takes everything out of the namespace; the nodes are as they were made. */
  clear(): Promise<void>;
  remove(): Promise<void>;
}

const READY_MS = 60_000;
const LABEL = 'daytwo-lab';
const FAKE = { 'kwok.x-k8s.io/node': 'fake' };
/** Plural and group of what tests make. */
const PATHS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1/deployments',
  ReplicaSet: 'apps/v1/replicasets',
  StatefulSet: 'apps/v1/statefulsets',
  DaemonSet: 'apps/v1/daemonsets',
  Job: 'batch/v1/jobs',
  PodDisruptionBudget: 'policy/v1/poddisruptionbudgets',
  Pod: 'v1/pods',
  PersistentVolumeClaim: 'v1/persistentvolumeclaims',
  Service: 'v1/services',
};

/** The path of a kind's collection in a namespace. */
export function pathOf(kind: string, namespace: string): string {
  const [version, plural] = [PATHS[kind]?.split('/').slice(0, -1).join('/'), PATHS[kind]?.split('/').at(-1)];
  if (version === undefined || plural === undefined) throw new Error(`no path for ${kind}`);
  return `${version === 'v1' ? '/api/v1' : `/apis/${version}`}/namespaces/${namespace}/${plural}`;
}

/** Makes the place on the suite's own cluster. */
export async function makePlace(target: Pick<Target, 'kubeconfig' | 'image'>, nodes = 3): Promise<Place> {
  const id = randomBytes(3).toString('hex');
  const namespace = `lab-${id}`;
  const names = Array.from({ length: nodes }, (_, at) => `lab-${id}-${at + 1}`) as [string, ...string[]];
  const made = new Set<string>();
  const api = await openRawApi(target.kubeconfig);
  const nodePath = (name: string): string => `/api/v1/nodes/${name}`;
  const ready = ({ status, spec }: Raw): boolean =>
    status?.conditions?.some((one: Raw) => one.type === 'Ready' && one.status === 'True') &&
    !spec.taints?.some(({ key }: Raw) => key.startsWith('node.kubernetes.io/'));

  async function createNode(name: string, annotations: object): Promise<void> {
    made.add(name);
    const room = { cpu: '8', memory: '32Gi', pods: '110' };
    await api.create('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        annotations,
        labels: { [LABEL]: id, 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' },
      },
      spec: { taints: [{ key: LABEL, value: id, effect: 'NoSchedule' }] },
      status: { allocatable: room, capacity: room },
    });
  }

  async function empty(): Promise<void> {
    for (const kind of ['Deployment', 'StatefulSet', 'ReplicaSet', 'DaemonSet', 'Job', 'PodDisruptionBudget'])
      await api.remove(pathOf(kind, namespace), { propagationPolicy: 'Background' });
    await api.remove(pathOf('Pod', namespace), { gracePeriodSeconds: 0 });
    await api.remove(pathOf('PersistentVolumeClaim', namespace));
    await api.remove(pathOf('Service', namespace));
  }

  const place: Place = {
    api,
    namespace,
    nodes: names,
    image: target.image,
    confined: {
      nodeSelector: { [LABEL]: id },
      tolerations: [{ key: LABEL, operator: 'Exists', effect: 'NoSchedule' }],
    },
    addNode: async (name) => {
      await createNode(name, FAKE);
      await eventually(`${name} is Ready`, async () => ready(await api.get(nodePath(name))), READY_MS);
    },
    addSilentNode: (name) => createNode(name, {}),
    make: async (objects) => {
      for (const object of objects as readonly Raw[]) await api.create(pathOf(object.kind, namespace), object);
    },
    pods: async (node) => {
      const where = node === undefined ? '' : `?fieldSelector=spec.nodeName%3D${node}`;
      return (await api.get(`/api/v1/namespaces/${namespace}/pods${where}`)).items;
    },
    node: (name = names[0]) => api.get(nodePath(name)),
    cordon: async (name, is = true) =>
      void (await api.patch(nodePath(name), { spec: { unschedulable: is ? true : null } })),
    fill: async (objects, pods) => {
      const others = names.slice(1);
      await Promise.all(others.map((name) => place.cordon(name)));
      await place.make(objects);
      await eventually(
        `${pods} pods run on ${names[0]}`,
        async () => (await place.pods(names[0])).filter(isReady).length >= pods,
        READY_MS,
      );
      await Promise.all(others.map((name) => place.cordon(name, false)));
      await eventually(
        'the others are open',
        async () => (await Promise.all(others.map((name) => api.get(nodePath(name))))).every(ready),
        READY_MS,
      );
      await eventually('budgets are worked out', () => worked(api, namespace), READY_MS);
    },
    replaceNode: async () => {
      await api.remove(nodePath(names[0]));
      await place.addNode(names[0]);
    },
    clear: async () => {
      await empty();
      for (const name of names) {
        const node = await api.get(nodePath(name));
        if (!node) await place.addNode(name);
        else await api.patch(nodePath(name), asMade(node, id));
      }
      await eventually(
        'the place is empty and open',
        async () =>
          (await place.pods()).length === 0 &&
          (await api.get(pathOf('PersistentVolumeClaim', namespace))).items.length === 0 &&
          (await Promise.all(names.map((name) => api.get(nodePath(name))))).every(ready),
        READY_MS,
      );
    },
    remove: async () => {
      await empty();
      await api.remove(`/api/v1/namespaces/${namespace}`);
      for (const name of made) await api.remove(nodePath(name));
      api.close();
    },
  };
  await api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  try {
    for (const name of names) await place.addNode(name);
    const account = async () =>
      (await api.get(`/api/v1/namespaces/${namespace}/serviceaccounts/default`)) !== undefined;
    await eventually('the service account is there', account, READY_MS);
  } catch (error) {
    await place.remove();
    throw error;
  }
  return place;
}

/** The change that takes away what tests have put on a node. */
function asMade({ metadata: { labels, annotations = {} } }: Raw, id: string): object {
  const without = (all: object, kept: RegExp): object =>
    Object.fromEntries(Object.keys(all).flatMap((key) => (kept.test(key) ? [] : [[key, null]])));
  return {
    metadata: {
      labels: without(labels, /^daytwo-lab$|^kubernetes\.io\/|^beta\./),
      annotations: without(annotations, /^kwok\.|^node\.alpha\./),
    },
    spec: { unschedulable: null, taints: [{ key: LABEL, value: id, effect: 'NoSchedule' }] },
  };
}

/** Whether a pod counts as healthy. */
export function isReady({ status, metadata }: Raw): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    (status?.conditions ?? []).some((one: Raw) => one.type === 'Ready' && one.status === 'True')
  );
}

/** Budgets are worked out a moment after their pods are there. */
async function worked(api: RawApi, namespace: string): Promise<boolean> {
  const { items } = await api.get(pathOf('PodDisruptionBudget', namespace));
  return items.every(
    ({ metadata, status }: Raw) =>
      status?.observedGeneration === metadata.generation && (status.currentHealthy > 0 || status.expectedPods === 0),
  );
}
