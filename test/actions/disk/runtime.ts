import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '../../host/programs.ts';

/** An image of the stand-in, as `crictl images -o json` tells it. */
export interface StandInImage {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: string;
  readonly pinned: boolean;
}

const id = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** Four images: one that runs (called by its digest), one of an ended container (called by its id), a pinned one, and one that nobody uses. */
export const IMAGES: readonly StandInImage[] = [
  image('a', 'docker.io/library/web:2', 40),
  image('b', 'docker.io/library/job:1', 20),
  { ...image('c', 'registry.k8s.io/pause:3.10', 1), pinned: true },
  image('d', 'docker.io/library/web:1', 300),
];

function image(digit: string, tag: string, mib: number): StandInImage {
  const digest = `${tag.replace(/:[^:]*$/, '')}@${id(digit)}`;
  return { id: id(digit), repoTags: [tag], repoDigests: [digest], size: String(mib * 1024 * 1024), pinned: false };
}

const CONTAINERS = [
  { id: '1', image: { image: id('a') }, imageRef: `docker.io/library/web@${id('a')}`, state: 'CONTAINER_RUNNING' },
  { id: '2', image: { image: 'docker.io/library/job:1' }, imageRef: id('b'), state: 'CONTAINER_EXITED' },
];

/**
 * A stand-in for crictl or `k3s crictl` with the output of cri-tools 1.31 (protojson: sizes are strings). `rmi --prune` removes what is
 * neither used nor pinned, says `Deleted: TAG`, and notes its call in `$HERE/calls`.
 */
export async function addRuntime(programs: Programs, name: 'crictl' | 'k3s' = 'crictl'): Promise<void> {
  const place = join(programs.folder, 'images');
  await mkdir(place, { recursive: true });
  await writeImages(programs, IMAGES);
  await writeFile(join(programs.folder, 'containers.json'), JSON.stringify({ containers: CONTAINERS }));
  await writeFile(join(programs.folder, 'pruned.json'), JSON.stringify({ images: IMAGES.slice(0, 3) }));
  const fs = { fsId: { mountpoint: place }, usedBytes: { value: '1' }, inodesUsed: { value: '1' }, timestamp: '1' };
  await writeFile(
    join(programs.folder, 'fs.json'),
    JSON.stringify({ status: { imageFilesystems: [fs], containerFilesystems: [] } }),
  );
  await programs.add(
    name,
    `echo "$0 $*" | sed 's|.*/||' >> $HERE/calls
case "$*" in
  *"images -o json") cat $HERE/images.json;;
  *"ps -a -o json") cat $HERE/containers.json;;
  *"imagefsinfo -o json") cat $HERE/fs.json;;
  *"rmi --prune") cp $HERE/pruned.json $HERE/images.json; echo "Deleted: docker.io/library/web:1";;
  *) echo "unknown: $*" >&2; exit 2;;
esac`,
  );
}

/** Sets what images there are. */
export function writeImages(programs: Programs, images: readonly StandInImage[]): Promise<void> {
  return writeFile(join(programs.folder, 'images.json'), JSON.stringify({ images }));
}

/** What was called so far. */
export async function calls(programs: Programs): Promise<string[]> {
  return (await readFile(join(programs.folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
}
