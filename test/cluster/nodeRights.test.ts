import { beforeAll, describe } from 'vitest';
import type { ActingCluster, OwnerRef } from '../../src/cluster/acting.ts';
import { createActingCluster } from '../../src/cluster/actingCluster.ts';
import { type Feature, holdsRole } from './rightsContract.ts';
import { denied } from './rightsDenied.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const [worker = ''] = target.nodes;
const signal = new AbortController().signal;
/** From so many on the whole list is asked for, not each. */
const MANY = 26;

let space: TestNamespace;

function acting(ask: (cluster: ActingCluster) => Promise<unknown>): Feature {
  return ({ kubeconfig }) => denied(ask(createActingCluster({ kubeconfig, timeoutMs: 30_000 })));
}

/** Controllers that aren't there: whether one may look is told apart from whether something is found. */
function refs(kind: string, apiVersion: string, count: number): readonly OwnerRef[] {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion,
    kind,
    namespace: space.name,
    name: `gone-${index}`,
    uid: `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`,
  }));
}

/** A plan goes on without this right and calls the controller unknown. */
function owners(kind: string, apiVersion: string, count: number): Feature {
  return async ({ kubeconfig }) => {
    const found = await createActingCluster({ kubeconfig }).owners(refs(kind, apiVersion, count), signal);
    return found.some((owner) => owner.found === 'unknown') ? `unknown ${kind}, ${count} of them` : undefined;
  };
}

function claims(count: number): Feature {
  return acting((cluster) => {
    const wanted = Array.from({ length: count }, (_, index) => ({ namespace: space.name, name: `data-${index}` }));
    return cluster.claims(wanted, signal);
  });
}

const KINDS = [
  ['ReplicaSet', 'apps/v1', 'replicasets'],
  ['Deployment', 'apps/v1', 'deployments'],
  ['StatefulSet', 'apps/v1', 'statefulsets'],
  ['DaemonSet', 'apps/v1', 'daemonsets'],
  ['Job', 'batch/v1', 'jobs'],
  ['ReplicationController', 'v1', 'replicationcontrollers'],
] as const;

// It makes roles for the whole cluster: not in a user's.
describe.runIf(target.own)('deploy/rbac/nodes.yaml', () => {
  beforeAll(async () => {
    space = await target.namespace('claims');
    await target.apply(Array.from({ length: MANY }, (_, index) => claim(`data-${index}`)));
    return () => space.remove();
  });

  holdsRole(
    target,
    'nodes.yaml',
    {
      uid: acting((cluster) => cluster.uid(signal)),
      nodes: acting((cluster) => cluster.nodes(signal)),
      pods: acting((cluster) => cluster.pods({ node: worker }, signal)),
      budgets: acting((cluster) => cluster.budgets(signal)),
      attached: acting((cluster) => cluster.attached(worker, signal)),
      'a claim': claims(1),
      'many claims': claims(MANY),
      eviction: async ({ kubeconfig }) => {
        const pod = { namespace: space.name, name: 'gone', uid: 'none' };
        const answer = await createActingCluster({ kubeconfig }).evict(pod, { dryRun: true }, signal);
        return answer.is === 'denied' && answer.right ? answer.text : undefined;
      },
      cordon: acting(async (cluster) => {
        const node = await cluster.node(worker, signal);
        if (node) await cluster.patchNode(node, { unschedulable: false, annotations: {} }, signal);
      }),
      ...Object.fromEntries(
        KINDS.flatMap(([kind, version]) => [
          [kind, owners(kind, version, 1)],
          [`many of ${kind}`, owners(kind, version, MANY)],
        ]),
      ),
    },
    ({ resource, verb }) => {
      const kind = KINDS.find(([, , plural]) => plural === resource)?.[0];
      return kind && `unknown ${kind}, ${verb === 'get' ? 1 : MANY} of them`;
    },
  );
});

/** Names a volume that isn't there: so it is looked up. */
function claim(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: space.name, labels: space.labels },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: '',
      volumeName: `${space.name}-${name}`,
      resources: { requests: { storage: '1Mi' } },
    },
  };
}
