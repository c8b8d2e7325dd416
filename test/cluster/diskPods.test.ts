import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskPods } from '../../src/actions/disk/action.ts';
import type { DiskWorld } from '../../src/actions/disk/world.ts';
import { createCleaningCluster } from '../../src/cluster/cleaningCluster.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { badChecks, findingsOf, planned, testRun } from '../actions/kit.ts';
import { eventually } from '../support/real/process.ts';
import { aJob, aPod, endPod, runningPod } from './finishedPods.ts';
import { type OwnNode, ownNode } from './kwokNode.ts';
import { clusterPlace } from './machine/places.ts';
import { pod } from './objects.ts';
import { containerdSocket } from './parts/containerd.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const { kubectl, apply } = target;
const signal = new AbortController().signal;
const SUCCEEDED = { phase: 'Succeeded' };
const EVICTED = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' };
const FINALIZER = 'daytwo.test/somebody-waits';

const world: DiskWorld = {
  hosts: createHosts([]),
  known: [],
  cluster: createCleaningCluster({ kubeconfig: target.kubeconfig }),
  clock: systemClock,
};

let space: TestNamespace;
let node: OwnNode;
const here = () => ({ space, node: node.name });

/** `name phase`, in order. */
const pods = async (): Promise<string[]> => {
  const columns = 'jsonpath={range .items[*]}{.metadata.name} {.status.phase}{"\\n"}{end}';
  return (await kubectl(['get', 'pods', '-n', space.name, '-o', columns])).split('\n').filter(Boolean).sort();
};
const uidOf = (name: string): Promise<string> =>
  kubectl(['get', 'pod', name, '-n', space.name, '-o', 'jsonpath={.metadata.uid}']);
const finished = () => world.cluster?.finished(node.name, signal) ?? Promise.reject(new Error('no cluster'));
const settled = (count: number) =>
  eventually('as many have finished', async () => (await finished()).length === count, 60_000);
const plan = async () => planned(await diskPods.plan({ node: node.name }, world, signal));

async function deployed(name: string, status: object): Promise<string> {
  const labels = { ...space.labels, app: name };
  const template = { metadata: { labels }, spec: { nodeName: node.name, containers: [{ name: 'main', image: 'x' }] } };
  const metadata = { name, namespace: space.name, labels };
  const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template };
  await apply([{ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec }]);
  const pod = await runningPod(target, space, name);
  await endPod(target, space, pod, status);
  return pod;
}

// Nodes are made here: not in a user's.
describe.runIf(target.own)('finished pods on a real API server', () => {
  beforeEach(async () => {
    space = await target.namespace('d-pods');
    node = await ownNode(target, 'd-pods');
  });
  afterEach(async () => {
    const patch = JSON.stringify({ metadata: { finalizers: null } });
    await kubectl(['patch', 'pod', 'waited', '-n', space.name, '--type=merge', '-p', patch]).catch(() => undefined);
    await space.remove();
    await node.remove();
  });

  it('go where nobody needs them, and nothing else does', async () => {
    const evicted = await deployed('web', EVICTED);
    await apply([
      aJob(target, here(), 'over'),
      aJob(target, here(), 'at-work', 2),
      aPod(target, here(), 'bare'),
      aPod(target, here(), 'runs'),
      aPod(target, here(), 'waited', { finalizers: [FINALIZER] }),
    ]);
    const over = await runningPod(target, space, 'over');
    await endPod(target, space, over, SUCCEEDED);
    const first = await runningPod(target, space, 'at-work');
    await endPod(target, space, first, SUCCEEDED);
    for (const name of ['bare', 'waited']) {
      await runningPod(target, space, name);
      await endPod(target, space, name, SUCCEEDED);
    }
    await settled(5);
    // Counted by the Job's controller, which takes its finalizer away: it is the Job itself that keeps this one.
    await eventually('the Jobs are counted', async () =>
      (await finished()).every(({ finalizers }) => !finalizers.some((name) => name.startsWith('batch.'))),
    );
    await kubectl(['wait', 'job/over', '-n', space.name, '--for=condition=Complete', '--timeout=60s']);
    const second = await runningPod(target, space, 'at-work');
    const replacement = await runningPod(target, space, 'web');

    const made = await plan();
    expect(findingsOf(made)).toEqual([
      'ACKNOWLEDGE logs-lost',
      'ACKNOWLEDGE bare-pods',
      'NOTE estimate',
      'NOTE staying',
      'NOTE not-measured',
    ]);
    const texts = made.findings.map(({ text }) => text);
    expect(texts).toContain('3 finished pods, 1 of them evicted; how much their logs take can’t be told');
    expect(texts).toContainEqual(expect.stringMatching(/1: its Job is at work and needs it/));
    expect(texts).toContainEqual(expect.stringMatching(/1: somebody waits for it \(finalizers\)/));

    const run = testRun('req-1-pods');
    await diskPods.execute(made, run, world, signal);
    expect(await pods()).toEqual(
      [`${first} Succeeded`, `${second} Running`, `${replacement} Running`, 'runs Running', 'waited Succeeded'].sort(),
    );
    expect(await pods()).not.toContain(`${evicted} Failed`);
    const verdict = await diskPods.verify(made, run.journal, world, signal);
    expect([verdict.is, badChecks(verdict.outcome)]).toEqual(['succeeded', []]);
    // The Job at work still ends well: its pod was counted and kept.
    await endPod(target, space, second, SUCCEEDED);
    await kubectl(['wait', 'job/at-work', '-n', space.name, '--for=condition=Complete', '--timeout=60s']);
  }, 180_000);

  it('that were made anew under their name since the plan are left alone, by the API server’s own word', async () => {
    await apply([aPod(target, here(), 'again')]);
    await runningPod(target, space, 'again');
    await endPod(target, space, 'again', SUCCEEDED);
    await settled(1);
    const made = await plan();
    const run = testRun('req-2-again');
    const old = await uidOf('again');
    // Between the list of what may go and the deletion: the worst moment.
    const swapped: DiskWorld = {
      ...world,
      cluster: {
        finished: async (...asked) => (await world.cluster?.finished(...asked)) ?? [],
        remove: async (pod, ...rest) => {
          await kubectl(['delete', 'pod', 'again', '-n', space.name]);
          await apply([aPod(target, here(), 'again')]);
          return (await world.cluster?.remove(pod, ...rest)) ?? 'gone';
        },
      },
    };
    await diskPods.execute(made, run, swapped, signal);
    expect(run.journal.at(-1)?.result?.value).toEqual({ removed: 0, gone: 0, replaced: 1 });
    expect(await pods()).toEqual([expect.stringMatching(/^again (?:Pending|Running)$/)]);
    expect(await uidOf('again')).not.toBe(old);
    expect(await diskPods.verify(made, run.journal, world, signal)).toMatchObject({ is: 'succeeded' });
  }, 120_000);

  it.runIf(target.realNode && existsSync(containerdSocket(clusterPlace())))(
    'takes their logs along on a real node, as much as it said',
    async () => {
      const host = target.realNode ?? '';
      const hosts = createHosts([{ name: host, via: 'local' }]);
      const folder = clusterPlace().folder;
      const real: DiskWorld = {
        ...{ ...world, hosts, known: [{ name: host }] },
        ...{ kubeletFolder: join(folder, 'kubelet'), podLogs: join(folder, 'pods') },
      };
      try {
        const command = [
          'sh',
          '-c',
          'i=0; while [ $i -lt 40000 ]; do echo "$i a line of some length, for the log to grow"; i=$((i+1)); done',
        ];
        const talks = pod(target, { namespace: space, name: 'talks' }, { node: host, command }) as { spec: object };
        await apply([{ ...talks, spec: { ...talks.spec, restartPolicy: 'Never' } }]);
        await kubectl([
          'wait',
          'pod/talks',
          '-n',
          space.name,
          '--for=jsonpath={.status.phase}=Succeeded',
          '--timeout=90s',
        ]);
        const logs = join(folder, 'pods', `${space.name}_talks_${await uidOf('talks')}`);
        expect(existsSync(logs)).toBe(true);
        const made = planned(await diskPods.plan({ node: host }, real, signal));
        expect(made.findings.find(({ code }) => code === 'estimate')?.text).toMatch(/their logs take [\d.]+ MiB$/);
        const run = testRun('req-3-logs');
        await diskPods.execute(made, run, real, signal);
        const { outcome } = await diskPods.verify(made, run.journal, real, signal);
        expect(outcome.checks.find(({ what }) => what === 'the pods')).toMatchObject({ actual: 'gone', ok: true });
        expect(existsSync(logs)).toBe(false);
        console.log(made.findings.find(({ code }) => code === 'estimate')?.text, outcome.text);
      } finally {
        await hosts.close();
      }
    },
    240_000,
  );
});
