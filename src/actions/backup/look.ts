import { parseDf } from '../../host/parse/df.ts';
import { parseUnit, type UnitState } from '../../host/parse/unit.ts';
import { codeOf, DaytwoError, type ErrorCode, messageOf } from '../../lib/errors.ts';
import type { ResticTrouble } from '../restic/exits.ts';
import { type JudgedLock, judgeLocks } from '../restic/locks.ts';
import type { Snapshot } from '../restic/parse.ts';
import { ResticFault, repositoryOf, restic } from '../restic/repository.ts';
import { hostnameOf } from '../restic/snapshots.ts';
import type { BackupSpec, BackupWorld } from '../restic/world.ts';

/** Why something couldn't be looked at. */
export interface Unseen {
  readonly code: ErrorCode;
  readonly trouble: ResticTrouble | undefined;
  readonly text: string;
}

/** Something that was looked at, or why not. */
export type Seen<T> = { readonly seen: T } | { readonly unseen: Unseen };

/** A unit, and which run of it systemd remembers. */
export interface SeenUnit extends UnitState {
  /** Empty where systemd remembers none. */
  readonly invocation: string;
}

/** A repository. */
export interface SeenRepository {
  readonly id: string;
  readonly locks: readonly JudgedLock[];
  readonly snapshots: readonly Snapshot[];
  /** Room where it lies, for a local one. */
  readonly room: { readonly freeBytes: number; readonly usedRatio: number } | undefined;
}

/** What there is to see before a backup. */
export interface BackupLook {
  /** The host's own name. */
  readonly hostname: Seen<string>;
  /** Configured paths that aren't there, or can't be seen. */
  readonly missing: readonly string[];
  /** Configured paths that are links themselves. */
  readonly links: readonly string[];
  readonly unit: Seen<SeenUnit> | undefined;
  readonly repository: Seen<SeenRepository> | undefined;
}

/** Looks at all that a backup needs; changes nothing. Throws only `cancelled`. */
export async function lookAtBackup(
  spec: BackupSpec & { readonly host: string },
  world: BackupWorld,
  signal: AbortSignal,
): Promise<BackupLook> {
  const { host, unit } = spec;
  const hostname = await seen(hostnameOf(world, host, signal), signal);
  if ('unseen' in hostname) return { hostname, missing: [], links: [], unit: undefined, repository: undefined };
  const [paths, state, repository] = await Promise.all([
    lookAtPaths(spec, world, signal),
    unit === undefined ? undefined : seen(lookAtUnit(world, { host, unit }, signal), signal),
    lookAtRepository(spec, hostname.seen, world, signal),
  ]);
  return { hostname, ...paths, unit: state, repository };
}

/** Looks at a backup's repository; undefined where it isn't configured. Throws only `cancelled`. */
export async function lookAtRepository(
  spec: BackupSpec,
  hostname: string,
  world: BackupWorld,
  signal: AbortSignal,
): Promise<Seen<SeenRepository> | undefined> {
  const repository = repositoryOf(spec);
  if (!repository) return undefined;
  const ask = restic(world, repository, signal);
  const all = async (): Promise<SeenRepository> => {
    // First, so that a wrong password is told once.
    const id = await ask.id();
    const [found, snapshots, room] = await Promise.all([
      ask.locks(),
      ask.snapshots(),
      roomAt(world, repository.host, repository.place.repository, signal),
    ]);
    return { id, locks: await judgeLocks(found, { host: repository.host, hostname }, world, signal), snapshots, room };
  };
  return seen(all(), signal);
}

/** Room on the file system that holds a path, for local paths; undefined where it can't be told. Throws only `cancelled`. */
export async function roomAt(
  { hosts }: Pick<BackupWorld, 'hosts'>,
  host: string,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly freeBytes: number; readonly usedRatio: number } | undefined> {
  if (!path.startsWith('/')) return undefined;
  const found = await seen(hosts.act(host, { tool: 'df-at', path }, { signal }), signal);
  return 'seen' in found ? parseDf(found.seen.stdout)[0] : undefined;
}

/** A unit as systemd shows it. Throws as `ActingHosts.act`. */
export async function lookAtUnit(
  { hosts }: Pick<BackupWorld, 'hosts'>,
  { host, unit }: { readonly host: string; readonly unit: string },
  signal: AbortSignal,
): Promise<SeenUnit> {
  const { stdout, stderr, exitCode } = await hosts.act(host, { tool: 'unit-show', unit }, { signal });
  if (exitCode !== 0)
    throw new DaytwoError('failed', `systemctl on ${host} ended with ${exitCode}: ${stderr.slice(0, 200)}`);
  return { ...parseUnit(stdout), invocation: /^InvocationID=([0-9a-f]{32})$/m.exec(stdout)?.[1] ?? '' };
}

async function lookAtPaths(
  { host, paths }: BackupSpec & { readonly host: string },
  { hosts }: BackupWorld,
  signal: AbortSignal,
): Promise<Pick<BackupLook, 'missing' | 'links'>> {
  if (paths.length === 0) return { missing: [], links: [] };
  const { stdout } = await hosts.act(host, { tool: 'stat', paths }, { signal });
  const types = new Map(
    stdout.split('\n').map((line) => {
      const [type = '', , , ...name] = line.split('|');
      return [name.join('|'), type];
    }),
  );
  const typeOf = (path: string): string | undefined => types.get(path.length > 1 ? path.replace(/\/$/, '') : path);
  return {
    missing: paths.filter((path) => typeOf(path) === undefined),
    links: paths.filter((path) => typeOf(path) === 'symbolic link'),
  };
}

/** Waits for a look; a failed one is an answer, too, but for a cancelled one. */
export async function seen<T>(look: Promise<T>, signal: AbortSignal): Promise<Seen<T>> {
  try {
    return { seen: await look };
  } catch (error) {
    if (signal.aborted) throw error;
    const trouble = error instanceof ResticFault ? error.trouble : undefined;
    return { unseen: { code: codeOf(error), trouble, text: messageOf(error) } };
  }
}
