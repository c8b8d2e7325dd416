import type { ActingCluster } from '../../src/cluster/acting.ts';
import { evictionAnswer } from '../../src/cluster/eviction.ts';
import { budgetState } from '../../src/cluster/state/budget.ts';
import { claimState } from '../../src/cluster/state/claim.ts';
import { nodeState } from '../../src/cluster/state/node.ts';
import { ownerGone, ownerState, ownerUnknown } from '../../src/cluster/state/owner.ts';
import { podState } from '../../src/cluster/state/pod.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import type { KubeAnswer } from './kubeApi.ts';
import type { KubeWorld, Manifest } from './kubeWorld.ts';

const PLURALS: Readonly<Record<string, string>> = {
  ReplicaSet: '/apis/apps/v1/replicasets',
  Deployment: '/apis/apps/v1/deployments',
  StatefulSet: '/apis/apps/v1/statefulsets',
  DaemonSet: '/apis/apps/v1/daemonsets',
  Job: '/apis/batch/v1/jobs',
};

/** The cluster's port over a world without a network between: the same answers, read by the same readers. */
export function worldCluster(world: KubeWorld): ActingCluster {
  const ask = (
    method: string,
    path: string,
    query: Record<string, string> = {},
    body?: Manifest,
    type?: string,
  ): KubeAnswer => {
    const answer = world.handle({ method, path, query, body, type });
    if (!answer || answer.cut) throw new DaytwoError('unreachable', 'the API server is away');
    return answer;
  };
  const body = (path: string, query: Record<string, string> = {}): Manifest => {
    const answer = ask('GET', path, query);
    if (answer.status === 404) return undefined;
    if ((answer.status ?? 200) >= 300)
      throw new DaytwoError(answer.status === 403 ? 'forbidden' : 'failed', `GET ${path}: ${answer.status}`);
    return answer.body;
  };
  const place = (path: string, namespace: string): string => path.replace(/\/([a-z]+)$/, `/namespaces/${namespace}/$1`);
  return {
    name: 'test',
    uid: async () => body('/api/v1/namespaces/kube-system').metadata.uid,
    nodes: async () => body('/api/v1/nodes').items.map(nodeState),
    node: async (name) => {
      const found = body(`/api/v1/nodes/${name}`);
      return found && nodeState(found);
    },
    pods: async ({ node }) =>
      body('/api/v1/pods', {
        fieldSelector: node === undefined ? 'status.phase!=Succeeded,status.phase!=Failed' : `spec.nodeName=${node}`,
      }).items.map(podState),
    budgets: async () => body('/apis/policy/v1/poddisruptionbudgets').items.map(budgetState),
    owners: async (refs) => {
      const read = (ref: (typeof refs)[number]) => {
        const path = PLURALS[ref.kind];
        if (!path) return ownerUnknown(ref);
        const found = body(`${place(path, ref.namespace)}/${ref.name}`);
        return found ? ownerState(ref, found) : ownerGone(ref);
      };
      const found = [...new Map(refs.map((ref) => [ref.uid, ref])).values()].map(read);
      const parents = new Map(found.flatMap(({ parent }) => (parent ? [[parent.uid, parent] as const] : [])));
      return [...found, ...[...parents.values()].map(read)];
    },
    claims: async (wanted) =>
      wanted.flatMap(({ namespace, name }) => {
        const claim = body(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`);
        return claim ? [claimState(claim, body(`/api/v1/persistentvolumes/${claim.spec.volumeName}`))] : [];
      }),
    attached: async (node) =>
      body('/apis/storage.k8s.io/v1/volumeattachments')
        .items.filter((one: Manifest) => one.spec.nodeName === node)
        .map((one: Manifest) => one.spec.source.persistentVolumeName),
    evict: async ({ namespace, name, uid }, { dryRun }) => {
      const all = dryRun ? { dryRun: ['All'] } : {};
      const {
        status = 200,
        body: said,
        headers = {},
      } = ask('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, dryRun ? { dryRun: 'All' } : {}, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
        deleteOptions: { preconditions: { uid }, ...all },
      });
      const answer = evictionAnswer({ status, headers, body: Buffer.from(JSON.stringify(said)) });
      if (!answer) throw new DaytwoError('failed', `eviction: ${status}`);
      return answer;
    },
    patchNode: async ({ name, resourceVersion }, { unschedulable, annotations }) => {
      const change = { metadata: { resourceVersion, annotations }, spec: { unschedulable } };
      const { status = 200, body: node } = ask(
        'PATCH',
        `/api/v1/nodes/${name}`,
        {},
        change,
        'application/merge-patch+json',
      );
      if (status === 409) return { is: 'conflict' };
      if (status === 404) return { is: 'gone' };
      return { is: 'patched', node: nodeState(node as Manifest) };
    },
  };
}
