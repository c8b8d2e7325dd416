import { posix } from 'node:path';
import { within } from '../restic/snapshots.ts';

/** A mount: which part of which file system is seen where. */
export interface Mount {
  /** `8:1`: the file system. */
  readonly device: string;
  /** The folder within the file system that is mounted: not `/` for a bind mount. */
  readonly root: string;
  readonly at: string;
}

/** A place as the file system itself has it, by whichever mount it is reached. */
export interface Area {
  readonly device: string;
  readonly path: string;
}

/** Reads /proc/self/mountinfo, in its order. Source: proc_pid_mountinfo(5): blanks and the like are octal escapes. Pure. */
export function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, , device, root, at] = line.split(' ');
    if (device === undefined || root === undefined || !at?.startsWith('/')) return [];
    return { device, root: plain(root), at: plain(at) };
  });
}

const plain = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Where a path (links followed) lies in its file system; undefined where nothing is mounted above it. Pure. */
export function areaOf(mounts: readonly Mount[], path: string): Area | undefined {
  // The deepest one counts, and of two at one place the later, which covers the other.
  let found: Mount | undefined;
  for (const mount of mounts) {
    if (within(path, mount.at) && (!found || mount.at.length >= found.at.length)) found = mount;
  }
  return found && { device: found.device, path: posix.join(found.root, posix.relative(found.at, path)) };
}

/** All that a live folder shows: itself, and what is mounted below it. Pure. */
export function areasOf(mounts: readonly Mount[], path: string): readonly Area[] {
  const own = areaOf(mounts, path);
  const below = mounts.filter(({ at }) => at !== path && within(at, path));
  return [...(own ? [own] : []), ...below.map(({ device, root }) => ({ device, path: root }))];
}
