import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { diskPods } from '../../../src/actions/disk/action.ts';
import { podFate } from '../../../src/actions/disk/podRule.ts';
import type { DiskWorld } from '../../../src/actions/disk/world.ts';
import type { FinishedPod } from '../../../src/cluster/cleaning.ts';
import { createCleaningCluster } from '../../../src/cluster/cleaningCluster.ts';
import { type BoundAction, bindAction } from '../../../src/gate/bound.ts';
import { createHosts } from '../../../src/host/hosts.ts';
import { type KubeApi, kubeStatus, startKubeApi } from '../../support/kubeApi.ts';
import { createKubeWorld, type KubeWorld } from '../../support/kubeWorld.ts';
import { aNode, barePod } from '../../support/manifests.ts';
import { badChecks, findingsOf, planned, testRun } from '../kit.ts';

const never = new AbortController().signal;
let api: KubeApi;
let world: KubeWorld;
let action: BoundAction;
let slept: number;

beforeAll(async () => {
  api = await startKubeApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  api.reset();
  slept = 0;
  world = createKubeWorld(() => 0);
  api.serve(world);
  for (const name of ['a', 'b']) world.apply(aNode(name));
  let now = 0;
  const disk: DiskWorld = {
    hosts: createHosts([]),
    known: [],
    cluster: createCleaningCluster({ kubeconfig: await api.kubeconfig(), timeoutMs: 2000 }),
    clock: {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
        slept += ms;
      },
    },
  };
  action = bindAction(diskPods, disk);
});

const owner = (kind: string, name: string, uid: string, apiVersion = 'apps/v1') => ({
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
});
const finished = (name: string, metadata: object = {}, phase = 'Failed', node = 'a') =>
  barePod(world, name, node, { phase, metadata });
const job = (name: string, conditions: readonly object[] = []) =>
  world.apply({
    kind: 'Job',
    apiVersion: 'batch/v1',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    status: { conditions },
  });
const left = (): string[] =>
  world
    .all('Pod')
    .map((pod) => pod.metadata.name)
    .sort();

/** One pod of each sort on `a`; those that may go are called go-…. */
function everySort(): void {
  finished('go-evicted', owner('ReplicaSet', 'web', 'rs'));
  finished('go-daemon', owner('DaemonSet', 'agent', 'ds'));
  finished('go-bare', {}, 'Succeeded');
  job('over', [{ type: 'Complete', status: 'True' }]);
  job('busy', [{ type: 'Complete', status: 'False' }]);
  finished('go-over', owner('Job', 'over', 'uid-over', 'batch/v1'), 'Succeeded');
  finished('go-orphan', owner('Job', 'forgotten', 'uid-forgotten', 'batch/v1'), 'Succeeded');
  finished('go-older', owner('Job', 'over', 'uid-of-its-predecessor', 'batch/v1'), 'Succeeded');
  finished('go-strange', owner('Job', '../secrets', 'uid-strange', 'batch/v1'), 'Succeeded');
  finished('busy', owner('Job', 'busy', 'uid-busy', 'batch/v1'), 'Succeeded');
  finished('counted', {
    ...owner('Job', 'over', 'uid-over', 'batch/v1'),
    finalizers: ['batch.kubernetes.io/job-tracking'],
  });
  finished('workflow', owner('Workflow', 'etl', 'wf', 'argoproj.io/v1alpha1'));
  barePod(world, 'scratch', 'a', {
    phase: 'Failed',
    spec: { volumes: [{ name: 'data', ephemeral: { volumeClaimTemplate: {} } }] },
  });
  finished('static', { annotations: { 'kubernetes.io/config.mirror': 'x' } });
  barePod(world, 'running', 'a', { metadata: owner('ReplicaSet', 'web', 'rs') });
  finished('elsewhere', {}, 'Failed', 'b');
}
const STAY = ['busy', 'counted', 'elsewhere', 'running', 'scratch', 'static', 'workflow'];

describe('disk.pods', () => {
  it('takes away what has finished and nobody needs, by uid, and nothing else', async () => {
    everySort();
    const plan = planned(await action.plan({ node: 'a' }, never));
    expect(findingsOf(plan)).toEqual([
      'ACKNOWLEDGE logs-lost',
      'ACKNOWLEDGE bare-pods',
      'NOTE estimate',
      'NOTE staying',
      'NOTE not-measured',
    ]);
    expect(plan.findings[1]?.text).toContain('default/go-bare:');
    expect(plan.findings[2]?.text).toMatch(/^7 finished pods/);
    expect(plan.findings[3]?.text).toContain('1: its Job is at work and needs it');
    expect(api.requests.every(({ method }) => method === 'GET')).toBe(true);
    const run = testRun('exec-00000001');
    await action.execute(plan, run, never);
    expect(left()).toEqual(STAY);
    const deletions = api.requests.filter(({ method }) => method === 'DELETE');
    expect(deletions).toHaveLength(7);
    for (const { body } of deletions) expect(body).toMatchObject({ preconditions: { uid: expect.any(String) } });
    const { is, outcome } = await action.verify(plan, run.journal, never);
    expect(is).toBe('succeeded');
    expect(badChecks(outcome)).toEqual([]);
    expect(outcome.text).toMatch(/^7 finished pods of 7 are gone; freed, by df: not measured\./);
    expect(await action.plan({ node: 'a' }, never)).toEqual({
      refused: expect.stringContaining('No finished pod on a may go (1: '),
    });
  });

  it('leaves a pod of nobody’s alone that finished since the plan', async () => {
    finished('go', owner('ReplicaSet', 'web', 'rs'));
    const plan = planned(await action.plan({ node: 'a' }, never));
    finished('bare');
    await action.execute(plan, testRun('exec-00000001'), never);
    expect(left()).toEqual(['bare']);
  });

  it('leaves a pod alone that took another’s name', async () => {
    finished('again', owner('StatefulSet', 'again', 'ss'));
    const plan = planned(await action.plan({ node: 'a' }, never));
    const run = testRun('exec-00000001');
    world.before = ({ method }) => {
      if (method !== 'DELETE') return undefined;
      world.remove('Pod', 'again', 'default');
      barePod(world, 'again', 'a');
      return undefined;
    };
    await action.execute(plan, run, never);
    expect(left()).toEqual(['again']);
    expect(run.journal.at(-1)?.result?.value).toEqual({ removed: 0, gone: 0, replaced: 1 });
    expect(await action.verify(plan, run.journal, never)).toMatchObject({ is: 'succeeded' });
  });

  it('goes on after a crash without doing anything twice', async () => {
    for (let n = 0; n < 60; n += 1) finished(`p-${n}`, owner('ReplicaSet', 'web', 'rs'));
    const plan = planned(await action.plan({ node: 'a' }, never));
    const run = testRun('exec-00000001');
    expect(await action.observe(plan, run.journal, never)).toMatchObject({ is: 'not-done' });
    let deletions = 0;
    world.before = ({ method }) => {
      if (method !== 'DELETE') return undefined;
      deletions += 1;
      return deletions > 30 ? kubeStatus(500, 'InternalError', 'gone') : undefined;
    };
    await expect(action.execute(plan, run, never)).rejects.toThrow();
    world.before = () => undefined;
    expect(await action.observe(plan, run.journal, never)).toMatchObject({ is: 'resumable' });
    const before = api.requests.length;
    await action.execute(plan, run, never);
    expect(left()).toEqual([]);
    expect(api.requests.slice(before).filter(({ method }) => method === 'DELETE').length).toBeLessThanOrEqual(35);
    expect(await action.observe(plan, run.journal, never)).toMatchObject({ is: 'done' });
  });

  it('takes 500 at once, the oldest first', async () => {
    for (let n = 0; n < 510; n += 1)
      finished(`p-${n}`, {
        ...owner('ReplicaSet', 'web', 'rs'),
        creationTimestamp: new Date(Date.UTC(2026, 0, 1) - n * 60_000).toISOString(),
      });
    const plan = planned(await action.plan({ node: 'a' }, never));
    expect(plan.findings.find(({ code }) => code === 'estimate')?.text).toContain('the oldest 500 go now');
    await action.execute(plan, testRun('exec-00000001'), never);
    expect(left()).toEqual(Array.from({ length: 10 }, (_, n) => `p-${n}`).sort());
  });

  it('says degraded, and waits no longer than it may, where pods stay', async () => {
    finished('stuck', owner('ReplicaSet', 'web', 'rs'));
    const plan = planned(await action.plan({ node: 'a' }, never));
    const run = testRun('exec-00000001');
    world.before = ({ method }) => (method === 'DELETE' ? { body: {} } : undefined);
    await action.execute(plan, run, never);
    const { is, outcome } = await action.verify(plan, run.journal, never);
    expect(is).toBe('degraded');
    expect(badChecks(outcome)).toEqual(['the pods: 1 left: default/stuck']);
    expect(slept).toBe(90_000);
  });

  it('keeps the pods of Jobs where it may not read Jobs, and names the right that is missing to delete', async () => {
    everySort();
    world.before = ({ path, method }) =>
      path.includes('/jobs') || method === 'DELETE'
        ? kubeStatus(403, 'Forbidden', 'pods is forbidden: User "x" cannot delete resource "pods"')
        : undefined;
    const plan = planned(await action.plan({ node: 'a' }, never));
    expect(plan.findings.find(({ code }) => code === 'staying')?.text).toContain('5: its Job can’t be read');
    await expect(action.execute(plan, testRun('exec-00000001'), never)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('delete pods'),
    });
  });
});

describe('podFate', () => {
  const pod: FinishedPod = {
    ...{ namespace: 'default', name: 'p', uid: 'u', phase: 'Failed', reason: 'Evicted', owner: undefined },
    ...{ job: undefined, mirror: false, finalizers: [], ephemeral: false, deleting: false, createdAt: 0 },
  };
  const of = { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'default', name: 'o', uid: 'o' };
  it.each<[string, Partial<FinishedPod>, boolean]>([
    ['nobody’s', {}, true],
    ['one of a ReplicaSet', { owner: of }, true],
    ['one of an unknown kind', { owner: { ...of, kind: 'Workflow' } }, false],
    ['one whose Job is over', { owner: { ...of, kind: 'Job' }, job: 'over' }, true],
    ['one whose Job is at work', { owner: { ...of, kind: 'Job' }, job: 'at-work' }, false],
    ['one whose Job is unknown', { owner: { ...of, kind: 'Job' }, job: 'unknown' }, false],
    [
      'one of a StatefulSet that Kubernetes doesn’t have',
      { owner: { ...of, apiVersion: 'apps.kruise.io/v1beta1' } },
      false,
    ],
    ['one of a ReplicationController', { owner: { ...of, apiVersion: 'v1', kind: 'ReplicationController' } }, true],
    ['one with an ephemeral volume', { ephemeral: true }, false],
    ['one that somebody waits for', { finalizers: ['x'] }, false],
    ['one that is going', { deleting: true }, false],
    ['one of a file', { mirror: true }, false],
  ])('%s', (_, change, goes) => {
    expect(podFate({ ...pod, ...change }).goes).toBe(goes);
  });
});
