import { placeTrouble } from '../actions/restic/args.ts';
import { repositoryOf, restic } from '../actions/restic/repository.ts';
import type { BackupSpec } from '../actions/restic/world.ts';
import { utc } from '../alerting/cards.ts';
import type { Config } from '../config/schema.ts';
import type { ActingHosts } from '../host/actPort.ts';
import { DaytwoError } from '../lib/errors.ts';

/** A backup of the configuration, as far as making and restoring it goes. */
export function backupSpec({
  name,
  kind,
  host,
  unit,
  repository,
  passwordFile,
  paths,
  rpo,
  rto,
  whoCanRestore,
}: Config['backups'][number]): BackupSpec {
  return { name, kind, host, unit, repository, passwordFile, paths, rpoMs: rpo, rtoMs: rto, whoCanRestore };
}

/** Why a backup isn't run or restored from here; undefined where it is. */
export function backupOff(spec: BackupSpec): string | undefined {
  if (spec.kind !== 'restic') return `${spec.kind}: it is shown, and not run or restored from here`;
  return repositoryOf(spec)
    ? undefined
    : 'it is not run or restored from here: host, repository or passwordFile is not set';
}

/** What a restic repository answers: its tool's version, how many snapshots, the newest. Read-only. Throws as `Restic`, and `invalid`. */
export async function backupText(spec: BackupSpec, hosts: ActingHosts, signal: AbortSignal): Promise<string> {
  const trouble = placeTrouble(spec);
  const repository = repositoryOf(spec);
  if (trouble !== undefined || !repository) throw new DaytwoError('invalid', trouble ?? backupOff(spec) ?? spec.name);
  const asked = restic({ hosts }, repository, signal);
  const [version, snapshots] = [await asked.version(), await asked.snapshots()];
  const newest = snapshots.at(-1);
  const tool = version ? `restic ${version.join('.')}` : 'restic';
  if (!newest) return `${tool}, no snapshot yet`;
  const count = snapshots.length === 1 ? '1 snapshot' : `${snapshots.length} snapshots`;
  return `${tool}, ${count}, the newest of ${utc(newest.time)}`;
}
