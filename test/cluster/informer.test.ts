import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PodState } from '../../src/cluster/acting.ts';
import { requestsFor } from '../../src/cluster/actingClient.ts';
import { createActingCluster } from '../../src/cluster/actingCluster.ts';
import { createFollowClient } from '../../src/cluster/following/client.ts';
import { FOLLOW_TIMES, type Follower, follow } from '../../src/cluster/following/follower.ts';
import { everyPod } from '../../src/cluster/following/kinds.ts';
import { findTarget } from '../../src/cluster/kubeconfig.ts';
import { createLogin } from '../../src/cluster/login.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type FaultyProxy, type ProxyFault, startFaultyProxy } from '../support/faultyProxy.ts';
import { eventually } from '../support/real/process.ts';
import { deployment, pod } from './objects.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const [worker = ''] = target.nodes;
const signal = new AbortController().signal;
const TIMES = { ...FOLLOW_TIMES, silentMs: 1500, firstMs: 20, mostMs: 500 };
const FAULTS: readonly ProxyFault[] = ['cut', 'stall', 'garbage', 'old', 429, 500, 503];
const ROUNDS = 42;

let space: TestNamespace;
let folder: string;
let proxy: FaultyProxy;
let follower: Follower<PodState>;

/** What is compared, of the test's own pods: others come and go. */
const essence = (pods: Iterable<PodState>): readonly string[] =>
  [...pods]
    .filter(({ namespace }) => namespace === space.name)
    .map((one) =>
      JSON.stringify([one.name, one.uid, one.node, one.phase, one.ready, one.deletedAt, one.labels, one.requests]),
    )
    .sort();

const cluster = createActingCluster({ kubeconfig: target.kubeconfig });
const inStep = async (): Promise<boolean> => {
  const listed = essence(await cluster.pods({}, signal));
  const kept = follower.items();
  return kept !== undefined && JSON.stringify(essence(kept.values())) === JSON.stringify(listed);
};

beforeAll(async () => {
  space = await target.namespace('a-informer');
  folder = await mkdtemp(join(tmpdir(), 'daytwo-informer-'));
  const { cluster: at, user } = await findTarget({ kubeconfig: target.kubeconfig }, process.env);
  const part = (data: string | undefined) => (data ? Buffer.from(data, 'base64') : undefined);
  const [ca, cert, key] = [part(at.caData), part(user.certData), part(user.keyData)];
  proxy = await startFaultyProxy({
    server: at.server,
    tls: { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) },
  });
  const kubeconfig = join(folder, 'kubeconfig');
  const named = {
    name: 'proxy',
    cluster: { server: proxy.url },
    user: {},
    context: { cluster: 'proxy', user: 'proxy' },
  };
  const config = { 'current-context': 'proxy', clusters: [named], users: [named], contexts: [named] };
  await writeFile(kubeconfig, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  const login = await createLogin(await findTarget({ kubeconfig }, {}));
  const client = createFollowClient(login, requestsFor(login), () => undefined);
  follower = follow(everyPod(), { open: async () => client, clock: systemClock, random: Math.random, times: TIMES });
});
afterAll(async () => {
  await follower.stop();
  await proxy.stop();
  await space.remove();
  await rm(folder, { recursive: true, force: true });
});

// Its proxy signs in by certificate, as the suite's own cluster does.
describe.runIf(target.own)('pods that are followed on a real cluster', () => {
  it('are what a list says, after every kind of harm to the connection', async () => {
    await eventually('it follows', () => follower.items() !== undefined, 30_000);
    const survived: Partial<Record<string, number>> = {};
    const place = (name: string) => ({ namespace: space, name });
    await target.apply([deployment(target, place('web'), { replicas: 5, node: worker })]);
    for (let round = 0; round < ROUNDS; round += 1) {
      const fault = FAULTS[round % FAULTS.length] ?? 'cut';
      const { watches } = follower.counts();
      proxy.fault(fault);
      // Something changes while nothing is heard.
      await target.apply([pod(target, place(`solo-${round % 6}`), { node: worker })]);
      if (round % 3 === 2)
        await target.kubectl(['delete', 'pod', `solo-${round % 6}`, '-n', space.name, '--wait=false']);
      await eventually(
        'it watches again',
        () => follower.counts().watches > watches && follower.items() !== undefined,
        20_000,
      );
      survived[fault] = (survived[fault] ?? 0) + 1;
      if (round % 6 === 5) await eventually(`it is in step after ${fault}`, inStep, 20_000);
      await wait(20);
    }
    await target.kubectl(['scale', 'deployment/web', '--replicas=2', '-n', space.name]);
    await eventually('it is in step', inStep, 30_000);
    const { lists, watches } = follower.counts();
    console.log(`survived ${JSON.stringify(survived)}: ${watches} watches, ${lists} lists of all pods`);
    // Only a forgotten version, or three answers in a row that lead nowhere, cost a list.
    expect(lists).toBeLessThan(1 + ROUNDS / 2);
  }, 240_000);
});
