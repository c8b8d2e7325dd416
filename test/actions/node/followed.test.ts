import { describe, expect, it } from 'vitest';
import { nodeDrain } from '../../../src/actions/node/action.ts';
import type { NodeWorld } from '../../../src/actions/node/world.ts';
import type { BudgetState, PodState } from '../../../src/cluster/acting.ts';
import type { Following, NodeFollower } from '../../../src/cluster/following/port.ts';
import { podState } from '../../../src/cluster/state/pod.ts';
import type { KubeWorld } from '../../support/kubeWorld.ts';
import { budget, deploy } from '../../support/manifests.ts';
import { findingsOf, planned, testRun } from '../kit.ts';
import { nodeWorld, settle, threeNodes } from './kit.ts';

const signal = new AbortController().signal;
const ARGS = { node: 'a' };

/** What a follower claims to know, at each moment; undefined: it isn't fresh. */
interface Claims {
  readonly pods?: (world: KubeWorld) => readonly PodState[] | undefined;
  readonly budgets?: () => readonly BudgetState[] | undefined;
  readonly elsewhere?: (world: KubeWorld) => readonly PodState[];
}

/** A cluster whose changes are told as a test wants. */
async function told(claims: Claims) {
  const { world, open } = threeNodes();
  deploy(world, { app: 'web', replicas: 6 });
  budget(world, 'web', 'web', { maxUnavailable: 2 });
  settle(world, 8);
  open();
  world.tick();
  let stopped = 0;
  let pods: readonly PodState[] | undefined;
  const node: NodeFollower = {
    pods: () => pods,
    budgets: () => claims.budgets?.(),
    state: () => ({ is: 'following' }),
    changed: async () => {
      pods = claims.pods?.(world);
    },
    stop: async () => {
      stopped += 1;
    },
  };
  const following: Following = {
    elsewhere: async () => claims.elsewhere?.(world),
    node: () => node,
    state: () => ({ is: 'following' }),
  };
  const around: NodeWorld = nodeWorld(world, { following });
  const plan = planned(await nodeDrain.plan(ARGS, around, signal));
  world.requests.length = 0;
  const asked = (path: string) => world.requests.filter((one) => one.method === 'GET' && one.path === path);
  return { world, around, plan, stopped: () => stopped, asked };
}

const onA = (world: KubeWorld): number => world.all('Pod').filter(({ spec }) => spec.nodeName === 'a').length;
const there = (world: KubeWorld): readonly PodState[] =>
  world
    .all('Pod')
    .map(podState)
    .filter(({ node }) => node === 'a');

describe('a drain of a node that is followed', () => {
  it('takes its word for what is left, and asks twice when it says that nothing is', async () => {
    const { world, around, plan, asked, stopped } = await told({ pods: there });
    await nodeDrain.execute(plan, testRun('req-1-a'), around, signal);
    expect([onA(world), world.evicted.length, stopped()]).toEqual([0, 6, 1]);
    // What was there before, the first look, and two that found nothing.
    expect(asked('/api/v1/pods')).toHaveLength(4);
  });

  it('does not believe that nothing is left', async () => {
    const { world, around, plan } = await told({ pods: () => [] });
    await nodeDrain.execute(plan, testRun('req-1-a'), around, signal);
    expect([onA(world), world.evicted.length]).toEqual([0, 6]);
  });

  it('ends though it is told of pods that are long gone', async () => {
    let old: readonly PodState[] | undefined;
    const { world, around, plan } = await told({
      pods: (now) => {
        old ??= there(now);
        return old;
      },
    });
    await nodeDrain.execute(plan, testRun('req-1-a'), around, signal);
    expect([onA(world), new Set(world.evicted).size]).toEqual([0, 6]);
  });

  it('takes budgets from it, and asks for none', async () => {
    let budgets: readonly BudgetState[] = [];
    const { world, around, plan, asked } = await told({ budgets: () => budgets });
    budgets = await around.cluster.budgets(signal);
    world.requests.length = 0;
    await nodeDrain.execute(plan, testRun('req-1-a'), around, signal);
    expect(asked('/apis/policy/v1/poddisruptionbudgets')).toEqual([]);
    expect(onA(world)).toBe(0);
  });

  it('stops following when it is cancelled', async () => {
    const { around, plan, stopped } = await told({});
    const run = testRun('req-1-a');
    run.cancel();
    await expect(nodeDrain.execute(plan, run, around, signal)).rejects.toMatchObject({ code: 'cancelled' });
    const again = testRun('req-1-a');
    const stop = new AbortController();
    const draining = nodeDrain.execute(plan, { ...again, progress: () => stop.abort() }, around, stop.signal);
    await expect(draining).rejects.toMatchObject({ code: 'cancelled' });
    expect(stopped()).toBe(1);
  });
});

describe('a plan where the cluster is followed', () => {
  it('lists no pods but the node’s, and is the same plan', async () => {
    const { around, plan, world } = await told({
      elsewhere: (now) =>
        now
          .all('Pod')
          .map(podState)
          .filter(({ node }) => node !== 'a'),
    });
    const lists = await listsOf(world, () => nodeDrain.plan(ARGS, around, signal));
    expect(lists).toEqual(['spec.nodeName=a']);
    const { following: _, ...alone } = around;
    const again = planned(await nodeDrain.plan(ARGS, alone, signal));
    expect(findingsOf(plan)).toEqual(findingsOf(again));
    expect([plan.summary, plan.effects]).toEqual([again.summary, again.effects]);
  });

  it('lists them where they are not known', async () => {
    const { around, world } = await told({});
    const lists = await listsOf(world, () => nodeDrain.plan(ARGS, around, signal));
    expect(lists).toEqual(['spec.nodeName=a', 'status.phase!=Succeeded,status.phase!=Failed']);
  });
});

/** The lists of pods that something asks for, by their selectors. */
async function listsOf(world: KubeWorld, task: () => Promise<unknown>): Promise<readonly (string | undefined)[]> {
  world.requests.length = 0;
  await task();
  return world.requests
    .filter(({ path }) => path === '/api/v1/pods')
    .map(({ query }) => query['fieldSelector'])
    .sort();
}
