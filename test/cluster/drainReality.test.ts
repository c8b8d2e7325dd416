import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeDrain } from '../../src/actions/node/action.ts';
import { drainEffects } from '../../src/actions/node/effects.ts';
import type { NodeWorld } from '../../src/actions/node/world.ts';
import { createActingCluster } from '../../src/cluster/actingCluster.ts';
import type { Plan } from '../../src/gate/model.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { badChecks, findingsOf, planned, type TestRun, testRun } from '../actions/kit.ts';
import { eventually } from '../support/real/process.ts';
import { isReady, makePlace, type Place } from './lab/place.ts';
import type { Raw } from './lab/rawApi.ts';
import { type Stage, stageOf } from './lab/stage.ts';
import { csiVolume } from './lab/volumes.ts';
import { barePod, budget, workload } from './lab/workloads.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const signal = new AbortController().signal;
/** So many times as fast runs the time of a verification: it waits five minutes for what doesn't come back. */
const FASTER = 40;
const since = Date.now();
const hurried: Clock = {
  now: () => since + (Date.now() - since) * FASTER,
  sleep: async (ms) => void (await wait(ms / FASTER)),
};

describe.runIf(target.own)('the plan of a drain, and what then happened', () => {
  let place: Place;
  let stage: Stage;
  let world: NodeWorld;
  let node: string;
  beforeAll(() => {
    const cluster = createActingCluster({ kubeconfig: target.kubeconfig });
    world = { cluster, clock: systemClock, random: Math.random };
  });
  beforeEach(async () => {
    place = await makePlace(target);
    stage = stageOf(place);
    node = stage.node;
    return async () => {
      await stage.strike();
      await place.remove();
    };
  });

  const plan = async (): Promise<Plan> => planned(await nodeDrain.plan({ node }, world, signal));
  const drain = async (made: Plan): Promise<TestRun> => {
    const run = testRun('req-1-reality');
    await nodeDrain.execute(made, run, world, signal);
    return run;
  };
  const verify = (made: Plan, run: TestRun) =>
    nodeDrain.verify(made, run.journal, { ...world, clock: hurried }, signal);
  const of = async (app: string): Promise<readonly Raw[]> =>
    (await place.pods()).filter(({ metadata }) => metadata.labels.app === app);
  const evict = async (pod: string): Promise<number> => {
    const path = `/api/v1/namespaces/${place.namespace}/pods/${pod}/eviction`;
    const body = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } });
    const headers = { 'content-type': 'application/json' };
    const answer = await place.api.open({ method: 'POST', path, headers, body });
    answer.resume();
    return answer.statusCode ?? 0;
  };

  it('loses what it called lost and nothing else; what stays behind is what it said, and the end names it', async () => {
    await stage.localDb();
    await stage.fill(
      6,
      stage.web(3),
      workload(place, { kind: 'Job', name: 'job' }),
      barePod(place, 'solo', node),
      budget('web', 'web', { maxUnavailable: 2 }),
    );
    const made = await plan();
    const lost = drainEffects(made).workloads.filter((one) => one.lost);
    expect(lost.map(({ workload: name }) => name)).toEqual([`Pod ${place.namespace}/solo`]);
    const before = new Set((await place.pods(node)).map(({ metadata }) => metadata.uid));
    const run = await drain(made);
    expect(await place.pods(node)).toEqual([]);
    await eventually('all that moves is ready elsewhere', async () => {
      const [web, job] = [await of('web'), await of('job')];
      return web.filter(isReady).length === 3 && job.filter(isReady).length === 1;
    });
    const now = await place.pods();
    expect(now.filter(({ metadata }) => before.has(metadata.uid))).toEqual([]);
    expect(await of('solo')).toEqual([]);
    const [db] = await of('db');
    expect([db.status.phase, db.spec.nodeName]).toEqual(['Pending', undefined]);
    const { is, outcome } = await verify(made, run);
    expect([is, badChecks(outcome)]).toEqual([
      'degraded',
      [`controllers as ready as before: StatefulSet ${place.namespace}/db 0 of 1`],
    ]);
    expect(outcome.text).toContain(`StatefulSet ${place.namespace}/db 0 of 1`);
    // Back on its node it is whole again, as the plan said.
    await place.cordon(node, false);
    await eventually('it is back', async () => (await of('db')).filter(isReady).length === 1);
  }, 120_000);

  it('finishes where it said that it will', async () => {
    await stage.fill(
      5,
      stage.web(3),
      workload(place, { name: 'api', replicas: 2 }),
      budget('web', 'web', { maxUnavailable: 3 }),
    );
    const made = await plan();
    expect(made.summary).toContain('it will finish');
    const run = await drain(made);
    expect(run.journal.some(({ step }) => step === 'gave-up')).toBe(false);
    const { is, outcome } = await verify(made, run);
    expect([is, badChecks(outcome)]).toEqual(['succeeded', []]);
  }, 90_000);

  it.each<[string, number, (at: Place) => readonly object[]]>([
    ['budget-never', 429, () => [budget('a', 'web', { maxUnavailable: 0 })]],
    [
      'several-budgets',
      500,
      () => [budget('a', 'web', { maxUnavailable: 1 }), budget('b', 'web', { maxUnavailable: 1 })],
    ],
  ])('blocks by %s what the API server refuses with %s', async (code, expected, budgets) => {
    await stage.fill(2, stage.web(2), ...budgets(place));
    const made = await plan();
    expect(findingsOf(made)).toContain(`BLOCK ${code}`);
    expect(made.summary).toContain('can not finish');
    expect(await evict(await stage.firstPod())).toBe(expected);
  });

  it('ends blocked at its deadline, and names each pod with what its budget needs and has', async () => {
    await stage.fill(3, stage.web(3), budget('web', 'web', { maxUnavailable: 1 }));
    for (const other of place.nodes.slice(1)) await place.cordon(other);
    const short = { ...world, deadlineMs: 6000 };
    const made = planned(await nodeDrain.plan({ node }, short, signal));
    const run = testRun('req-1-deadline');
    await nodeDrain.execute(made, run, short, signal);
    const { is, outcome } = await verify(made, run);
    expect(is).toBe('failed');
    expect(outcome.text).toContain('blocked, its time is over. 2 pods left');
    expect(outcome.text).toContain(`budget ${place.namespace}/web (needs 2 healthy, has 2: none to spare)`);
    expect(outcome.text).toContain('It stays cordoned.');
  }, 60_000);

  it('is degraded while a volume is still attached, and names it', async () => {
    const { mount, name, attach, detach, remove } = await csiVolume(place, 'disk');
    try {
      await stage.fill(1, workload(place, { kind: 'StatefulSet', name: 'db', spec: mount }));
      await attach(node);
      const made = await plan();
      const run = await drain(made);
      const held = await verify(made, run);
      expect([held.is, badChecks(held.outcome)]).toEqual(['degraded', [`volumes detached: ${name}`]]);
      await detach();
      expect((await verify(made, run)).is).toBe('succeeded');
    } finally {
      await remove();
    }
  }, 90_000);
});
