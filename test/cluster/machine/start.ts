import { startContainerd } from '../parts/containerd.ts';
import { startApiServer, startControllers, startEtcd, startScheduler } from '../parts/controlPlane.ts';
import { layGround, REAL_NODE } from '../parts/ground.ts';
import { apply, kubectl } from '../parts/kubectl.ts';
import { startKubelet } from '../parts/kubelet.ts';
import { kwokNodes, startKwok } from '../parts/kwok.ts';
import { metricsApi, startMetricsServer } from '../parts/metricsServer.ts';
import type { Place } from './places.ts';
import { type Recorded, residentBytes, startProcess, untilTrue } from './processes.ts';
import { nameRealNode } from './realNode.ts';
import { say, took } from './say.ts';
import { type ClusterState, writeState } from './state.ts';

const READY_MS = 240_000;

/** Starts every part in the claimed folder, each written down as it starts, and waits until all is ready. */
export async function startCluster(place: Place, first: ClusterState, withKubelet: boolean): Promise<ClusterState> {
  let state: ClusterState = { ...first, realNode: withKubelet ? REAL_NODE : undefined };
  const ground = await layGround(place, first.built, async (program) => {
    const started = await startProcess(place.folder, program);
    state = { ...state, processes: [...state.processes, started] };
    await writeState(place, state);
    return started;
  });
  await startPart('etcd', startEtcd(ground));
  await startPart('the API server', startApiServer(ground));
  await startPart('the controllers', startControllers(ground));
  await startPart('the scheduler', startScheduler(ground));
  await startPart('kwok', startKwok(ground));
  if (withKubelet) {
    await nameRealNode();
    await startPart('containerd', startContainerd(ground));
    await startPart('the kubelet', startKubelet(ground));
    await startPart('metrics-server', startMetricsServer(ground));
    await apply(state, metricsApi(ground));
  }
  await growCluster(place, state);
  if (withKubelet) await untilFigures(place, state);
  state = { ...state, ready: true };
  await writeState(place, state);
  say(memory(state.processes));
  return state;
}

/** Has as many kwok nodes as the state says, and waits until all nodes are Ready. */
export async function growCluster(place: Place, state: ClusterState): Promise<void> {
  await apply(state, kwokNodes(state.kwokNodes));
  const workers = Array.from({ length: state.kwokNodes }, (_, index) => `worker-${index + 1}`);
  const names = [...(state.realNode ? [state.realNode] : []), ...workers];
  const path = '{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
  const ready = async () => {
    const lines = (await kubectl(state, ['get', 'nodes', '-o', `jsonpath=${path}`])).split('\n');
    return names.every((name) => lines.includes(`${name}=True`));
  };
  const until = { withinMs: READY_MS, processes: state.processes };
  await startPart(`${names.length} nodes Ready`, untilTrue(place.folder, 'every node is Ready', ready, until));
}

async function untilFigures(place: Place, state: ClusterState): Promise<void> {
  const row = new RegExp(`^${REAL_NODE}\\s+\\d+m\\s`, 'm');
  const figures = async () => row.test(await kubectl(state, ['top', 'nodes']));
  const until = { withinMs: READY_MS, processes: state.processes };
  await startPart('kubectl top nodes', untilTrue(place.folder, `it knows ${REAL_NODE}`, figures, until));
}

async function startPart(name: string, starting: Promise<unknown>): Promise<void> {
  const before = performance.now();
  await starting;
  say(`${name}: ${took(before)}`);
}

function memory(processes: readonly Recorded[]): string {
  const each = processes.map(({ name, pid }) => ({ name, mib: residentBytes(pid) / 2 ** 20 }));
  const sum = each.reduce((total, { mib }) => total + mib, 0);
  return `${Math.round(sum)} MiB resident: ${each.map(({ name, mib }) => `${name} ${Math.round(mib)}`).join(', ')}`;
}
