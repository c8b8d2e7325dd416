import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { survey } from '../../../src/actions/node/survey.ts';
import { createKubeWorld, type KubeWorld } from '../../support/kubeWorld.ts';
import { aNode, barePod, budget, deploy, stateful } from '../../support/manifests.ts';
import { seeded, settle, snapshotOf } from './kit.ts';

/** A workload of a generated cluster. */
interface Load {
  readonly kind: 'deployment' | 'ordered' | 'parallel' | 'local' | 'bare';
  readonly replicas: number;
  readonly cpu: number;
  readonly only: 'any' | 'ssd';
  readonly rule: 'none' | 'max0' | 'max1' | 'max2' | 'min1' | 'min50' | 'minAll' | 'two';
  readonly always: boolean;
  readonly sick: number;
}

interface Plan {
  readonly nodes: readonly {
    readonly cpu: number;
    readonly pods: number;
    readonly ssd: boolean;
    readonly tainted: boolean;
  }[];
  readonly loads: readonly Load[];
  readonly seed: number;
}

const load: fc.Arbitrary<Load> = fc.record({
  kind: fc.constantFrom('deployment', 'deployment', 'ordered', 'parallel', 'local', 'bare'),
  replicas: fc.integer({ min: 1, max: 5 }),
  cpu: fc.constantFrom(100, 500, 1000, 2000),
  only: fc.constantFrom('any', 'any', 'any', 'ssd'),
  rule: fc.constantFrom('none', 'none', 'max0', 'max1', 'max1', 'max2', 'min1', 'min50', 'minAll', 'two'),
  always: fc.boolean(),
  sick: fc.constantFrom(0, 0, 0, 1),
});

const clusters: fc.Arbitrary<Plan> = fc.record({
  nodes: fc.array(
    fc.record({
      cpu: fc.constantFrom(2, 4, 8, 16),
      pods: fc.constantFrom(4, 10, 110),
      ssd: fc.boolean(),
      tainted: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 2, maxLength: 5 },
  ),
  loads: fc.array(load, { minLength: 1, maxLength: 5 }),
  seed: fc.nat(),
});

const RULES: Readonly<Record<Load['rule'], readonly object[]>> = {
  none: [],
  max0: [{ maxUnavailable: 0 }],
  max1: [{ maxUnavailable: 1 }],
  max2: [{ maxUnavailable: 2 }],
  min1: [{ minAvailable: 1 }],
  min50: [{ minAvailable: '50%' }],
  minAll: [{ minAvailable: '100%' }],
  two: [{ maxUnavailable: 1 }, { minAvailable: 1 }],
};

/** Builds a cluster with its workloads at rest. */
function build({ nodes, loads, seed }: Plan): KubeWorld {
  const world = createKubeWorld(seeded(seed));
  for (const [n, { cpu, pods, ssd, tainted }] of nodes.entries())
    world.apply(
      aNode(`n${n}`, {
        cpu: String(cpu),
        pods,
        labels: ssd ? { disk: 'ssd' } : {},
        // The node that is drained took its pods before.
        spec: tainted && n > 0 ? { taints: [{ key: 'dedicated', value: 'x', effect: 'NoSchedule' }] } : {},
      }),
    );
  for (const [n, { kind, replicas, cpu, only, rule, always, sick }] of loads.entries()) {
    const app = `app${n}`;
    const spec = only === 'ssd' ? { nodeSelector: { disk: 'ssd' } } : {};
    const shape = { app, replicas, cpu: `${cpu}m`, spec };
    if (kind === 'deployment') deploy(world, shape);
    else if (kind === 'bare') barePod(world, app, 'n0', { metadata: { labels: { app } } });
    else
      stateful(world, {
        ...shape,
        parallel: kind !== 'ordered',
        ...(kind === 'local' ? { local: Array.from({ length: replicas }, (_, at) => `n${at % nodes.length}`) } : {}),
      });
    for (const [at, one] of RULES[rule].entries())
      budget(world, `${app}-${at}`, app, { ...one, ...(always ? { unhealthyPodEvictionPolicy: 'AlwaysAllow' } : {}) });
    settle(world, 12);
    for (const pod of world
      .all('Pod')
      .filter(({ metadata }) => metadata.labels?.app === app)
      .slice(0, sick)) {
      pod.metadata.annotations = { ...pod.metadata.annotations, sick: 'yes' };
      if (pod.status.phase === 'Running') pod.status.conditions = [{ type: 'Ready', status: 'False' }];
    }
  }
  settle(world, 3);
  return world;
}

/** Drains as kubectl does, in any order, with the controllers working in between; tells whether the node ends up empty. */
function drain(world: KubeWorld, random: () => number): boolean {
  world.get('Node', 'n0').spec = { ...world.get('Node', 'n0').spec, unschedulable: true };
  for (let quiet = 0; quiet < 25; ) {
    const here = world.all('Pod').filter(({ spec }) => spec.nodeName === 'n0');
    if (here.length === 0) return true;
    const before = world.evicted.length;
    for (const { metadata } of here.sort(() => random() - 0.5)) {
      world.handle({
        method: 'POST',
        path: `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/eviction`,
        query: {},
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: metadata.name },
          deleteOptions: { preconditions: { uid: metadata.uid } },
        },
      });
      if (random() < 0.3) world.tick();
    }
    quiet = world.evicted.length > before ? 0 : quiet + 1;
    world.tick();
  }
  return false;
}

const readyOf = (world: KubeWorld, app: string): number =>
  world
    .all('Pod')
    .filter(
      ({ metadata, status }) =>
        metadata.labels?.app === app && !metadata.deletionTimestamp && status.conditions?.[0]?.status === 'True',
    ).length;

describe('the planner against a simulated eviction API', () => {
  const seen = { will: 0, should: 0, held: 0, never: 0, safe: 0, finished: 0 };

  it('never says that it will finish where it gets stuck, nor that it never can where it does; loses no pod it called safe', async () => {
    await fc.assert(
      fc.asyncProperty(clusters, async (plan) => {
        const world = build(plan);
        const found = survey(await snapshotOf(world, 'n0'));
        const apps = [...new Set(found.pods.map(({ pod }) => pod.labels['app'] ?? ''))];
        const safe = apps.filter((app) =>
          found.pods.every(({ pod, returns }) => pod.labels['app'] !== app || (returns === 'surely' && pod.ready)),
        );
        const before = new Map(safe.map((app) => [app, readyOf(world, app)]));
        const random = seeded(plan.seed + 1);
        const finished = drain(world, random);
        seen[found.finishes] += 1;
        seen.safe += safe.length;
        seen.finished += Number(finished);
        if (found.finishes === 'will') expect(finished, 'it will finish').toBe(true);
        if (found.finishes === 'never') expect(finished, 'it can never finish').toBe(false);
        settle(world, 30);
        for (const [app, ready] of before) expect(readyOf(world, app), `${app} is safe`).toBeGreaterThanOrEqual(ready);
      }),
      { numRuns: Number(process.env['DRAIN_RUNS'] ?? 400) },
    );
  });

  it('made every kind of claim often enough for that to mean something', () => {
    for (const [claim, count] of Object.entries(seen)) expect(count, claim).toBeGreaterThan(1);
  });
});
