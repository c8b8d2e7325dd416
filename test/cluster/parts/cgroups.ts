import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Place } from '../machine/places.ts';

/** Killed processes leave their cgroup a moment later. */
const GONE_MS = 10_000;

/** Every pod's cgroup lies below this one, in each hierarchy: two kubelets of a machine would else clear away each other's. */
export function cgroupName({ id }: Place): string {
  return `/daytwo-${id}`;
}

/** Makes it; libcontainer fills in what a cpuset needs. */
export async function makeCgroups(place: Place): Promise<void> {
  for (const mount of cgroupMounts()) await mkdir(join(mount, cgroupName(place)), { recursive: true });
}

/** Ends what still runs in it, containers whose shim is gone, and removes it with all below. */
export async function removeCgroups(place: Place): Promise<void> {
  const trees = cgroupMounts().map((mount) => join(mount, cgroupName(place)));
  for (const tree of trees) await endTree(tree).catch(() => undefined);
  const until = performance.now() + GONE_MS;
  while (trees.some(existsSync) && performance.now() < until) {
    for (const tree of trees) await removeTree(tree).catch(() => undefined);
    await wait(100);
  }
}

/** Where the machine has mounted its hierarchies, version 1 or 2. Source: mountinfo in proc(5). */
export function cgroupMounts(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => ({ point: line.split(' ')[4] ?? '', type: line.split(' - ')[1]?.split(' ')[0] }))
    .filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
    .map(({ point }) => point);
}

async function endTree(folder: string): Promise<void> {
  for (const below of await foldersIn(folder)) await endTree(below);
  for (const pid of (await readFile(join(folder, 'cgroup.procs'), 'utf8')).split('\n').map(Number))
    if (pid > 0) process.kill(pid, 'SIGKILL');
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

async function removeTree(folder: string): Promise<void> {
  for (const below of await foldersIn(folder)) await removeTree(below);
  await rmdir(folder);
}
