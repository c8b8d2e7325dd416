import { DaytwoError } from '../lib/errors.ts';
import type { ActingCluster, NodeState } from './acting.ts';
import type { ActingClient } from './actingClient.ts';
import type { ClusterOptions } from './cluster.ts';
import { createDoor } from './door.ts';
import { isAbsent } from './faults.ts';
import { namespaceName, objectName, UNNAMED } from './names.ts';

/** An eviction waits for admission webhooks, which may take 10 s each by default. */
const TIMEOUT_MS = 20_000;

/** Who we are in the API server's record of who wrote which field. */
const MANAGER = 'daytwo';

/** Everything behind the door. Loaded at the first question. */
interface Behind {
  readonly name: string;
  readonly client: ActingClient;
  readonly merge: typeof import('./actingClient.ts').asMergePatch;
  readonly node: typeof import('./state/node.ts').nodeState;
  readonly pod: typeof import('./state/pod.ts').podState;
  readonly budget: typeof import('./state/budget.ts').budgetState;
  readonly answer: typeof import('./eviction.ts').evictionAnswer;
  readonly owners: typeof import('./owners.ts').readOwners;
  readonly claims: typeof import('./claims.ts').readClaims;
}

type RawNode = import('./state/node.ts').RawNode;
type RawPod = import('./state/pod.ts').RawPod;
type RawBudget = import('./state/budget.ts').RawBudget;

/** Pods that have finished hold no place. */
const UNFINISHED = 'status.phase!=Succeeded,status.phase!=Failed';

/** A cluster that nodes can be acted on in. As with the reader, nothing is read or loaded before the first question. */
export function createActingCluster(options: ClusterOptions = {}): ActingCluster {
  const door = createDoor((shut) => openDoor(options, shut));
  const open = door.open;
  const nameNow = (): string => door.opened?.name ?? options.context ?? UNNAMED;
  return {
    get name() {
      return nameNow();
    },
    uid: async (signal) => {
      const { client } = await open();
      const asked = { verb: 'get', resource: 'namespaces', roles: ['nodes', 'disk'] } as const;
      const found = await client.get<RawNode>(asked, client.requests.core.readNamespace('kube-system'), signal);
      const uid = found?.metadata?.uid;
      if (uid) return uid;
      throw new DaytwoError(
        'bad-answer',
        `Cluster ${nameNow()} has no namespace kube-system, so it can't be told from others.`,
      );
    },
    nodes: async (signal) => {
      const { client, node } = await open();
      const { core } = client.requests;
      return client.list(
        { verb: 'list', resource: 'nodes' },
        (from, limit) => core.listNode(undefined, undefined, from, undefined, undefined, limit),
        signal,
        (raw: RawNode) => node(raw),
      );
    },
    node: async (wanted, signal) => {
      const { client, node } = await open();
      const request = client.requests.core.readNode(objectName(wanted));
      const found = await client.get<RawNode>({ verb: 'get', resource: 'nodes' }, request, signal);
      return found && node(found);
    },
    pods: async ({ node }, signal) => {
      const fields = node === undefined ? UNFINISHED : `spec.nodeName=${objectName(node)}`;
      const { client, pod } = await open();
      const { core } = client.requests;
      return client.list(
        { verb: 'list', resource: 'pods' },
        (from, limit) => core.listPodForAllNamespaces(undefined, from, fields, undefined, limit),
        signal,
        (raw: RawPod) => pod(raw),
      );
    },
    budgets: async (signal) => {
      const { client, budget } = await open();
      const { policy } = client.requests;
      return client.list(
        { verb: 'list', resource: 'poddisruptionbudgets.policy' },
        (from, limit) => policy.listPodDisruptionBudgetForAllNamespaces(undefined, from, undefined, undefined, limit),
        signal,
        (raw: RawBudget) => budget(raw),
      );
    },
    owners: async (refs, signal) => {
      const { client, owners } = await open();
      return owners(client, refs, signal);
    },
    claims: async (wanted, signal) => {
      const { client, claims } = await open();
      return claims(client, wanted, signal);
    },
    attached: async (node, signal) => {
      const { client } = await open();
      const { storage } = client.requests;
      type Raw = { spec?: { nodeName?: string; source?: { persistentVolumeName?: string } } };
      const found = await client.list<Raw>(
        { verb: 'list', resource: 'volumeattachments.storage.k8s.io' },
        (from, limit) => storage.listVolumeAttachment(undefined, undefined, from, undefined, undefined, limit),
        signal,
      );
      return found.flatMap(({ spec }) =>
        spec?.nodeName === node && spec.source?.persistentVolumeName ? [spec.source.persistentVolumeName] : [],
      );
    },
    evict: async ({ namespace, name: pod, uid }, { dryRun }, signal) => {
      const { client, answer } = await open();
      const asked = { verb: 'create', resource: 'pods/eviction', namespace } as const;
      const all = dryRun ? ['All'] : undefined;
      const body = {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod, namespace },
        deleteOptions: { preconditions: { uid }, ...(all ? { dryRun: all } : {}) },
      };
      const request = client.requests.core.createNamespacedPodEviction(
        objectName(pod),
        namespaceName(namespace),
        body,
        all?.[0],
      );
      const found = await client.ask(request, signal);
      const read = answer(found);
      if (read) return read;
      throw client.fault(asked, found);
    },
    patchNode: async ({ name: node, resourceVersion }, { unschedulable, annotations }, signal) => {
      const { client, merge, node: state } = await open();
      const asked = { verb: 'patch', resource: 'nodes' } as const;
      const patch = { metadata: { resourceVersion, annotations }, spec: { unschedulable } };
      const found = await client.ask(
        merge(client.requests.core.patchNode(objectName(node), patch, undefined, undefined, MANAGER)),
        signal,
      );
      if (found.status === 409) return { is: 'conflict' };
      if (isAbsent(found)) return { is: 'gone' };
      if (found.status >= 300) throw client.fault(asked, found);
      return { is: 'patched', node: state(client.read<RawNode>(asked, found)) } satisfies {
        is: 'patched';
        node: NodeState;
      };
    },
  };
}

async function openDoor(options: ClusterOptions, onUnauthorized: () => void): Promise<Behind> {
  const [config, login, acting, node, pod, budget, eviction, owners, claims] = await Promise.all([
    import('./kubeconfig.ts'),
    import('./login.ts'),
    import('./actingClient.ts'),
    import('./state/node.ts'),
    import('./state/pod.ts'),
    import('./state/budget.ts'),
    import('./eviction.ts'),
    import('./owners.ts'),
    import('./claims.ts'),
  ]);
  const target = await config.findTarget(options, options.env ?? process.env);
  const way = await login.createLogin(target);
  return {
    name: target.name,
    client: acting.createActingClient(way, {
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      role: 'nodes',
      onUnauthorized,
    }),
    merge: acting.asMergePatch,
    node: node.nodeState,
    pod: pod.podState,
    budget: budget.budgetState,
    answer: eviction.evictionAnswer,
    owners: owners.readOwners,
    claims: claims.readClaims,
  };
}
