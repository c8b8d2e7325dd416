import { beforeAll, describe } from 'vitest';
import { nodeDrain } from '../../src/actions/node/action.ts';
import { rightFindings } from '../../src/actions/node/rightFindings.ts';
import type { ActingCluster, OwnerRef } from '../../src/cluster/acting.ts';
import { createActingCluster } from '../../src/cluster/actingCluster.ts';
import { createFollowing } from '../../src/cluster/following/following.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { planned } from '../actions/kit.ts';
import { eventually } from '../support/real/process.ts';
import { type OwnNode, ownNode } from './kwokNode.ts';
import { type Feature, holdsRole } from './rightsContract.ts';
import { denied } from './rightsDenied.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const [worker = ''] = target.nodes;
const signal = new AbortController().signal;
/** From so many on the whole list is asked for, not each. */
const MANY = 26;

let space: TestNamespace;
let node: OwnNode;

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

/** A plan goes on without this right, calls the controller unknown, and says in a NOTE which right it is. */
function owners(kind: string, apiVersion: string, count: number): Feature {
  return async ({ kubeconfig }) => {
    const found = await createActingCluster({ kubeconfig }).owners(refs(kind, apiVersion, count), signal);
    return rightFindings(found)[0]?.text;
  };
}

const planning: Feature = async ({ kubeconfig }) => {
  const texts: string[] = [];
  const error = await denied(
    (async () => {
      const cluster = createActingCluster({ kubeconfig, timeoutMs: 30_000 });
      const world = { cluster, clock: systemClock, random: Math.random };
      const { findings } = planned(await nodeDrain.plan({ node: node.name }, world, signal));
      if (findings.some(({ code }) => code === 'unmanaged')) throw new Error('the pod is the Deployment’s');
      for (const { code, text } of findings)
        if (code === 'eviction-forbidden' || code === 'right-missing') texts.push(text);
    })(),
  );
  return error ?? texts[0];
};

function claims(count: number): Feature {
  return acting((cluster) => {
    const wanted = Array.from({ length: count }, (_, index) => ({ namespace: space.name, name: `data-${index}` }));
    return cluster.claims(wanted, signal);
  });
}

/** A drain goes on by lists without these rights; what it follows says which is missing. */
const following: Feature = async ({ kubeconfig }) => {
  const followed = createFollowing({ kubeconfig }).node(worker);
  try {
    await eventually('it follows, or may not', () => ['following', 'denied'].includes(followed.state().is), 30_000);
    const state = followed.state();
    return state.is === 'denied' ? state.text : undefined;
  } finally {
    await followed.stop();
  }
};

const KINDS = [
  ['ReplicaSet', 'apps/v1'],
  ['Deployment', 'apps/v1'],
  ['StatefulSet', 'apps/v1'],
  ['DaemonSet', 'apps/v1'],
  ['Job', 'batch/v1'],
  ['ReplicationController', 'v1'],
] as const;

// It makes roles for the whole cluster: not in a user's.
describe.runIf(target.own)('deploy/rbac/nodes.yaml', () => {
  beforeAll(async () => {
    space = await target.namespace('claims');
    await target.apply(Array.from({ length: MANY }, (_, index) => claim(`data-${index}`)));
    node = await ownNode(target, 'd-drain');
    const spec = {
      nodeName: node.name,
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: target.image }],
    };
    const labels = { ...space.labels, app: 'web' };
    const template = { metadata: { labels }, spec };
    const metadata = { name: 'web', namespace: space.name, labels };
    const selector = { matchLabels: { app: 'web' } };
    await target.apply([
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 1, selector, template } },
    ]);
    await target.kubectl(['rollout', 'status', 'deployment/web', '-n', space.name, '--timeout=60s']);
    return async () => {
      await space.remove();
      await node.remove();
    };
  });

  holdsRole(target, 'nodes.yaml', {
    uid: acting((cluster) => cluster.uid(signal)),
    nodes: acting((cluster) => cluster.nodes(signal)),
    pods: acting((cluster) => cluster.pods({ node: worker }, signal)),
    budgets: acting((cluster) => cluster.budgets(signal)),
    following,
    attached: acting((cluster) => cluster.attached(worker, signal)),
    'a claim': claims(1),
    'many claims': claims(MANY),
    // Of a Deployment's pod: what says that a right is missing are its findings, or the error.
    'the plan of a drain': planning,
    cordon: acting(async (cluster) => {
      const found = await cluster.node(node.name, signal);
      if (found) await cluster.patchNode(found, { unschedulable: false, annotations: {} }, signal);
    }),
    ...Object.fromEntries(
      KINDS.flatMap(([kind, version]) => [
        [kind, owners(kind, version, 1)],
        [`many of ${kind}`, owners(kind, version, MANY)],
      ]),
    ),
  });
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
