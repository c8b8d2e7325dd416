import type { ActOutput, ResticJob, ResticPlace } from '../../host/actPort.ts';
import { DaytwoError } from '../../lib/errors.ts';
import { parseVersion, type ResticEnd, type ResticVersion, resticEnd } from './exits.ts';
import {
  type Entry,
  parseConfig,
  parseLock,
  parseNode,
  parseSnapshots,
  parseStats,
  type ResticLock,
  type ResticStats,
  type Snapshot,
} from './parse.ts';
import type { BackupSpec, BackupWorld } from './world.ts';

/** A repository that restic can be asked about directly: everything that takes is configured. */
export interface Repository {
  readonly host: string;
  readonly place: ResticPlace;
}

/** restic's own failure, with its reason kept apart from its words. */
export class ResticFault extends DaytwoError {
  readonly trouble: Extract<ResticEnd, { is: 'failed' }>['trouble'];

  constructor({ trouble, said }: Extract<ResticEnd, { is: 'failed' }>, where: string) {
    super('failed', `${where}: ${said}`);
    this.trouble = trouble;
  }
}

/** Where a backup's repository is; undefined where the configuration leaves some of it out. */
export function repositoryOf({ host, repository, passwordFile }: BackupSpec): Repository | undefined {
  if (host === undefined || repository === undefined || passwordFile === undefined) return undefined;
  return { host, place: { repository, passwordFile } };
}

/** How many snapshots' locks are looked at: a repository with more is in trouble anyway. */
const LOCKS_MAX = 20;

/** Questions to one repository. All throw `ResticFault`, `bad-answer`, and as `ActingHosts.act`. */
export interface Restic {
  version(): Promise<ResticVersion | undefined>;
  /** The repository's id: proof that it is there and the password right. */
  id(): Promise<string>;
  /** Oldest first. */
  snapshots(): Promise<readonly Snapshot[]>;
  locks(): Promise<readonly ResticLock[]>;
  stats(id: string): Promise<ResticStats>;
  /** Each entry of a snapshot as it comes. */
  list(id: string, each: (entry: Entry) => void): Promise<void>;
  /** A file's bytes as they come. */
  dump(file: { readonly id: string; readonly path: string }, each: (bytes: Uint8Array) => void): Promise<void>;
}

/** Asks one repository. */
export function restic({ hosts }: Pick<BackupWorld, 'hosts'>, repository: Repository, signal: AbortSignal): Restic {
  const { host, place } = repository;
  let version: Promise<ResticVersion | undefined> | undefined;

  const versionOf = (): Promise<ResticVersion | undefined> => {
    version ??= hosts
      .act(host, { tool: 'restic-version' }, { signal })
      .then(({ exitCode, stdout }) => (exitCode === 0 ? parseVersion(stdout) : undefined));
    return version;
  };

  const ask = async (
    job: ResticJob,
    take: { onLine?: (line: string) => void; onBytes?: (bytes: Uint8Array) => void } = {},
  ): Promise<ActOutput> => {
    const output = await hosts.act(host, { tool: 'restic', place, job }, { signal, ...take });
    // Only a failure needs the version.
    const end = output.exitCode === 0 ? { is: 'ok' as const } : resticEnd(await versionOf(), job.do, output);
    if (end.is === 'failed') throw new ResticFault(end, `restic ${job.do} on ${host}`);
    return output;
  };

  const read = <T>(job: ResticJob, { stdout }: ActOutput, parse: (text: string) => T | undefined): T => {
    const found = parse(stdout);
    if (found === undefined)
      throw new DaytwoError('bad-answer', `restic ${job.do} on ${host} answered in a form that isn't known`);
    return found;
  };
  const get = async <T>(job: ResticJob, parse: (text: string) => T | undefined): Promise<T> =>
    read(job, await ask(job), parse);

  return {
    version: versionOf,
    id: () => get({ do: 'config' }, parseConfig),
    snapshots: () => get({ do: 'snapshots' }, parseSnapshots),
    stats: (id) => get({ do: 'stats', id }, parseStats),
    async locks() {
      const { stdout } = await ask({ do: 'locks' });
      const ids = stdout.split('\n').filter((line) => /^[0-9a-f]{64}$/.test(line));
      const found = await Promise.all(
        ids.slice(0, LOCKS_MAX).map((id) => get({ do: 'lock', id }, parseLock).catch(gone)),
      );
      return found.filter((lock) => lock !== undefined);
    },
    async list(id, each) {
      await ask(
        { do: 'ls', id },
        {
          onLine: (line) => {
            const entry = parseNode(line);
            if (entry) each(entry);
          },
        },
      );
    },
    async dump({ id, path }, each) {
      await ask({ do: 'dump', id, path }, { onBytes: each });
    },
  };
}

/** A lock that went between the list and the look was somebody's who has ended. */
function gone(error: unknown): undefined {
  if (error instanceof ResticFault && error.trouble === 'other') return undefined;
  throw error;
}
