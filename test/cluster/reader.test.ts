import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCluster } from '../../src/cluster/cluster.ts';
import { topNodes, topPods } from '../../src/cluster/top.ts';
import { tableOf } from '../cluster-reader/objects.ts';
import { eventually } from '../support/real/process.ts';
import { deployment, pod } from './objects.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const cluster = createCluster({ kubeconfig: target.kubeconfig, timeoutMs: 30_000 });
const { kubectl, realNode, nodes } = target;
const [worker = ''] = nodes;
const signal = new AbortController().signal;

let space: TestNamespace;
beforeAll(async () => {
  space = await target.namespace('reader');
});
afterAll(async () => {
  await space?.remove();
});

/** kubectl's table without its head, rows in order of their names. */
async function rowsOf(args: readonly string[]): Promise<string[][]> {
  return tableOf(await kubectl([...args, '--no-headers'])).toSorted();
}

describe('the API server', () => {
  it('tells its version as kubectl does', async () => {
    const { serverVersion } = JSON.parse(await kubectl(['version', '-o', 'json']));
    expect(await cluster.version(signal)).toBe(serverVersion.gitVersion);
  });

  it('gives nodes with what kubectl shows of them', async () => {
    const shown = (await rowsOf(['get', 'nodes'])).map(([name, status]) => ({ name, status }));
    const seen = (await cluster.nodes(signal)).map(({ name, ready, unschedulable }) => ({
      name,
      status: `${ready === 'True' ? 'Ready' : 'NotReady'}${unschedulable ? ',SchedulingDisabled' : ''}`,
    }));
    expect(seen.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(shown);
    expect(seen.length).toBeGreaterThanOrEqual(nodes.length);
  });

  it('shows a cordon, and its end', async () => {
    const look = async () => {
      const found = (await cluster.nodes(signal)).find(({ name }) => name === worker);
      return { unschedulable: found?.unschedulable, taints: found?.taints.join() };
    };
    await kubectl(['cordon', worker]);
    try {
      // The taint is a controller's, a moment later.
      const cordoned = await eventually('the taint of the cordon', async () => {
        const found = await look();
        return found.taints?.includes('node.kubernetes.io/unschedulable') ? found : undefined;
      });
      expect(cordoned.unschedulable).toBe(true);
    } finally {
      await kubectl(['uncordon', worker]);
    }
    expect((await look()).unschedulable).toBe(false);
  });
});

describe.skipIf(!realNode)('with a real kubelet', () => {
  // Figures change every 15 s, perhaps between the two looks.
  it('gives `kubectl top nodes` by its columns, with <unknown> for nodes without figures', async () => {
    const same = await eventually('two tables of nodes at the same moment', async () => {
      const theirs = await rowsOf(['top', 'nodes']);
      const ours = topNodes(await cluster.nodeUse(signal)).rows;
      return JSON.stringify(ours.toSorted()) === JSON.stringify(theirs) ? theirs : undefined;
    });
    expect(same.find(([name]) => name === realNode)?.[1]).toMatch(/^\d+m$/);
    if (target.own) expect(same.find(([name]) => name === worker)?.[1]).toBe('<unknown>');
  });

  it('gives `kubectl top pods` of a running pod', async () => {
    await target.apply([pod(target, { namespace: space, name: 'busy' }, { node: realNode })]);
    const rows = await eventually(
      'two tables of pods at the same moment',
      async () => {
        const theirs = await rowsOf(['top', 'pods', '-n', space.name]);
        const ours = topPods(await cluster.podUse(space.name, signal), { withNamespace: false }).rows;
        return theirs.length > 0 && JSON.stringify(ours.toSorted()) === JSON.stringify(theirs) ? theirs : undefined;
      },
      100_000,
    );
    expect(rows.map(([name]) => name)).toContain('busy');
  });

  it('tells a crash loop, its exit code and its events', async () => {
    const command = ['sh', '-c', 'echo no such file; exit 3'];
    await target.apply([pod(target, { namespace: space, name: 'crashing' }, { node: realNode, command })]);
    const crashing = await eventually(
      'CrashLoopBackOff',
      async () => {
        const found = await cluster.pods({ namespace: space.name, node: realNode ?? '' }, signal);
        return found.find(({ name, status }) => name === 'crashing' && status === 'CrashLoopBackOff');
      },
      100_000,
    );
    expect(crashing).toMatchObject({
      inTrouble: true,
      ready: '0/1',
      lastTermination: { exitCode: 3, reason: 'Error' },
    });
    const about = 'Pod/crashing';
    const events = await cluster.events({ namespace: space.name, about, sinceMs: Date.now() - 600_000 }, signal);
    expect(new Set(events.map((event) => event.about))).toEqual(new Set([about]));
    expect(events.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['Scheduled', 'Started', 'BackOff']));
  });
});

describe('workloads', () => {
  it('tells roll-outs, the newest first, with their images', async () => {
    const place = { namespace: space, name: 'web' };
    const since = Date.now() - 60_000;
    for (const image of ['example.com/web:1', 'example.com/web:2']) {
      await target.apply([deployment(target, place, { replicas: 1, node: worker, image })]);
      await kubectl(['rollout', 'status', 'deployment/web', '-n', space.name, '--timeout=60s']);
    }
    const found = await cluster.rollouts({ namespace: space.name, sinceMs: since }, signal);
    const web = found.filter(({ workload }) => workload === 'Deployment/web');
    expect(web.map(({ revision, images }) => ({ revision, images }))).toEqual([
      { revision: '2', images: ['example.com/web:2'] },
      { revision: '1', images: ['example.com/web:1'] },
    ]);
  });

  it.runIf(target.own)('reads a list of several pages whole', async () => {
    const replicas = 620;
    const place = { namespace: space, name: 'many' };
    await target.apply([deployment(target, place, { replicas, node: 'nowhere' })]);
    const pods = await eventually(
      `${replicas} pods`,
      async () => {
        const found = await cluster.pods({ namespace: space.name }, signal);
        return found.filter(({ name }) => name.startsWith('many-')).length === replicas ? found : undefined;
      },
      100_000,
    );
    expect(new Set(pods.map(({ name }) => name)).size).toBe(pods.length);
    const many = pods.find(({ name }) => name.startsWith('many-'));
    expect(many).toMatchObject({
      status: 'Pending',
      node: undefined,
      owner: expect.stringMatching(/^ReplicaSet\/many-/),
    });
    await kubectl(['delete', 'deployment', 'many', '-n', space.name]);
  });
});

describe('what is not there', () => {
  it('gives nothing for a namespace that is not there', async () => {
    expect(await cluster.pods({ namespace: 'daytwo-not-there' }, signal)).toEqual([]);
  });

  it('ends with the signal', async () => {
    await expect(cluster.pods({}, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });
});
