import type { DrainSnapshot } from '../../../src/actions/node/snapshot.ts';
import { lookAtNode } from '../../../src/actions/node/snapshot.ts';
import type { NodeWorld } from '../../../src/actions/node/world.ts';
import { createKubeWorld, type KubeWorld } from '../../support/kubeWorld.ts';
import { aNode } from '../../support/manifests.ts';
import { worldCluster } from '../../support/worldCluster.ts';

/** Numbers from a seed, evenly between 0 and 1. Source: Mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Three nodes, `a`, `b` and `c`. Pods land on `a` alone until `open` lets the others take some. */
export function threeNodes(seed = 1): { world: KubeWorld; open: () => void } {
  const world = createKubeWorld(seeded(seed));
  world.apply(aNode('a'));
  for (const name of ['b', 'c']) world.apply(aNode(name, { spec: { unschedulable: true } }));
  return {
    world,
    open: () => {
      for (const name of ['b', 'c']) world.get('Node', name).spec.unschedulable = false;
    },
  };
}

/** Lets the controllers work until all is quiet. */
export function settle(world: KubeWorld, ticks = 30): void {
  for (let n = 0; n < ticks; n += 1) world.tick();
}

/** The actions' world over a cluster; each sleep is a tick. */
export function nodeWorld(world: KubeWorld, more: Partial<NodeWorld> = {}): NodeWorld & { sleeps: number } {
  let now = Date.parse('2026-11-21T03:10:00Z');
  const made = {
    cluster: worldCluster(world),
    random: () => 0.5,
    clock: {
      now: () => now,
      sleep: async (ms: number) => {
        made.sleeps += 1;
        now += ms;
        world.tick();
      },
    },
    sleeps: 0,
    ...more,
  };
  return made;
}

/** A snapshot of a node. */
export async function snapshotOf(world: KubeWorld, node = 'a', more: Partial<NodeWorld> = {}): Promise<DrainSnapshot> {
  const found = await lookAtNode(node, nodeWorld(world, more), new AbortController().signal);
  if (!('node' in found)) throw new Error(`no node ${node}`);
  return found;
}
