import { describe, expect, it } from 'vitest';
import { nodeCordon, nodeDrain, nodeUncordon } from '../../../src/actions/node/action.ts';
import { CORDON_MARK } from '../../../src/actions/node/mark.ts';
import type { NodeWorld } from '../../../src/actions/node/world.ts';
import type { JournaledStep } from '../../../src/gate/action.ts';
import type { Plan } from '../../../src/gate/model.ts';
import type { KubeWorld } from '../../support/kubeWorld.ts';
import { barePod, budget, deploy, stateful } from '../../support/manifests.ts';
import { badChecks, planned, type TestRun, testRun } from '../kit.ts';
import { nodeWorld, settle, threeNodes } from './kit.ts';

const signal = new AbortController().signal;
const ARGS = { node: 'a' };
const EXECUTION = 'req-17-0011';

/** A cluster with workloads on node `a`, the plan of its drain, and the world to do it in. */
async function ready(set: (world: KubeWorld) => void, more: Partial<NodeWorld> = {}) {
  const { world, open } = threeNodes();
  set(world);
  settle(world, 8);
  open();
  world.tick();
  const around = nodeWorld(world, more);
  const plan = planned(await nodeDrain.plan(ARGS, around, signal));
  world.requests.length = 0;
  return { world, around, plan };
}

const drain = (plan: Plan, run: TestRun, around: NodeWorld) => nodeDrain.execute(plan, run, around, signal);
const onA = (world: KubeWorld): string[] =>
  world
    .all('Pod')
    .filter(({ spec }) => spec.nodeName === 'a')
    .map(({ metadata }) => metadata.name);
const evictions = (world: KubeWorld) => world.requests.filter(({ path }) => path.endsWith('/eviction'));
const last = (run: TestRun): string => run.said.at(-1)?.text ?? '';

describe('a drain', () => {
  it('cordons, evicts each pod once by its uid, never deletes, and is verified', async () => {
    const { world, around, plan } = await ready((one) => {
      deploy(one, { app: 'web', replicas: 20 });
      stateful(one, { app: 'db', replicas: 2 });
      budget(one, 'web', 'web', { maxUnavailable: 5 });
    });
    const run = testRun(EXECUTION);
    await drain(plan, run, around);
    expect(onA(world)).toEqual([]);
    expect(world.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
    expect(new Set(world.evicted).size).toBe(22);
    expect(evictions(world).every(({ body }) => body.deleteOptions.preconditions.uid)).toBe(true);
    const node = world.get('Node', 'a');
    expect(node.spec.unschedulable).toBe(true);
    expect(JSON.parse(node.metadata.annotations[CORDON_MARK])).toMatchObject({
      request: 'REQ-17',
      before: 'schedulable',
    });
    const verdict = await nodeDrain.verify(plan, run.journal, around, signal);
    expect([verdict.is, badChecks(verdict.outcome)]).toEqual(['succeeded', []]);
    expect(verdict.outcome.text).toContain('/uncordon a');
    expect(verdict.outcome.next).toEqual([{ action: 'node.uncordon', label: 'Uncordon a', args: { node: 'a' } }]);
  });

  it('of 100 pods asks little more than their evictions', async () => {
    const { world, around, plan } = await ready((one) => deploy(one, { app: 'web', replicas: 100, cpu: '10m' }));
    await drain(plan, testRun(EXECUTION), around);
    expect(world.evicted).toHaveLength(100);
    // kubectl asks at least twice a pod: the eviction, and looks until it is gone.
    expect(world.requests.length).toBeLessThan(125);
  });

  it('tries no pod that its budget holds back, and says what that needs and has', async () => {
    const { world, around, plan } = await ready((one) => {
      deploy(one, { app: 'web', replicas: 6 });
      budget(one, 'web', 'web', { maxUnavailable: 1 });
    });
    const run = testRun(EXECUTION);
    await drain(plan, run, around);
    expect(evictions(world)).toHaveLength(6);
    expect(run.said.map(({ text }) => text).join('\n')).toContain(
      'waiting on budget default/web (needs 5 healthy, has 6: 1 at a time)',
    );
  });

  it('waits at least 5 s after a refusal by a budget that appeared meanwhile', async () => {
    const { world, around, plan } = await ready((one) => deploy(one, { app: 'web', replicas: 3 }));
    const tried: number[] = [];
    world.before = ({ path }) => {
      if (!path.endsWith('/eviction')) return undefined;
      tried.push(around.clock.now());
      if (tried.length > 6) return undefined;
      const causes = [
        { reason: 'DisruptionBudget', message: 'The disruption budget new needs 3 healthy pods and has 3 currently' },
      ];
      return { status: 429, body: { kind: 'Status', code: 429, details: { causes } } };
    };
    const run = testRun(EXECUTION);
    await drain(plan, run, around);
    expect((tried[3] ?? 0) - (tried[2] ?? 0)).toBeGreaterThanOrEqual(5000);
    expect(run.said.some(({ text }) => text.includes('needs 3 healthy pods and has 3'))).toBe(true);
    expect(onA(world)).toEqual([]);
  });

  it('honours a throttling API server', async () => {
    const { world, around, plan } = await ready((one) => deploy(one, { app: 'web', replicas: 2 }));
    const tried: number[] = [];
    world.before = ({ path }) => {
      if (!path.endsWith('/eviction')) return undefined;
      tried.push(around.clock.now());
      return tried.length <= 2
        ? { status: 429, body: { kind: 'Status', code: 429 }, headers: { 'retry-after': '7' } }
        : undefined;
    };
    await drain(plan, testRun(EXECUTION), around);
    expect((tried[2] ?? 0) - (tried[1] ?? 0)).toBeGreaterThanOrEqual(7000);
  });

  it.each([
    ['times out', { cut: 'before' as const }],
    ['answers 503', { status: 503, body: { message: 'etcd is away' } }],
  ])('goes on after the API server %s for a while', async (_, answer) => {
    const { world, around, plan } = await ready((one) => deploy(one, { app: 'web', replicas: 30 }));
    let asked = 0;
    world.before = () => {
      asked += 1;
      return asked > 15 && asked < 30 ? answer : undefined;
    };
    await drain(plan, testRun(EXECUTION), around);
    expect(onA(world)).toEqual([]);
    expect(new Set(world.evicted).size).toBe(world.evicted.length);
  });

  it('ends when its time is over, keeps the cordon and names what holds it', async () => {
    const { world, around, plan } = await ready(
      (one) => {
        deploy(one, { app: 'web', replicas: 2 });
        budget(one, 'web', 'web', { maxUnavailable: 1 });
      },
      { deadlineMs: 60_000 },
    );
    for (const one of ['b', 'c']) Object.assign(world.get('Node', one).spec, { unschedulable: true });
    const run = testRun(EXECUTION);
    await drain(plan, run, around);
    const verdict = await nodeDrain.verify(plan, run.journal, around, signal);
    expect(verdict.is).toBe('failed');
    expect(verdict.outcome.text).toMatch(
      /blocked, its time is over.*web.*needs 1 healthy, has 1: none to spare.*stays cordoned/,
    );
    expect(world.get('Node', 'a').spec.unschedulable).toBe(true);
    expect(await nodeDrain.observe(plan, run.journal, around, signal)).toMatchObject({ is: 'done' });
  });

  it('leaves alone what is not in the plan', async () => {
    const { world, around, plan } = await ready((one) => deploy(one, { app: 'web', replicas: 2 }));
    barePod(world, 'late', 'a');
    const run = testRun(EXECUTION);
    await drain(plan, run, around);
    expect(onA(world)).toEqual(['late']);
    const { outcome } = await nodeDrain.verify(plan, run.journal, around, signal);
    expect(outcome.text).toContain('blocked, what is left is not evicted by this request');
    expect(outcome.text).toContain('Pod default/late: came after the plan');
  });

  it('stops at once where the right to evict is missing', async () => {
    const { world, around, plan } = await ready((one) => deploy(one, { app: 'web', replicas: 3 }));
    world.before = ({ path }) =>
      path.endsWith('/eviction')
        ? {
            status: 403,
            body: { message: 'pods "web" is forbidden: User "bot" cannot create resource "pods/eviction"' },
          }
        : undefined;
    const run = testRun(EXECUTION);
    await drain(plan, run, around);
    expect(evictions(world).length).toBeLessThanOrEqual(3);
    expect((await nodeDrain.verify(plan, run.journal, around, signal)).outcome.text).toContain('pods/eviction');
  });

  it('ends when somebody takes the cordon away', async () => {
    const { world, around, plan } = await ready((one) => {
      deploy(one, { app: 'web', replicas: 40 });
      budget(one, 'web', 'web', { maxUnavailable: 1 });
    });
    const run = testRun(EXECUTION);
    world.before = ({ path }) => {
      if (path.endsWith('/eviction') && world.evicted.length === 3) world.get('Node', 'a').spec = {};
      return undefined;
    };
    await drain(plan, run, around);
    const verdict = await nodeDrain.verify(plan, run.journal, around, signal);
    expect([verdict.is, verdict.outcome.text]).toEqual([
      'failed',
      expect.stringContaining('somebody took the cordon away'),
    ]);
    expect(world.get('Node', 'a').spec).toEqual({});
  });

  it('ends when the node is gone, or another has its name', async () => {
    const { world, around, plan } = await ready((one) => deploy(one, { app: 'web', replicas: 2 }));
    Object.assign(world.get('Node', 'a').metadata, { uid: 'other' });
    await expect(drain(plan, testRun(EXECUTION), around)).rejects.toMatchObject({ code: 'not-found' });
    expect(evictions(world)).toEqual([]);
  });

  it('lets the bot’s own pod go last', async () => {
    const { world, around, plan } = await ready((one) => {
      deploy(one, { app: 'bot', replicas: 1 });
      deploy(one, { app: 'web', replicas: 8 });
    });
    const name = onA(world).find((one) => one.startsWith('bot')) ?? '';
    await drain(plan, testRun(EXECUTION), { ...around, self: { namespace: 'default', name } });
    expect(world.evicted.at(-1)).toContain(name);
  });

  it('is degraded, and says why, where a controller is short afterwards', async () => {
    const { around, plan } = await ready((one) => stateful(one, { app: 'db', replicas: 1, local: ['a'] }));
    const run = testRun(EXECUTION);
    await drain(plan, run, around);
    const verdict = await nodeDrain.verify(plan, run.journal, around, signal);
    expect([verdict.is, badChecks(verdict.outcome)]).toEqual([
      'degraded',
      ['controllers as ready as before: StatefulSet default/db 0 of 1'],
    ]);
  });
});

describe('a drain that is cut off', () => {
  it('stops new evictions when cancelled, keeps the cordon and says how many remain', async () => {
    const { world, around, plan } = await ready((one) => {
      deploy(one, { app: 'web', replicas: 10 });
      budget(one, 'web', 'web', { maxUnavailable: 1 });
    });
    const run = testRun(EXECUTION);
    world.before = ({ path }) => {
      if (path.endsWith('/eviction') && world.evicted.length === 4) run.cancel();
      return undefined;
    };
    await expect(drain(plan, run, around)).rejects.toMatchObject({ code: 'cancelled' });
    expect(world.evicted).toHaveLength(5);
    settle(world, 3);
    const seen = await nodeDrain.observe(plan, run.journal, around, signal);
    expect(seen).toMatchObject({ is: 'resumable', text: 'a stays cordoned; 5 pods remain.' });
    const offered = 'next' in seen ? seen.next : undefined;
    expect(offered).toMatchObject([
      { action: 'node.drain', label: 'Drain a', args: { node: 'a' } },
      { action: 'node.uncordon', label: 'Uncordon a', args: { node: 'a' } },
    ]);
  });

  // The whole way takes some 35 requests: the last rounds aren't cut at all.
  it('anywhere goes on with its journal, and never evicts a pod that was made anew under its name', async () => {
    for (let cut = 1; cut <= 50; cut += 1) {
      const { world, around, plan } = await ready((one) => {
        stateful(one, { app: 'db', replicas: 3, parallel: true });
        deploy(one, { app: 'web', replicas: 3 });
        budget(one, 'db', 'db', { maxUnavailable: 1 });
      });
      const journal: JournaledStep[] = [];
      const killed = new Error('killed');
      let asked = 0;
      world.before = (request) => {
        asked += 1;
        if (asked < cut) return undefined;
        // Every other one dies after the API server has done it, before it hears of that.
        if (asked === cut && cut % 2 === 0) {
          const { before } = world;
          world.before = () => undefined;
          world.handle(request);
          world.before = before;
        }
        throw killed;
      };
      const first = testRun(EXECUTION, journal);
      // What a killed process had begun has an intent and nothing else.
      const step: TestRun['step'] = async (id, effect) => {
        const at = journal.length;
        try {
          return await first.step(id, effect);
        } catch (error) {
          const entry = journal[at];
          if (entry?.failure) journal[at] = { step: entry.step, intentAt: entry.intentAt };
          throw error;
        }
      };
      const sleep = (ms: number): Promise<void> => (asked < cut ? around.clock.sleep(ms) : Promise.reject(killed));
      const over = await drain(plan, { ...first, step }, { ...around, clock: { ...around.clock, sleep } }).then(
        () => true,
        () => false,
      );
      expect(over).toBe(asked < cut);
      world.before = () => undefined;
      settle(world, 4);
      const seen = await nodeDrain.observe(plan, journal, around, signal);
      if (seen.is === 'not-done') {
        expect(world.evicted).toEqual([]);
        continue;
      }
      expect(seen.is).toMatch(/resumable|done/);
      const again = testRun(EXECUTION, journal);
      await drain(plan, again, around);
      expect(onA(world)).toEqual([]);
      expect(new Set(world.evicted).size).toBe(world.evicted.length);
      expect(world.evicted).toHaveLength(6);
      // What is done counts from where it began, not from where it went on.
      for (const { text } of again.said) expect(text).toMatch(/ of 6 pods left|cluster/);
    }
  });
});

describe('a cordon', () => {
  const act = async (action: typeof nodeCordon, around: NodeWorld): Promise<string> => {
    const plan = planned(await action.plan(ARGS, around, signal));
    const run = testRun(EXECUTION);
    await action.execute(plan, run, around, signal);
    return (await action.verify(plan, run.journal, around, signal)).is;
  };

  it('is made, read back, told once more, and undone', async () => {
    const { world } = threeNodes();
    const around = nodeWorld(world);
    expect(await act(nodeCordon, around)).toBe('succeeded');
    expect(await nodeCordon.plan(ARGS, around, signal)).toEqual({ refused: 'a is cordoned already.' });
    expect(await act(nodeUncordon, around)).toBe('succeeded');
    expect(world.get('Node', 'a')).toMatchObject({ spec: { unschedulable: false }, metadata: { annotations: {} } });
    expect(await nodeUncordon.plan(ARGS, around, signal)).toEqual({ refused: 'a is not cordoned.' });
  });

  it('of a node that is not there names the one that may be meant', async () => {
    const { world } = threeNodes();
    world.apply({ ...world.get('Node', 'a'), metadata: { name: 'worker-1' } });
    const around = nodeWorld(world);
    for (const action of [nodeCordon, nodeUncordon, nodeDrain])
      expect(await action.plan({ node: 'worker1' }, around, signal)).toEqual({
        refused: 'There is no node worker1 in test; did you mean worker-1?',
      });
  });

  it('of somebody else is never undone, neither planned nor at the last moment', async () => {
    const { world } = threeNodes();
    const around = nodeWorld(world);
    await act(nodeCordon, around);
    const plan = planned(await nodeUncordon.plan(ARGS, around, signal));
    Object.assign(world.get('Node', 'a').metadata, { annotations: {} });
    await expect(nodeUncordon.execute(plan, testRun(EXECUTION), around, signal)).rejects.toMatchObject({
      code: 'failed',
    });
    expect(world.get('Node', 'a').spec.unschedulable).toBe(true);
    expect(planned(await nodeUncordon.plan(ARGS, around, signal)).findings).toMatchObject([
      { level: 'BLOCK', code: 'foreign-cordon' },
    ]);
  });

  it('is tried again when somebody else writes the node, and given up when that never ends', async () => {
    const { world } = threeNodes();
    const around = nodeWorld(world);
    const plan = planned(await nodeCordon.plan(ARGS, around, signal));
    let conflicts = 3;
    world.before = ({ method }) => {
      if (method === 'PATCH' && conflicts-- > 0) world.get('Node', 'a').metadata.resourceVersion = `other-${conflicts}`;
      return undefined;
    };
    await nodeCordon.execute(plan, testRun(EXECUTION), around, signal);
    expect(world.get('Node', 'a').spec.unschedulable).toBe(true);
    world.get('Node', 'a').spec = {};
    conflicts = 1000;
    await expect(nodeCordon.execute(plan, testRun('req-18-1'), around, signal)).rejects.toMatchObject({
      code: 'failed',
    });
  });

  it('that does not take keeps a drain from beginning', async () => {
    const { world, around, plan } = await ready((one) => deploy(one, { app: 'web', replicas: 2 }));
    world.before = ({ method }) => {
      if (method === 'GET' && world.get('Node', 'a').spec.unschedulable) world.get('Node', 'a').spec = {};
      return undefined;
    };
    await expect(drain(plan, testRun(EXECUTION), around)).rejects.toThrow(/did not take/);
    expect(evictions(world)).toEqual([]);
  });

  it('of somebody else stays what it is when the node is drained', async () => {
    const { world, around } = await ready((one) => deploy(one, { app: 'web', replicas: 2 }));
    world.get('Node', 'a').spec = { unschedulable: true };
    const plan = planned(await nodeDrain.plan(ARGS, around, signal));
    const run = testRun(EXECUTION);
    await drain(plan, run, around);
    expect(world.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
    const verdict = await nodeDrain.verify(plan, run.journal, around, signal);
    expect([verdict.is, verdict.outcome.text]).toEqual(['succeeded', expect.stringContaining('by somebody else')]);
    expect(last(run)).toContain('pods left');
  });
});
