import { lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Built } from './build.ts';
import type { Place } from './places.ts';
import type { Recorded } from './processes.ts';

/** What is known of a cluster from its first process on: enough to stop it whatever happened in between. */
export interface ClusterState {
  readonly ready: boolean;
  /** Who brings it up. While that one lives and the cluster isn't ready, others wait. */
  readonly builder: Recorded;
  readonly kubeconfig: string;
  readonly built: Built;
  readonly processes: readonly Recorded[];
  /** The name of the node with a kubelet; none where it can't run. */
  readonly realNode: string | undefined;
  readonly kwokNodes: number;
}

const FILE = 'cluster.json';

/** Makes the cluster's folder, for its owner alone, and says who is at it; false when it is there already. */
export async function claimFolder(place: Place, state: ClusterState): Promise<boolean> {
  await mkdir(dirname(place.folder), { recursive: true });
  try {
    await mkdir(place.folder, { mode: 0o700 });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  await writeState(place, state);
  await mkdir(join(place.folder, 'logs'));
  return true;
}

/** What the folder's cluster has written down; undefined where there is none. @throws Error when the folder is another user's */
export async function readState(place: Place): Promise<ClusterState | undefined> {
  const found = await lstat(place.folder).catch(() => undefined);
  if (!found) return undefined;
  if (!found.isDirectory() || found.uid !== userInfo().uid) throw new Error(`${place.folder} is not ours.`);
  const text = await readFile(join(place.folder, FILE), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ClusterState);
}

/** Writes it down, whole or not at all. */
export async function writeState(place: Place, state: ClusterState): Promise<void> {
  const path = join(place.folder, FILE);
  await writeFile(`${path}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
