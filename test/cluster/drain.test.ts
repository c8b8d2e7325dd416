import { channel } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeDrain, nodeUncordon } from '../../src/actions/node/action.ts';
import type { NodeWorld } from '../../src/actions/node/world.ts';
import type { ActingCluster } from '../../src/cluster/acting.ts';
import { createActingCluster } from '../../src/cluster/actingCluster.ts';
import { createFollowing, type StartedFollowing } from '../../src/cluster/following/following.ts';
import type { Plan } from '../../src/gate/model.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { badChecks, findingsOf, planned, type TestRun, testRun } from '../actions/kit.ts';
import { eventually } from '../support/real/process.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const { kubectl, apply } = target;
const [worker = '', ...others] = target.nodes;
const signal = new AbortController().signal;
const ARGS = { node: worker };
const PODS = 100;

let space: TestNamespace;
let cluster: ActingCluster;
let following: StartedFollowing;
let world: NodeWorld;

interface Shape {
  readonly kind?: 'Deployment' | 'StatefulSet';
  readonly name: string;
  readonly replicas: number;
  readonly spec?: object;
  readonly annotations?: object;
}

const metadata = (name: string) => ({ name, namespace: space.name, labels: { ...space.labels, app: name } });

function template({ name, spec = {}, annotations = {} }: Pick<Shape, 'name' | 'spec' | 'annotations'>) {
  return {
    metadata: { labels: { ...space.labels, app: name }, annotations },
    spec: {
      terminationGracePeriodSeconds: 1,
      nodeSelector: { type: 'kwok' },
      tolerations: [{ operator: 'Exists', effect: 'NoSchedule', key: 'kwok.x-k8s.io/node' }],
      containers: [{ name: 'main', image: target.image, resources: { requests: { cpu: '5m', memory: '8Mi' } } }],
      ...spec,
    },
  };
}

const workload = ({ kind = 'Deployment', name, replicas, ...rest }: Shape) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: metadata(name),
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: template({ name, ...rest }),
    ...(kind === 'StatefulSet' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {}),
  },
});

const budget = (name: string, app: string, rule: object) => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: metadata(name),
  spec: { ...rule, selector: { matchLabels: { app } } },
});

/** Sets workloads up with all of their pods on the worker, then lets the others take some. */
async function onWorker(shapes: readonly Shape[], more: readonly object[] = []): Promise<void> {
  for (const name of others) await kubectl(['cordon', name]);
  await apply([...shapes.map(workload), ...more]);
  for (const { kind = 'Deployment', name } of shapes)
    await kubectl(['rollout', 'status', `${kind}/${name}`, '-n', space.name, '--timeout=120s']);
  for (const name of others) await kubectl(['uncordon', name]);
  // Budgets are worked out a moment later.
  await eventually('budgets are worked out', async () => {
    const found = (await cluster.budgets(signal)).filter(({ namespace }) => namespace === space.name);
    return found.every(({ stale, healthy, expected }) => !stale && (healthy > 0 || expected === 0));
  });
}

const podsOn = async (node: string): Promise<readonly { name: string; uid: string }[]> =>
  (await cluster.pods({ node }, signal)).filter(
    ({ namespace, deletedAt }) => namespace === space.name && deletedAt === undefined,
  );

const plan = async (): Promise<Plan> => planned(await nodeDrain.plan(ARGS, world, signal));
const drain = async (of: Plan, run: TestRun): Promise<void> => nodeDrain.execute(of, run, world, signal);
const evictions = (run: TestRun): string[] =>
  run.journal.filter(({ step, result }) => step.startsWith('evict ') && result).map(({ step }) => step);

/** Counts the requests of this process while something is done. */
async function counted(task: () => Promise<unknown>): Promise<{ calls: number; tookMs: number }> {
  let calls = 0;
  const count = (): void => {
    calls += 1;
  };
  const started = channel('http.client.request.start');
  started.subscribe(count);
  const since = performance.now();
  try {
    await task();
  } finally {
    started.unsubscribe(count);
  }
  return { calls, tookMs: Math.round(performance.now() - since) };
}

// Nodes are emptied and cordoned here: only where they are nobody's.
describe.runIf(target.own && others.length > 0)('a drain on a real cluster', () => {
  beforeAll(() => {
    cluster = createActingCluster({ kubeconfig: target.kubeconfig });
    following = createFollowing({ kubeconfig: target.kubeconfig });
    following.start();
    world = { cluster, following, clock: systemClock, random: Math.random };
  });
  beforeEach(async () => {
    space = await target.namespace('drain');
    await kubectl(['uncordon', ...target.nodes]);
    return async () => {
      await space.remove();
      await kubectl(['uncordon', ...target.nodes]);
      await eventually('its pods are gone', async () => (await podsOn(worker)).length === 0, 60_000);
    };
  });
  afterAll(async () => {
    await following.stop();
    await kubectl(['uncordon', ...target.nodes]);
  });

  it(`moves the same ${PODS} pods as kubectl drain, in no more time and with less than half of its requests besides the evictions`, async () => {
    const shapes: Shape[] = [
      { name: 'web', replicas: 60 },
      { name: 'api', replicas: 30 },
      { kind: 'StatefulSet', name: 'db', replicas: 10 },
    ];
    await onWorker(shapes, [budget('api', 'api', { maxUnavailable: 15 })]);
    const before = await podsOn(worker);
    expect(before).toHaveLength(PODS);
    const planning = await counted(plan);
    const made = await plan();
    const run = testRun('req-1-side-by-side');
    const ours = await counted(() => drain(made, run));
    expect(await podsOn(worker)).toEqual([]);
    const verdict = await nodeDrain.verify(made, run.journal, world, signal);
    expect([verdict.is, badChecks(verdict.outcome)]).toEqual(['succeeded', []]);
    expect(
      evictions(run)
        .map((step) => step.split(' ').at(-1))
        .sort(),
    ).toEqual(before.map(({ uid }) => uid).sort());

    const back = planned(await nodeUncordon.plan(ARGS, world, signal));
    await nodeUncordon.execute(back, testRun('req-2-back'), world, signal);
    await kubectl(['delete', 'deployments,statefulsets,pdb', '--all', '-n', space.name, '--cascade=foreground']);
    await onWorker(shapes, [budget('api', 'api', { maxUnavailable: 15 })]);
    expect(await podsOn(worker)).toHaveLength(PODS);
    const since = performance.now();
    const said = await kubectlDrain();
    const theirs = {
      calls: said.match(/"Response" verb=|(?:GET|POST|PATCH|PUT) https:/g)?.length ?? 0,
      tookMs: Math.round(performance.now() - since),
    };
    expect(await podsOn(worker)).toEqual([]);
    console.log(`plan: ${JSON.stringify(planning)}; ours: ${JSON.stringify(ours)}; kubectl: ${JSON.stringify(theirs)}`);
    expect(theirs.calls).toBeGreaterThan(2 * PODS);
    // An eviction a pod both must ask for. kwok's pods end at once, so kubectl looks only once for each: with slower ones it looks every second.
    expect(ours.calls - PODS).toBeLessThanOrEqual((theirs.calls - PODS) / 2);
    expect(ours.tookMs).toBeLessThanOrEqual(theirs.tookMs * 1.1);
  }, 240_000);

  it('waits for a budget that comes in the middle, and never evicts a replaced pod twice', async () => {
    await onWorker(
      [
        { kind: 'StatefulSet', name: 'db', replicas: 4 },
        { name: 'web', replicas: 12 },
      ],
      [budget('web', 'web', { maxUnavailable: 1 })],
    );
    const run = testRun('req-3-middle');
    const draining = drain(await plan(), run);
    await eventually('one has gone', async () => evictions(run).length > 0);
    await apply([budget('web', 'web', { maxUnavailable: 2 })]);
    await draining;
    expect(await podsOn(worker)).toEqual([]);
    expect(new Set(evictions(run)).size).toBe(16);
    expect(run.said.some(({ text }) => /waiting on budget .*\/web \(needs 1[01] healthy, has/.test(text))).toBe(true);
  }, 120_000);

  it('goes on after a cancel’s stop, with what is left', async () => {
    await onWorker([{ name: 'web', replicas: 12 }], [budget('web', 'web', { maxUnavailable: 1 })]);
    const made = await plan();
    const run = testRun('req-4-cancel');
    const stop = new AbortController();
    const draining = nodeDrain.execute(made, run, world, stop.signal);
    await eventually('some have gone', async () => evictions(run).length > 2);
    run.cancel();
    stop.abort();
    await expect(draining).rejects.toMatchObject({ code: 'cancelled' });
    const seen = await nodeDrain.observe(made, run.journal, world, signal);
    expect(seen).toMatchObject({ is: 'resumable', text: expect.stringMatching(/stays cordoned; \d+ pods remain/) });
    const again = testRun('req-4-cancel', run.journal);
    await drain(made, again);
    expect(await podsOn(worker)).toEqual([]);
    expect(new Set(evictions(again)).size).toBe(12);
  }, 120_000);

  it.each<[string, () => Promise<void>]>([
    ['BLOCK budget-never', () => onWorker([{ name: 'web', replicas: 2 }], [budget('b', 'web', { maxUnavailable: 0 })])],
    [
      'BLOCK several-budgets',
      () =>
        onWorker(
          [{ name: 'web', replicas: 2 }],
          [budget('b', 'web', { maxUnavailable: 1 }), budget('c', 'web', { minAvailable: 1 })],
        ),
    ],
    ['NOTE budget-allows', () => onWorker([{ name: 'web', replicas: 2 }], [budget('b', 'web', { maxUnavailable: 1 })])],
    ['ACKNOWLEDGE all-replicas-here', () => onWorker([{ name: 'web', replicas: 2 }])],
    ['ACKNOWLEDGE single-replica', () => onWorker([{ name: 'web', replicas: 1 }])],
    [
      'ACKNOWLEDGE empty-dir',
      () => onWorker([{ name: 'web', replicas: 1, spec: { volumes: [{ name: 'x', emptyDir: {} }] } }]),
    ],
    [
      'ACKNOWLEDGE host-path',
      () => onWorker([{ name: 'web', replicas: 1, spec: { volumes: [{ name: 'x', hostPath: { path: '/srv' } }] } }]),
    ],
    [
      'ACKNOWLEDGE opt-out',
      () =>
        onWorker([
          { name: 'web', replicas: 1, annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } },
        ]),
    ],
    [
      'ACKNOWLEDGE nowhere-else',
      () => onWorker([{ name: 'web', replicas: 1, spec: { nodeSelector: { 'kubernetes.io/hostname': worker } } }]),
    ],
    [
      'ACKNOWLEDGE unmanaged',
      () =>
        apply([
          {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: metadata('solo'),
            spec: { ...template({ name: 'solo' }).spec, nodeName: worker },
          },
        ]),
    ],
    [
      'ACKNOWLEDGE running-job',
      () =>
        apply([
          {
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: metadata('job'),
            spec: { template: template({ name: 'job', spec: { nodeName: worker, restartPolicy: 'Never' } }) },
          },
        ]),
    ],
    ['NOTE already-cordoned', async () => void (await kubectl(['cordon', worker]))],
    [
      'BLOCK last-node',
      async () => void (await kubectl(['cordon', ...others, ...(target.realNode ? [target.realNode] : [])])),
    ],
  ])('%s is found on real objects', async (expected, set) => {
    try {
      await set();
      await eventually(expected, async () => findingsOf(await plan()).includes(expected), 15_000);
    } finally {
      if (target.realNode) await kubectl(['uncordon', target.realNode]);
    }
  });

  it('reads each answer of the eviction API', async () => {
    await onWorker([{ name: 'web', replicas: 2 }], [budget('b', 'web', { maxUnavailable: 0 })]);
    const [pod] = await cluster
      .pods({ node: worker }, signal)
      .then((all) => all.filter(({ labels }) => labels['app'] === 'web'));
    if (!pod) throw new Error('no pod');
    const dry = { dryRun: true };
    expect(await cluster.evict(pod, dry, signal)).toMatchObject({
      is: 'held',
      text: expect.stringContaining('needs 2 healthy pods and has 2 currently'),
    });
    expect(await cluster.evict({ ...pod, name: 'gone' }, dry, signal)).toEqual({ is: 'gone' });
    await apply([budget('c', 'web', { minAvailable: 1 })]);
    expect(await cluster.evict(pod, dry, signal)).toEqual({ is: 'several-budgets' });
    await kubectl(['delete', 'pdb', '--all', '-n', space.name]);
    await eventually('the budgets are gone', async () => (await cluster.evict(pod, dry, signal)).is === 'evicted');
    expect(await cluster.evict({ ...pod, uid: '00000000-0000-0000-0000-000000000000' }, dry, signal)).toEqual({
      is: 'replaced',
    });
  });
});

/** kubectl's own drain of the worker; `-v=6` writes a line for each request, to stderr. */
async function kubectlDrain(): Promise<string> {
  const { execa } = await import('execa');
  const flags = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=120s', '-v=6'];
  const command = process.env['DAYTWO_TEST_KUBECTL'] ?? 'kubectl';
  const { all } = await execa(command, ['--kubeconfig', target.kubeconfig, 'drain', worker, ...flags], {
    all: true,
    stdin: 'ignore',
    timeout: 150_000,
  });
  return all;
}
