import { afterAll, beforeAll, describe } from 'vitest';
import { diskPods } from '../../src/actions/disk/action.ts';
import type { DiskWorld } from '../../src/actions/disk/world.ts';
import { createActingCluster } from '../../src/cluster/actingCluster.ts';
import { createCleaningCluster } from '../../src/cluster/cleaningCluster.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { eventually } from '../support/real/process.ts';
import { aJob, endPod, runningPod } from './finishedPods.ts';
import { type OwnNode, ownNode } from './kwokNode.ts';
import type { Account } from './rights.ts';
import { type Feature, holdsRole } from './rightsContract.ts';
import { denied } from './rightsDenied.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const signal = new AbortController().signal;
const timeoutMs = 30_000;
/** From so many Jobs on all are listed, not each asked for. */
const MANY = 26;

let space: TestNamespace;
let few: OwnNode;
let many: OwnNode;

const cleaning = ({ kubeconfig }: Account) => createCleaningCluster({ kubeconfig, timeoutMs });

/** A plan is refused with a sentence where no Job can be read: then none of its pods may go. */
function plan(node: () => OwnNode): Feature {
  return async (account) => {
    let said: string | undefined;
    const disk: DiskWorld = { hosts: createHosts([]), known: [], cluster: cleaning(account), clock: systemClock };
    const error = await denied(
      (async () => {
        const answer = await diskPods.plan({ node: node().name }, disk, signal);
        if ('refused' in answer) said = answer.refused;
      })(),
    );
    return error ?? said;
  };
}

/** Jobs that are over on a node, each with its one finished pod. */
async function overOn({ name: node }: OwnNode, jobs: readonly string[]): Promise<void> {
  await target.apply(jobs.map((job) => aJob(target, { space, node }, job)));
  for (const job of jobs) await endPod(target, space, await runningPod(target, space, job), { phase: 'Succeeded' });
  const done = ['wait', 'job', ...jobs, '-n', space.name, '--for=condition=Complete', '--timeout=90s'];
  await target.kubectl(done);
}

// It makes roles for the whole cluster, and nodes: not in a user's.
describe.runIf(target.own)('deploy/rbac/disk.yaml', () => {
  beforeAll(async () => {
    space = await target.namespace('d-rights');
    [few, many] = await Promise.all([ownNode(target, 'd-few'), ownNode(target, 'd-many')]);
    await overOn(few, ['one']);
    await overOn(
      many,
      Array.from({ length: MANY }, (_, index) => `job-${index}`),
    );
    await eventually('their controller has counted them', async () => {
      const all = await cleaning(target).finished(many.name, signal);
      return all.length === MANY && all.every(({ finalizers, job }) => finalizers.length === 0 && job === 'over');
    });
  }, 180_000);
  afterAll(async () => {
    await space?.remove();
    await Promise.all([few?.remove(), many?.remove()]);
  });

  holdsRole(target, 'disk.yaml', {
    uid: ({ kubeconfig }) => denied(createActingCluster({ kubeconfig, timeoutMs }).uid(signal)),
    'a plan, few Jobs': plan(() => few),
    'a plan, many Jobs': plan(() => many),
    delete: (account) => denied(cleaning(account).remove({ namespace: space.name, name: 'gone', uid: 'none' }, signal)),
  });
});
