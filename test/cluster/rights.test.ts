import { describe } from 'vitest';
import { createCluster } from '../../src/cluster/cluster.ts';
import type { Cluster } from '../../src/cluster/port.ts';
import { type Feature, holdsRole } from './rightsContract.ts';
import { denied } from './rightsDenied.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const [worker = ''] = target.nodes;
const signal = new AbortController().signal;
const timeoutMs = 30_000;

function reading(ask: (cluster: Cluster) => Promise<unknown>): Feature {
  return (account) => denied(ask(createCluster({ kubeconfig: account.kubeconfig, timeoutMs })));
}

// It makes roles for the whole cluster: not in a user's.
describe.runIf(target.own)('deploy/rbac/read.yaml', () => {
  const sinceMs = 0;
  holdsRole(target, 'read.yaml', {
    version: reading((cluster) => cluster.version(signal)),
    nodes: reading((cluster) => cluster.nodes(signal)),
    pods: reading((cluster) => cluster.pods({ node: worker }, signal)),
    events: reading((cluster) => cluster.events({ sinceMs }, signal)),
    rollouts: reading((cluster) => cluster.rollouts({ sinceMs }, signal)),
    // Without metrics-server there is nothing behind these, but what may be asked is told apart all the same.
    'top nodes': reading((cluster) => cluster.nodeUse(signal)),
    'top pods': reading((cluster) => cluster.podUse(undefined, signal)),
  });
});
