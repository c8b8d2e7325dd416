import { startContainerd } from '../parts/containerd.ts';
import { startApiServer, startControllers, startEtcd, startScheduler } from '../parts/controlPlane.ts';
import { type Ground, layGround, REAL_NODE } from '../parts/ground.ts';
import { apply, kubectl } from '../parts/kubectl.ts';
import { startKubelet } from '../parts/kubelet.ts';
import { kwokNodes, startKwok } from '../parts/kwok.ts';
import { metricsApi, startMetricsServer } from '../parts/metricsServer.ts';
import { buildTools } from './build.ts';
import { takeDown } from './down.ts';
import { cacheFolder, clusterPlace } from './places.ts';
import { type Recorded, residentBytes, runs, untilTrue } from './processes.ts';
import { nameRealNode, obstacles } from './realNode.ts';
import { say, took, warn } from './say.ts';
import { type ClusterState, claimFolder, readState, writeState } from './state.ts';

/** What to bring up. */
export interface Wanted {
  /** How many kwok nodes at least. */
  readonly nodes: number;
}

const READY_MS = 240_000;

/**
 * Has the checkout's cluster running and ready: every node Ready, and `kubectl top nodes` answering where there is a real one. One
 * that runs is kept, and given more nodes if need be; one that has lost a process is taken down first.
 */
export async function bringUp({ nodes }: Wanted): Promise<ClusterState> {
  const place = clusterPlace();
  const known = await readState(place);
  const built = await buildTools(cacheFolder());
  if (known?.ready && known.processes.every(runs) && sameTools(known.built, built)) {
    const state = { ...known, kwokNodes: Math.max(nodes, known.kwokNodes) };
    await growTo(state);
    await writeState(place, state);
    return state;
  }
  if (known) {
    say('the cluster that was here is not whole: taking it down');
    await takeDown(place);
  }
  const started = performance.now();
  await claimFolder(place, built);
  try {
    const state = await start(await layGround(place, built), nodes);
    say(`ready after ${took(started)}; ${memory(state.processes)}`);
    return state;
  } catch (error) {
    await takeDown(place);
    throw error;
  }
}

async function start(ground: Ground, nodes: number): Promise<ClusterState> {
  const { place, built, kubeconfigs } = ground;
  const inTheWay = obstacles();
  const realNode = inTheWay.length === 0 ? REAL_NODE : undefined;
  if (!realNode)
    warn(`NO REAL KUBELET: ${inTheWay.join('; ')}.\n!!! kwok nodes only: no logs, no exec, no figures of use.`);
  const processes: Recorded[] = [];
  const state = (ready: boolean): ClusterState => ({
    ready,
    kubeconfig: kubeconfigs.admin,
    built,
    processes,
    realNode,
    kwokNodes: nodes,
  });
  /** Written down one by one, so that whatever was started can be stopped. */
  const begin = async (starting: Promise<Recorded>): Promise<void> => {
    processes.push(await starting);
    await writeState(place, state(false));
  };
  const parts: readonly (readonly [string, (ground: Ground) => Promise<Recorded>])[] = [
    ['etcd', startEtcd],
    ['the API server', startApiServer],
    ['the controllers', startControllers],
    ['the scheduler', startScheduler],
    ['kwok', startKwok],
    ...(realNode
      ? ([
          ['containerd', startContainerd],
          ['the kubelet', startKubelet],
          ['metrics-server', startMetricsServer],
        ] as const)
      : []),
  ];
  if (realNode) await nameRealNode();
  for (const [name, startPart] of parts) {
    const before = performance.now();
    await begin(startPart(ground));
    say(`${name}: ${took(before)}`);
  }
  if (realNode) await apply(ground, metricsApi(ground));
  const names = [...(realNode ? [realNode] : []), ...workers(nodes)];
  await apply(ground, kwokNodes(nodes));
  await untilReady(ground, names, processes);
  if (realNode) await untilFigures(ground, realNode, processes);
  await writeState(place, state(true));
  return state(true);
}

async function growTo(state: ClusterState): Promise<void> {
  const ground = { built: state.built, kubeconfigs: { admin: state.kubeconfig } as Ground['kubeconfigs'] };
  const place = clusterPlace();
  await apply(ground, kwokNodes(state.kwokNodes));
  const names = [...(state.realNode ? [state.realNode] : []), ...workers(state.kwokNodes)];
  await untilReady({ ...ground, place }, names, state.processes);
}

function workers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `worker-${index + 1}`);
}

async function untilReady(
  ground: Pick<Ground, 'built' | 'kubeconfigs' | 'place'>,
  names: readonly string[],
  processes: readonly Recorded[],
): Promise<void> {
  const path = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
  const ready = async () => {
    const lines = (await kubectl(ground, ['get', 'nodes', '-o', `jsonpath=${path}`])).split('\n');
    return names.every((name) => lines.includes(`${name}=True`));
  };
  const before = performance.now();
  await untilTrue(ground.place.folder, `all of ${names.join(', ')} are Ready`, ready, {
    withinMs: READY_MS,
    processes,
  });
  say(`${names.length} nodes Ready: ${took(before)}`);
}

async function untilFigures(ground: Ground, node: string, processes: readonly Recorded[]): Promise<void> {
  const row = new RegExp(`^${node}\\s+\\d+m\\s`, 'm');
  const figures = async () => row.test(await kubectl(ground, ['top', 'nodes']));
  const before = performance.now();
  await untilTrue(ground.place.folder, `kubectl top nodes knows ${node}`, figures, { withinMs: READY_MS, processes });
  say(`kubectl top nodes answers: ${took(before)}`);
}

function sameTools(known: object, built: object): boolean {
  return JSON.stringify(known) === JSON.stringify(built);
}

function memory(processes: readonly Recorded[]): string {
  const each = processes.map(({ name, pid }) => ({ name, mib: residentBytes(pid) / 2 ** 20 }));
  const sum = each.reduce((total, { mib }) => total + mib, 0);
  return `${Math.round(sum)} MiB resident (${each.map(({ name, mib }) => `${name} ${Math.round(mib)}`).join(', ')})`;
}
