import { channel } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { nodeDrain } from '../src/actions/node/action.ts';
import type { NodeWorld } from '../src/actions/node/world.ts';
import { createActingCluster } from '../src/cluster/actingCluster.ts';
import { createFollowing } from '../src/cluster/following/following.ts';
import type { Plan } from '../src/gate/model.ts';
import { systemClock } from '../src/lib/clock.ts';
import { planned, testRun } from '../test/actions/kit.ts';
import { startSlack } from '../test/support/slack/index.ts';
import { startTelegram } from '../test/support/telegram/telegram.ts';
import { type Scene, type SceneSize, withScene } from './drainScene.ts';
import { withBot, withFolder } from './processes.ts';
import { ms, percentile, type Row, times } from './stats.ts';

/** How large the cluster is made, how often is planned, and how long a bot is let be. */
export interface DrainBench extends SceneSize {
  readonly plans: number;
  readonly idleMs: number;
}

const PLAN_MS = 2000;
const CALLS = 0.5;
const RSS_MB = 256;
/** What the tight budgets allow at a time. */
const TIGHT = 5;
const KUBECTL_TRIES = 10;
const signal = new AbortController().signal;

/** What the HTTP client of this process has asked for and received so far. */
function meter(): { calls(): number; bytes(): number; end(): void } {
  const sockets = new Map<Socket, number>();
  let calls = 0;
  const created = channel('http.client.request.created');
  const seen = (message: unknown): void => {
    calls += 1;
    (message as { request: ClientRequest }).request.on('socket', (socket) => {
      if (!sockets.has(socket)) sockets.set(socket, socket.bytesRead);
    });
  };
  created.subscribe(seen);
  return {
    calls: () => calls,
    bytes: () => [...sockets].reduce((sum, [{ bytesRead }, before]) => sum + bytesRead - before, 0),
    end: () => void created.unsubscribe(seen),
  };
}

/** What a task takes: ms, requests, received bytes (TLS included). */
async function measured<T>(task: () => Promise<T>): Promise<{ ms: number; calls: number; bytes: number; value: T }> {
  const own = meter();
  const since = performance.now();
  const value = await task();
  own.end();
  return { ms: performance.now() - since, calls: own.calls(), bytes: own.bytes(), value };
}

/**
 * Plans and drains of a full node in a large cluster, against kubectl, and the memory of a bot that follows it. Needs KUBECONFIG of a cluster
 * with kwok that is nobody's (`npm run cluster:up`), and kubectl; without one it is skipped, loudly.
 */
export async function benchDrain({ plans, idleMs, ...size }: DrainBench): Promise<readonly Row[]> {
  const kubeconfig = process.env['KUBECONFIG'];
  if (!kubeconfig) {
    console.error('SKIPPED: drain needs KUBECONFIG of a cluster with kwok, e.g. of `npm run cluster:up`');
    return [];
  }
  const load = `${size.pods} pods, ${size.nodes} nodes`;
  return withScene(kubeconfig, size, async (scene) => [
    ...(await benchPlans(kubeconfig, scene, plans, load)),
    ...(await benchMemory(kubeconfig, idleMs, load)),
    ...(await benchDrains(kubeconfig, scene)),
  ]);
}

async function benchPlans(kubeconfig: string, scene: Scene, count: number, load: string): Promise<readonly Row[]> {
  const plan = (world: NodeWorld) =>
    measured(async () => planned(await nodeDrain.plan({ node: scene.node }, world, signal)));
  const many = async (world: NodeWorld) => {
    const found = [];
    for (let n = 0; n < count; n += 1) found.push(await plan(world));
    const took = found.map((one) => one.ms);
    const { calls = 0, bytes = 0 } = found.at(-1) ?? {};
    const figure = `p95 ${ms(percentile(took, 0.95))}, median ${ms(percentile(took, 0.5))}, ${calls} calls, ${(bytes / 1000).toFixed(0)} kB`;
    return { figure, p95: percentile(took, 0.95) };
  };
  const alone: NodeWorld = { cluster: createActingCluster({ kubeconfig }), clock: systemClock, random: Math.random };
  const listed = await many(alone);
  const following = createFollowing({ kubeconfig });
  const world = { ...alone, cluster: createActingCluster({ kubeconfig }), following };
  try {
    following.start();
    const first = await plan(world);
    const followed = await many(world);
    const row = (what: string, figure: string, worst: number): Row => ({
      what: `plan of the node, ${load}: ${what}`,
      figure,
      target: `p95 ≤ ${PLAN_MS} ms`,
      ok: worst <= PLAN_MS,
    });
    return [
      { ...row('by lists alone', listed.figure, 0), target: '', ok: undefined },
      {
        ...row(
          'asked in the moment of the start',
          `${ms(first.ms)}, ${first.calls} calls, ${(first.bytes / 1e6).toFixed(1)} MB`,
          0,
        ),
        target: '',
        ok: undefined,
      },
      row('followed', followed.figure, followed.p95),
    ];
  } finally {
    await following.stop();
  }
}

/** The same drain by this bot and by kubectl, with budgets that let most go at once, and with some that hold most of them. */
async function benchDrains(kubeconfig: string, scene: Scene): Promise<readonly Row[]> {
  const loose = await benchDrainOnce(kubeconfig, scene, 'budgets let half go');
  await scene.refill(TIGHT);
  return [...loose, ...(await benchDrainOnce(kubeconfig, scene, `budgets let ${TIGHT} go at a time`, TIGHT))];
}

async function benchDrainOnce(
  kubeconfig: string,
  scene: Scene,
  what: string,
  allowed?: number,
): Promise<readonly Row[]> {
  const following = createFollowing({ kubeconfig });
  const cluster = createActingCluster({ kubeconfig });
  const world: NodeWorld = { cluster, following, clock: systemClock, random: Math.random };
  const plan: Plan = planned(await nodeDrain.plan({ node: scene.node }, world, signal));
  const ours = await measured(() => nodeDrain.execute(plan, testRun('req-1-bench'), world, signal));
  await scene.refill(allowed);
  const theirs = await measuredKubectl(kubeconfig, scene.node);
  return [
    {
      what: `drain of the node, ${what}: API calls against kubectl drain`,
      figure: `${ours.calls} : ${theirs.calls} = ${times(ours.calls / theirs.calls)}${theirs.words}`,
      target: `≤ ${times(CALLS)}`,
      ok: ours.calls <= theirs.calls * CALLS,
    },
    {
      what: `drain of the node, ${what}: time against kubectl drain`,
      figure: `${ms(ours.ms)} : ${ms(theirs.ms)} = ${times(ours.ms / theirs.ms)}`,
      target: `≤ ${times(1)}`,
      ok: ours.ms <= theirs.ms,
    },
  ];
}

/** kubectl's own drain; it gives up where a budget is being written (409), and is begun again then. */
async function measuredKubectl(
  kubeconfig: string,
  node: string,
): Promise<{ ms: number; calls: number; words: string }> {
  const program = process.env['DAYTWO_TEST_KUBECTL'] ?? 'kubectl';
  const flags = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=600s', '-v=6'];
  const since = performance.now();
  let calls = 0;
  for (let tries = 1; ; tries += 1) {
    const { all, exitCode } = await execa(program, ['--kubeconfig', kubeconfig, 'drain', node, ...flags], {
      all: true,
      stdin: 'ignore',
      reject: false,
    });
    calls += all.match(/"Response" verb=|(?:GET|POST|PATCH|PUT) https:[^\n]* milliseconds/g)?.length ?? 0;
    const words = tries === 1 ? '' : `, begun ${tries} times`;
    if (exitCode === 0) return { ms: performance.now() - since, calls, words };
    if (tries === KUBECTL_TRIES) throw new Error(`kubectl drain failed: ${all.slice(-400)}`);
  }
}

/** Resident memory of a bot with both chats, with and without a cluster to follow. */
async function benchMemory(kubeconfig: string, idleMs: number, load: string): Promise<readonly Row[]> {
  const slack = await startSlack();
  const telegram = await startTelegram({ budgets: 'on' });
  const GROUP = -100_500;
  telegram.supergroup({ id: GROUP, title: 'ops', members: [] });
  const chats = `chats:
  slack: { channel: C0OPS, botToken: ${slack.botToken}, appToken: ${slack.appToken}, apiUrl: "${slack.apiUrl}" }
  telegram: { chatId: ${GROUP}, botToken: "${telegram.token}", apiRoot: "${telegram.apiRoot}" }
`;
  const idle = (yaml: string): Promise<number> =>
    withFolder((dir) =>
      withBot({ dir, yaml }, async (bot) => {
        await wait(idleMs);
        return bot.rssBytes() / 1e6;
      }),
    );
  try {
    const without = await idle(chats);
    const followed = await idle(`${chats}cluster: { kubeconfig: "${kubeconfig}" }\n`);
    return [
      {
        what: `resident memory with both chats, following ${load}, idle for ${idleMs / 1000} s`,
        figure: `${followed.toFixed(0)} MB (without a cluster ${without.toFixed(0)} MB)`,
        target: `≤ ${RSS_MB} MB`,
        ok: followed <= RSS_MB,
      },
    ];
  } finally {
    await telegram.close();
    await slack.stop();
  }
}
