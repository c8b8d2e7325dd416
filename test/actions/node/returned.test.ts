import { describe, expect, it } from 'vitest';
import { nodeDrain } from '../../../src/actions/node/action.ts';
import { createReturned, toleratesCordon } from '../../../src/actions/node/returned.ts';
import { stopwatch } from '../../../src/actions/node/stopwatch.ts';
import type { PodState } from '../../../src/cluster/acting.ts';
import { budget, deploy, stateful } from '../../support/manifests.ts';
import { findingsOf, planned, testRun } from '../kit.ts';
import { nodeWorld, settle, threeNodes } from './kit.ts';

const signal = new AbortController().signal;
const EXECUTION = 'req-17-0011';
const ANY = [{ operator: 'Exists' }];

const pod = (uid: string, tolerations: readonly object[] = []): PodState => ({ uid, tolerations }) as PodState;
const toleration = { key: '', operator: 'Exists', value: '', effect: '' };

describe('pods that come back to a cordoned node', () => {
  it.each<[string, object, boolean]>([
    ['everything', toleration, true],
    ['this taint', { ...toleration, key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }, true],
    ['another taint', { ...toleration, key: 'node.kubernetes.io/disk-pressure' }, false],
    ['what evicts', { ...toleration, effect: 'NoExecute' }, false],
  ])('tolerates %s', (_, one, expected) => {
    expect(toleratesCordon(pod('a', [one]))).toBe(expected);
  });

  it('are left alone where they tolerate the cordon, or come again and again', () => {
    const returned = createReturned(['old']);
    expect(returned.why(pod('old', [toleration]), 'w')).toBeUndefined();
    expect(returned.why(pod('new', [toleration]), 'w')).toContain('tolerates the cordon');
    const late = ['1', '2', '3', '4', '5'].map((uid) => returned.why(pod(uid), 'fixed') === undefined);
    expect(late).toEqual([true, true, true, false, false]);
    expect(createReturned(undefined).why(pod('new', [toleration]), 'w')).toBeUndefined();
  });

  it('end a drain as blocked, each evicted once, whatever crashes in between', async () => {
    const { world, open } = threeNodes();
    const others = (ready: string): void => {
      for (const name of ['b', 'c']) world.get('Node', name).status.conditions[0].status = ready;
    };
    others('Unknown');
    stateful(world, { app: 'db', replicas: 2, spec: { tolerations: ANY } });
    settle(world, 8);
    open();
    others('True');
    const around = nodeWorld(world);
    const plan = planned(await nodeDrain.plan({ node: 'a' }, around, signal));
    expect(findingsOf(plan)).toContain('ACKNOWLEDGE tolerates-cordon');
    others('Unknown');
    const pods = world.all('Pod').map(({ metadata: { namespace, name, uid } }) => `${namespace}/${name} ${uid}`);
    const run = testRun(EXECUTION);
    await nodeDrain.execute(plan, run, around, signal);
    expect(world.evicted.toSorted()).toEqual(pods.toSorted());
    const again = run.journal.filter(({ step }) => step !== 'gave-up');
    await nodeDrain.execute(plan, testRun(EXECUTION, again), around, signal);
    expect(world.evicted).toHaveLength(2);
    const { is, outcome } = await nodeDrain.verify(plan, run.journal, around, signal);
    expect(is).toBe('failed');
    expect(outcome.text).toContain('it tolerates the cordon and came back to this node');
  });
});

describe('a clock that is set during a drain', () => {
  it('counts steps back as nothing, and leaps as two minutes', () => {
    let now = 1000;
    const passed = stopwatch(() => now);
    for (const next of [1500, 400, 900, 10_000_000]) {
      now = next;
      passed();
    }
    expect(passed()).toBe(500 + 500 + 120_000);
  });

  it.each([
    ['back by an hour', -3_600_000],
    ['forward by a day', 86_400_000],
  ])('%s: it neither hangs nor ends', async (_, byMs) => {
    const { world, open } = threeNodes();
    deploy(world, { app: 'web', replicas: 6 });
    budget(world, 'web', 'web', { maxUnavailable: 1 });
    settle(world, 8);
    open();
    const around = nodeWorld(world);
    let setMs = 0;
    const { now, sleep } = around.clock;
    let tries = 0;
    const clock = {
      now: () => now() + setMs,
      sleep: async (ms: number) => {
        // While one rests.
        if (tries === 2) setMs = byMs;
        await sleep(ms);
      },
    };
    const plan = planned(await nodeDrain.plan({ node: 'a' }, { ...around, clock }, signal));
    world.before = ({ path }) => {
      if (!path.endsWith('/eviction')) return undefined;
      tries += 1;
      // A refusal is rested for: by a clock that went back that would be an hour.
      return tries === 2
        ? { status: 409, body: { kind: 'Status', code: 409, message: 'please try again' } }
        : undefined;
    };
    const before = around.sleeps;
    await nodeDrain.execute(plan, testRun(EXECUTION), { ...around, clock }, signal);
    expect(world.all('Pod').filter(({ spec }) => spec.nodeName === 'a')).toEqual([]);
    expect(around.sleeps - before).toBeLessThan(60);
  });
});
