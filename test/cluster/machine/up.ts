import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { buildTools } from './build.ts';
import { takeDown } from './down.ts';
import { cacheFolder, clusterPlace, type Place } from './places.ts';
import { runs, thisProcess } from './processes.ts';
import { obstacles } from './realNode.ts';
import { say, took, warn } from './say.ts';
import { growCluster, startCluster } from './start.ts';
import { type ClusterState, claimFolder, readState, writeState } from './state.ts';
import { ALWAYS, WITH_KUBELET } from './tools.ts';

/** What to bring up. */
export interface Wanted {
  /** How many kwok nodes at least. */
  readonly nodes: number;
}

/** How long another `cluster:up` may take. */
const OTHER_MS = 600_000;

/**
 * Has the checkout's cluster running and ready: every node Ready, and `kubectl top nodes` answering where there is a real one. One
 * that runs is kept, and given more nodes if need be; one that somebody else brings up is waited for; one that has lost a process, or
 * whose tools are others by now, is taken down first.
 * @throws Error when a part does not start, with the end of its log
 */
export async function bringUp({ nodes }: Wanted): Promise<ClusterState> {
  const place = clusterPlace();
  const inTheWay = obstacles();
  const built = await buildTools(cacheFolder(), inTheWay.length === 0 ? WITH_KUBELET : ALWAYS);
  const known = await settledState(place);
  if (known?.ready && known.processes.every(runs) && JSON.stringify(known.built) === JSON.stringify(built)) {
    const state = { ...known, kwokNodes: Math.max(nodes, known.kwokNodes) };
    await growCluster(place, state);
    await writeState(place, state);
    return state;
  }
  if (known) {
    say('the cluster that was here is not whole, or of older tools: taking it down');
    await takeDown(place);
  }
  if (inTheWay.length > 0)
    warn(`NO REAL KUBELET: ${inTheWay.join('; ')}.\n!!! kwok nodes only: no logs, no exec, no figures of use.`);
  const first: ClusterState = {
    ready: false,
    builder: thisProcess(),
    kubeconfig: join(place.folder, 'admin.kubeconfig'),
    built,
    processes: [],
    realNode: undefined,
    kwokNodes: nodes,
  };
  if (!(await claimFolder(place, first))) {
    await wait(1000);
    if (await readState(place)) return await bringUp({ nodes });
    throw new Error(`${place.folder} is there already and holds no cluster. Remove it yourself.`);
  }
  const started = performance.now();
  try {
    const state = await startCluster(place, first, inTheWay.length === 0);
    say(`ready after ${took(started)}`);
    return state;
  } catch (error) {
    await takeDown(place);
    throw error;
  }
}

/** The state once nobody is at it any more; undefined where there is no cluster. */
async function settledState(place: Place): Promise<ClusterState | undefined> {
  const until = performance.now() + OTHER_MS;
  for (let said = false; performance.now() < until; said = true) {
    const state = await readState(place);
    if (!state || state.ready || !runs(state.builder)) return state;
    if (!said) say(`process ${state.builder.pid} is bringing the cluster up: waiting for it`);
    await wait(1000);
  }
  throw new Error(`the cluster in ${place.folder} did not get ready within ${OTHER_MS / 60_000} min`);
}
