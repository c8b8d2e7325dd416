import { DaytwoError } from '../../lib/errors.ts';
import type { Snapshot } from './parse.ts';
import { repositoryOf, restic } from './repository.ts';
import type { BackupWorld } from './world.ts';

/** A snapshot of a backup, as it is listed. */
export interface ListedSnapshot {
  readonly id: string;
  /** Epoch ms. */
  readonly time: number;
  /** Untrusted text. */
  readonly hostname: string;
  /** Untrusted text. */
  readonly paths: readonly string[];
  /** What restoring it would write, bytes; undefined where it wasn't asked for or isn't known. */
  readonly sizeBytes: number | undefined;
  readonly files: number | undefined;
}

/** Sizes are counted by walking a snapshot's trees before 0.17, so only the newest few get theirs. */
const SIZED = 10;

/** Whether `path` is `folder` or lies in it. Both absolute, in their plain form. */
export function within(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

/**
 * Those of a repository's snapshots that are of one backup: they hold all of its paths, and come from its own machine where some do, for
 * several machines may share a repository and have the same paths. Pure; order kept.
 */
export function snapshotsOf(
  all: readonly Snapshot[],
  backup: { readonly paths: readonly string[]; readonly hostname: string | undefined },
): readonly Snapshot[] {
  const holding = all.filter(({ paths }) => backup.paths.every((path) => paths.some((held) => within(path, held))));
  const own = holding.filter(({ hostname }) => hostname === backup.hostname);
  return own.length > 0 ? own : holding;
}

/**
 * The snapshots of a configured backup, newest first, at most `most`; the newest ten with their sizes.
 * @throws DaytwoError not-configured (no such backup, or its repository isn't configured) and as asking restic
 */
export async function listSnapshots(
  name: string,
  world: BackupWorld,
  signal: AbortSignal,
  most = 50,
): Promise<readonly ListedSnapshot[]> {
  const spec = world.backups.find((one) => one.name === name);
  if (!spec) throw new DaytwoError('not-configured', 'there is no backup of that name in the configuration');
  const repository = repositoryOf(spec);
  if (spec.kind !== 'restic' || !repository) {
    throw new DaytwoError('not-configured', `${name}: host, repository and passwordFile of a restic backup are needed`);
  }
  const ask = restic(world, repository, signal);
  const hostname = await hostnameOf(world, repository.host, signal);
  const newest = snapshotsOf(await ask.snapshots(), { paths: spec.paths, hostname })
    .slice(-most)
    .reverse();
  const listed: ListedSnapshot[] = [];
  for (const [at, one] of newest.entries()) {
    const { id, time, hostname: from, paths } = one;
    const known = one.sizeBytes !== undefined || at >= SIZED ? one : await ask.stats(id);
    listed.push({ id, time, hostname: from, paths, sizeBytes: known.sizeBytes, files: known.files });
  }
  return listed;
}

/** What a host calls itself. Throws as `ActingHosts.act`. */
export async function hostnameOf(
  { hosts }: Pick<BackupWorld, 'hosts'>,
  host: string,
  signal: AbortSignal,
): Promise<string> {
  return (await hosts.act(host, { tool: 'hostname' }, { signal })).stdout.trim();
}
