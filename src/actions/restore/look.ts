import { posix } from 'node:path';
import { DaytwoError } from '../../lib/errors.ts';
import { lookAtRepository, roomAt, type Seen, type SeenRepository, seen } from '../backup/look.ts';
import type { Snapshot } from '../restic/parse.ts';
import { type Repository, restic } from '../restic/repository.ts';
import { hostnameOf, within } from '../restic/snapshots.ts';
import type { BackupSpec, BackupWorld } from '../restic/world.ts';
import { areaOf, areasOf, type Mount, parseMounts } from './mounts.ts';

/** A folder on a host, as `stat` shows it: what is there itself, not where a link leads. */
export interface SeenFolder {
  readonly type: string;
  readonly uid: number;
  /** Permission bits. */
  readonly mode: number;
}

/** Where restores go. */
export interface SeenRoot {
  /** Undefined where there is none yet. */
  readonly folder: SeenFolder | undefined;
  /** The user that commands run as. */
  readonly uid: number;
  /** Where the root leads, all links followed. */
  readonly real: string;
  /** Live folders on that host with where they lead: what is backed up, and local repositories. */
  readonly live: readonly { readonly path: string; readonly real: string }[];
  /** What is mounted where: the same data may lie under two paths. */
  readonly mounts: readonly Mount[];
  /** Undefined where it can't be told. */
  readonly freeBytes: number | undefined;
}

/** What there is to see before a restore. */
export interface RestoreLook {
  readonly hostname: Seen<string>;
  readonly repository: Seen<SeenRepository> | undefined;
  readonly root: Seen<SeenRoot> | undefined;
}

/** Looks at the repository and at the place for the restore; changes nothing. Throws only `cancelled`. */
export async function lookAtRestore(
  spec: BackupSpec & { readonly host: string },
  root: string,
  world: BackupWorld,
  signal: AbortSignal,
): Promise<RestoreLook> {
  const hostname = await seen(hostnameOf(world, spec.host, signal), signal);
  if ('unseen' in hostname) return { hostname, repository: undefined, root: undefined };
  const [repository, place] = await Promise.all([
    lookAtRepository(spec, hostname.seen, world, signal),
    seen(lookAtRoot(spec.host, root, world, signal), signal),
  ]);
  return { hostname, repository, root: place };
}

/** Looks at the folder that restores go into. Throws as `ActingHosts.act`. */
export async function lookAtRoot(
  host: string,
  root: string,
  world: BackupWorld,
  signal: AbortSignal,
): Promise<SeenRoot> {
  const here = world.backups.filter((one) => one.host === host);
  const live = [
    ...new Set(
      here.flatMap(({ paths, repository }) => [...paths, ...(repository?.startsWith('/') ? [repository] : [])]),
    ),
  ];
  const [folder, user, real, mounts, room] = await Promise.all([
    statOf(host, root, world, signal),
    world.hosts.act(host, { tool: 'user-id' }, { signal }),
    realPaths(host, [root, ...live], world, signal),
    mountsOf(host, world, signal),
    roomUpwards(host, root, world, signal),
  ]);
  return {
    folder,
    uid: Number(user.stdout.trim()),
    real: real(root),
    live: live.map((path) => ({ path, real: real(path) })),
    mounts,
    freeBytes: room,
  };
}

/** Tells where each path leads. @throws DaytwoError failed (it can't be told of every one), and as `ActingHosts.act` */
async function realPaths(
  host: string,
  paths: readonly string[],
  { hosts }: BackupWorld,
  signal: AbortSignal,
): Promise<(path: string) => string> {
  const { exitCode, stdout } = await hosts.act(host, { tool: 'real-paths', paths }, { signal });
  const found = stdout.split('\0');
  const real = new Map(paths.map((path, at) => [path, found[at]]));
  if (exitCode !== 0 || found.length !== paths.length + 1 || !found.slice(0, -1).every((one) => one.startsWith('/')))
    throw new DaytwoError('failed', `where the paths on ${host} lead can't be told`);
  return (path) => real.get(path) ?? path;
}

async function mountsOf(host: string, { hosts }: BackupWorld, signal: AbortSignal): Promise<readonly Mount[]> {
  const { exitCode, stdout } = await hosts.act(host, { tool: 'mounts' }, { signal });
  const mounts = exitCode === 0 ? parseMounts(stdout) : [];
  if (mounts.length === 0) throw new DaytwoError('failed', `what is mounted on ${host} can't be read`);
  return mounts;
}

/** Room at the nearest folder upwards that is there already. */
async function roomUpwards(
  host: string,
  path: string,
  world: BackupWorld,
  signal: AbortSignal,
): Promise<number | undefined> {
  for (let at = path; ; at = posix.dirname(at)) {
    const room = await roomAt(world, host, at, signal);
    if (room || at === '/') return room?.freeBytes;
  }
}

async function statOf(
  host: string,
  path: string,
  { hosts }: BackupWorld,
  signal: AbortSignal,
): Promise<SeenFolder | undefined> {
  const { stdout } = await hosts.act(host, { tool: 'stat', paths: [path] }, { signal });
  const [, type, uid, mode] = /^([^|]+)\|(\d+)\|([0-7]+)\|/.exec(stdout) ?? [];
  if (type === undefined) return undefined;
  return { type, uid: Number(uid), mode: Number.parseInt(mode ?? '', 8) };
}

/**
 * Why nothing may be restored below a root; undefined where it may. In a folder that is a link, somebody else's, or open to others, one of
 * those could put a link to live data in the way.
 */
export function rootTrouble(
  root: string,
  { folder, uid, real, live, mounts }: SeenRoot,
): { readonly code: string; readonly text: string } | undefined {
  const over = live.find((one) => within(real, one.real) || within(root, one.path));
  if (over) return { code: 'live-path', text: `${root} lies in ${over.path}, which is live data` };
  const here = areaOf(mounts, real);
  const mounted = live.find((one) =>
    areasOf(mounts, one.real).some(({ device, path }) => device === here?.device && within(here.path, path)),
  );
  if (mounted) return { code: 'live-path', text: `${root} shows what lies in ${mounted.path}, which is live data` };
  if (folder === undefined) return undefined;
  const safe = folder.type === 'directory' && folder.uid === uid && (folder.mode & 0o022) === 0;
  if (safe) return undefined;
  return {
    code: 'unsafe-root',
    text: `${root} must be a folder of the user that restores, writable for nobody else; move it away or set its owner and mode right`,
  };
}

/** How much a restore will write: the whole snapshot, or what of it is asked for. Throws as asking restic. */
export async function sizeOf(
  repository: Repository,
  snapshot: Snapshot,
  include: readonly string[],
  world: BackupWorld,
  signal: AbortSignal,
): Promise<{ readonly sizeBytes: number; readonly files: number }> {
  const ask = restic(world, repository, signal);
  if (include.length === 0) return ask.stats(snapshot.id);
  let sizeBytes = 0;
  let files = 0;
  await ask.list(snapshot.id, (entry) => {
    if (!include.some((path) => within(entry.path, path))) return;
    files += 1;
    if (entry.type === 'file') sizeBytes += entry.sizeBytes;
  });
  return { sizeBytes, files };
}
