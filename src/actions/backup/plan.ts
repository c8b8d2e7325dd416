import type { Refusal } from '../../gate/action.ts';
import type { Plan, PlanStep } from '../../gate/model.ts';
import { placeTrouble } from '../restic/args.ts';
import { snapshotsOf } from '../restic/snapshots.ts';
import type { BackupSpec, BackupWorld } from '../restic/world.ts';
import type { BackupEffects } from './effects.ts';
import { backupFindings } from './findings.ts';
import { type BackupLook, lookAtBackup } from './look.ts';

/** The action's id. */
export const BACKUP_RUN = 'backup.run';

/** Plans a run: looks, then decides. Throws only `cancelled`. */
export async function planBackup(name: string, world: BackupWorld, signal: AbortSignal): Promise<Plan | Refusal> {
  const spec = world.backups.find((one) => one.name === name);
  if (!spec) return { refused: `There is no backup ${name} in the configuration.` };
  const runnable = runnableOf(spec);
  if ('refused' in runnable) return runnable;
  const [look, remembered] = await Promise.all([
    lookAtBackup(runnable, world, signal),
    world.lastTookMs?.(BACKUP_RUN, name),
  ]);
  return backupPlan(runnable, look, { now: world.clock.now(), lastTookMs: remembered });
}

type Runnable = BackupSpec & { readonly host: string };

/** Whether a backup can be run from here at all. Pure. */
function runnableOf(spec: BackupSpec): Runnable | Refusal {
  const { name, kind, host, unit, repository, passwordFile, paths } = spec;
  if (kind !== 'restic') return { refused: `${name} is made by ${kind}; only restic backups can be run from here.` };
  if (host === undefined)
    return { refused: `${name} has no host in the configuration, so there is nowhere to run it.` };
  if (unit === undefined && (repository === undefined || passwordFile === undefined || paths.length === 0))
    return {
      refused: `${name} has neither a unit nor all of repository, passwordFile and paths in the configuration.`,
    };
  const trouble = placeTrouble(spec);
  return trouble === undefined ? { ...spec, host } : { refused: trouble };
}

/** The plan from what was seen. Pure. */
export function backupPlan(
  spec: Runnable,
  look: BackupLook,
  { now, lastTookMs }: { readonly now: number; readonly lastTookMs: number | undefined },
): Plan {
  const { name, host, unit, repository, passwordFile, paths } = spec;
  const what = unit === undefined ? `restic of ${paths.join(', ')}` : unit;
  const seenRepository = look.repository && 'seen' in look.repository ? look.repository.seen : undefined;
  const effects: BackupEffects = {
    how: unit === undefined ? 'restic' : 'unit',
    host,
    paths: [...paths],
    ...('seen' in look.hostname ? { hostname: look.hostname.seen } : {}),
    ...(unit === undefined ? {} : { unit }),
    ...(repository === undefined ? {} : { repository }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(seenRepository ? { repositoryId: seenRepository.id } : {}),
  };
  const took = lastTookMs ?? tookBefore(spec, look);
  return {
    action: BACKUP_RUN,
    args: { backup: name },
    target: name,
    title: `Back up ${name} now`,
    summary: `Runs ${what} on ${host}${repository === undefined ? '' : ` into ${repository}`}.`,
    steps: steps(spec),
    findings: backupFindings(spec, look, now),
    effects,
    locks: [`backup/${name}`],
    ...(took === undefined ? {} : { lastTookMs: took }),
  };
}

function steps({ unit, host, paths, repository }: Runnable): readonly PlanStep[] {
  return [
    { id: 'look', text: `Look which snapshots there are, and mark this run.` },
    ...(unit === undefined
      ? [{ id: 'backup', text: `On ${host}, back up ${paths.join(', ')} into ${repository} with restic.` }]
      : [
          { id: 'start', text: `On ${host}, start ${unit}.` },
          { id: 'follow', text: 'Wait until it has ended.' },
        ]),
    ...(repository === undefined
      ? []
      : [{ id: 'check', text: 'Check the repository: its structure, and a sample of its data.' }]),
    {
      id: 'verify',
      text: 'Verify the new snapshot: paths, number of files. Push the metrics, of a failed run as well.',
    },
  ];
}

/** How long the last run took: by the unit's own times, else by the newest snapshot's (restic since 0.17). */
function tookBefore({ paths }: BackupSpec, { unit, repository, hostname }: BackupLook): number | undefined {
  if (unit && 'seen' in unit) {
    const { startedAt, exitedAt } = unit.seen;
    if (startedAt !== undefined && exitedAt !== undefined && exitedAt >= startedAt) return exitedAt - startedAt;
  }
  if (!repository || 'unseen' in repository || 'unseen' in hostname) return undefined;
  return snapshotsOf(repository.seen.snapshots, { paths, hostname: hostname.seen }).at(-1)?.tookMs;
}
