import { readFileSync } from 'node:fs';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../machine/places.ts';

/** Every pod's cgroup lies below this one, in each hierarchy: two kubelets of a machine would else clear away each other's. */
export function cgroupName({ id }: Place): string {
  return `/daytwo-${id}`;
}

/** Makes it; libcontainer fills in what a cpuset needs. */
export async function makeCgroups(place: Place): Promise<void> {
  for (const mount of cgroupMounts()) await mkdir(join(mount, cgroupName(place)), { recursive: true });
}

/** Removes it with all below. Only empty ones can be removed: no process is harmed. */
export async function removeCgroups(place: Place): Promise<void> {
  for (const mount of cgroupMounts()) await removeTree(join(mount, cgroupName(place))).catch(() => undefined);
}

/** Where the machine has mounted its hierarchies, version 1 or 2. Source: mountinfo in proc(5). */
export function cgroupMounts(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => ({ point: line.split(' ')[4] ?? '', type: line.split(' - ')[1]?.split(' ')[0] }))
    .filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
    .map(({ point }) => point);
}

async function removeTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder);
}
