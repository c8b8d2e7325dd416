import { afterEach, describe, expect, it } from 'vitest';
import { nodeDrain } from '../../src/actions/node/action.ts';
import type { NodeWorld } from '../../src/actions/node/world.ts';
import { bindAction } from '../../src/gate/bound.ts';
import type { GateRequest } from '../../src/gate/model.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { seeded, settle, threeNodes } from '../actions/node/kit.ts';
import type { KubeWorld } from '../support/kubeWorld.ts';
import { budget, deploy, stateful } from '../support/manifests.ts';
import { worldCluster } from '../support/worldCluster.ts';
import { ana, asks, ben, type House, openHouse, policy, press, until } from './house.ts';

/** How much faster than the clock a drain waits here. */
const FASTER = 200;

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

/** A cluster whose controllers work all the time, and what drains node `a` of it. */
function cluster(set: (world: KubeWorld) => void, more: Partial<NodeWorld> = {}) {
  const { world, open } = threeNodes();
  set(world);
  settle(world, 8);
  open();
  world.tick();
  const ticking = setInterval(() => world.tick(), 8);
  ended.push(() => clearInterval(ticking));
  const around: NodeWorld = {
    cluster: worldCluster(world),
    random: seeded(7),
    clock: { now: () => Date.now() * FASTER, sleep: (ms, signal) => systemClock.sleep(ms / FASTER, signal) },
    ...more,
  };
  return { world, around };
}

const workloads = (world: KubeWorld): void => {
  deploy(world, { app: 'web', replicas: 6 });
  stateful(world, { app: 'db', replicas: 3, parallel: true });
  budget(world, 'web', 'web', { maxUnavailable: 2 });
  budget(world, 'db', 'db', { maxUnavailable: 1 });
};

async function gate(around: NodeWorld, dir?: string): Promise<House> {
  const house = await openHouse({ ...(dir === undefined ? {} : { dir }), actions: [bindAction(nodeDrain, around)] });
  house.surroundings.policies = [policy({ actions: ['node.*'] })];
  house.surroundings.clusterUid = (_, signal) => around.cluster.uid(signal);
  return house;
}

async function approved(house: House, n = 1): Promise<void> {
  await house.service.ask('node.drain', { node: 'a' }, asks(ana));
  await press(house, 'confirm', ana, 'slack', n);
  await press(house, 'approve', ben, 'telegram', n);
}

const onA = (world: KubeWorld) => world.all('Pod').filter(({ spec }) => spec.nodeName === 'a');
const checks = ({ outcome }: GateRequest) => outcome?.checks.filter(({ ok }) => !ok);

describe('a drain through the gate', () => {
  it('is planned, confirmed, approved, carried out and verified', async () => {
    const { world, around } = cluster(workloads);
    const house = await gate(around);
    ended.push(() => house.end());
    await approved(house);
    expect(world.evicted).toEqual([]);
    house.executor();
    const request = await house.until('succeeded', 'degraded', 'failed');
    expect([request.state, checks(request)]).toEqual(['succeeded', []]);
    expect(onA(world)).toEqual([]);
    const steps = house.audit.entries.filter(({ kind }) => kind.endsWith('.step') || kind === 'step');
    expect(steps).toHaveLength(2 + 9);
  });

  it('is void, and nothing was touched, where a budget came after the approval that never lets go', async () => {
    const { world, around } = cluster((one) => deploy(one, { app: 'web', replicas: 2 }));
    const house = await gate(around);
    ended.push(() => house.end());
    await approved(house);
    budget(world, 'late', 'web', { maxUnavailable: 0 });
    world.judge();
    house.executor();
    const request = await house.until('planned');
    expect(request.votes).toEqual([]);
    expect(request.plan.findings.map(({ code }) => code)).toContain('budget-never');
    expect([world.evicted, world.get('Node', 'a').spec]).toEqual([[], {}]);
  });

  it('asked for twice and taken by two executors happens once', async () => {
    const { world, around } = cluster(workloads);
    const house = await gate(around);
    ended.push(() => house.end());
    await approved(house, 1);
    await approved(house, 2);
    for (let n = 0; n < 2; n += 1) house.executor({ alone: false });
    await house.until('succeeded');
    // The second finds another node than was approved: an empty one. It voids its approval, or finds nothing to do.
    await until('the second ended or was voided', async () =>
      ['confirming', 'succeeded'].includes((await house.request(2)).state),
    );
    expect(new Set(world.evicted).size).toBe(world.evicted.length);
    expect(world.evicted).toHaveLength(9);
  });

  it('that is cancelled evicts no more, keeps the cordon and says how many remain', async () => {
    const { world, around } = cluster((one) => {
      deploy(one, { app: 'web', replicas: 30 });
      budget(one, 'web', 'web', { maxUnavailable: 1 });
    });
    const house = await gate(around);
    ended.push(() => house.end());
    await approved(house);
    house.executor();
    await until('some are gone', async () => world.evicted.length > 3);
    await press(house, 'cancel', ana);
    const request = await house.until('cancelled');
    const { length } = world.evicted;
    expect(request.outcome?.text).toMatch(/a stays cordoned; \d+ pods remain/);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(world.evicted).toHaveLength(length);
    expect(world.get('Node', 'a').spec.unschedulable).toBe(true);
  });

  it('killed at any of 50 moments goes on, evicts no pod twice, and ends as reality is', async () => {
    const random = seeded(11);
    const ends: Record<string, number> = {};
    for (let round = 0; round < 50; round += 1) {
      const { world, around } = cluster(workloads);
      const cut = Math.floor(random() * 45);
      const first = await gate(around);
      await approved(first);
      world.requests.length = 0;
      let isDead = false;
      let dying: Promise<void> | undefined;
      world.before = (request) => {
        if (isDead) throw new Error('dead');
        if (world.requests.length < cut) return undefined;
        isDead = true;
        // Half of them die after the API server has done it.
        if (round % 2 === 0) {
          const { before } = world;
          world.before = () => undefined;
          world.handle(request);
          world.before = before;
        }
        dying = first.crash();
        throw new Error('dead');
      };
      first.executor();
      await until('it is killed or over', async () => isDead || onA(world).length === 0);
      await (dying ?? first.crash());
      await first.stop();
      world.before = () => undefined;
      const second = await gate(around, first.dir);
      second.executor();
      const request = await second.until('succeeded', 'degraded', 'failed', 'unknown');
      ends[request.state] = (ends[request.state] ?? 0) + 1;
      expect(new Set(world.evicted).size).toBe(world.evicted.length);
      if (request.state === 'succeeded') expect(onA(world)).toEqual([]);
      else
        expect([request.state, request.outcome?.text]).toEqual([
          'failed',
          expect.stringMatching(/Nothing was done|had not begun/),
        ]);
      await second.end();
    }
    console.log(`killed 50 times: ${JSON.stringify(ends)}`);
    expect(ends['succeeded']).toBeGreaterThan(30);
  }, 120_000);
});
