import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { removeCgroups } from '../parts/cgroups.ts';
import { bridgeName, containerdSocket, endContainers } from '../parts/containerd.ts';
import { kubectl } from '../parts/kubectl.ts';
import type { Place } from './places.ts';
import { runs, stopProcess } from './processes.ts';
import { say, took, warn } from './say.ts';
import { type ClusterState, readState } from './state.ts';

/** The kubelet goes before containerd, and whoever talks to the API server before it; shims outlive both, so pods end first. */
const ORDER = ['metrics-server', 'kwok', 'kubelet', 'containerd', 'kube-scheduler', 'kube-controller-manager'];
/** Where a kubelet links its containers' logs; it can't be told another place. */
const LINKS = '/var/log/containers';

/**
 * Stops the place's cluster by its recorded processes and removes its folder, its cgroup and its bridge, and nothing else. Back with
 * false where there was none.
 * @throws Error when something is still mounted in the folder: then it stays
 */
export async function takeDown(place: Place): Promise<boolean> {
  const state = await readState(place);
  if (!state) return false;
  const started = performance.now();
  const named = (name: string) => state.processes.filter((one) => one.name === name);
  if (state.realNode && named('kube-apiserver').some(runs)) await endPods(state, state.realNode);
  for (const name of ORDER) {
    if (name === 'containerd' && named(name).some(runs))
      await endContainers({ place, built: state.built }).catch((error: unknown) => warn(String(error)));
    await Promise.all(named(name).map(stopProcess));
  }
  await endShims(place);
  for (const name of ['kube-apiserver', 'etcd']) await Promise.all(named(name).map(stopProcess));
  await unmountAll(place);
  await removeCgroups(place);
  await removeLinks(place);
  if (state.realNode) await execa('ip', ['link', 'delete', bridgeName(place)], { reject: false, timeout: 10_000 });
  await rm(place.folder, { recursive: true, force: true });
  say(`the cluster is down: ${took(started)}`);
  return true;
}

/** What fails here is cleared away by the steps after it. */
async function endPods(state: ClusterState, node: string): Promise<void> {
  const cordon = ['cordon', node];
  const remove = [
    'delete',
    'pods',
    '-A',
    `--field-selector=spec.nodeName=${node}`,
    '--grace-period=1',
    '--timeout=30s',
  ];
  for (const args of [cordon, remove])
    await kubectl(state, args).catch((error: unknown) => say(`kubectl ${args[0]}: ${String(error).split('\n')[0]}`));
}

/** containerd's shims know its socket by argument, and this socket is nobody else's. */
async function endShims(place: Place): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!args[0]?.endsWith('containerd-shim-runc-v2') || !args.includes(containerdSocket(place))) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
}

async function unmountAll(place: Place): Promise<void> {
  for (const point of mountsBelow(place.folder)) await execa('umount', [point], { reject: false, timeout: 10_000 });
  const left = mountsBelow(place.folder);
  if (left.length > 0) throw new Error(`still mounted, so the folder stays: ${left.join(', ')}`);
}

/** The newest first. Blanks and the like are written in octal there; none of ours has any. Source: mountinfo in proc(5). */
function mountsBelow(folder: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
    .reverse();
}

async function removeLinks(place: Place): Promise<void> {
  for (const name of await readdir(LINKS).catch(() => [])) {
    const link = join(LINKS, name);
    const target = await readlink(link).catch(() => '');
    if (target.startsWith(`${place.folder}/`)) await unlink(link);
  }
}
