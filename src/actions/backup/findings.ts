import type { GateFinding } from '../../gate/model.ts';
import { humanDuration, inertLine } from '../../lib/text.ts';
import { type JudgedLock, lockAgeWords, lockWords } from '../restic/locks.ts';
import { snapshotsOf, within } from '../restic/snapshots.ts';
import type { BackupSpec } from '../restic/world.ts';
import type { BackupLook, Seen, SeenRepository, SeenUnit, Unseen } from './look.ts';

/** Below this share or amount of free room a backup may not fit. Nobody knows before how much it will add. */
const ROOM_RATIO = 0.05;
const ROOM_BYTES = 1024 ** 3;

/** States of a unit that runs. Source: org.freedesktop.systemd1(5), ActiveState. */
const RUNS: ReadonlySet<string> = new Set(['active', 'activating', 'deactivating', 'reloading', 'refreshing']);

/** Makes a finding. */
export const found = (level: GateFinding['level'], code: string, text: string): GateFinding => ({ level, code, text });

/**
 * What stands in a backup's way. Pure. BLOCK and ACKNOWLEDGE say the same at every look at the same state: a new one voids approvals.
 */
export function backupFindings(spec: BackupSpec, look: BackupLook, now: number): readonly GateFinding[] {
  if ('unseen' in look.hostname) return [hostFinding(look.hostname.unseen)];
  const { repository } = look;
  return [
    ...look.missing.map((path) =>
      found('BLOCK', 'path-missing', `${path} isn't there: restic would leave it out and say that all is well`),
    ),
    // What a unit makes of its paths is its own.
    ...(spec.unit === undefined ? look.links : []).map((path) =>
      found(
        'BLOCK',
        'path-link',
        `${path} is a link: restic would save the link alone and say that all is well; configure where it leads`,
      ),
    ),
    ...unitFindings(spec, look.unit),
    ...(repository === undefined
      ? [
          found(
            'NOTE',
            'repository-unknown',
            'repository and passwordFile are not configured: what the unit writes can’t be looked at',
          ),
        ]
      : 'unseen' in repository
        ? [repositoryFinding(repository.unseen)]
        : repositoryFindings(spec, repository.seen, look.hostname.seen, now)),
  ];
}

/** A host that can't be acted on. */
export function hostFinding({ code, text }: Unseen): GateFinding {
  return found('BLOCK', code === 'not-configured' ? 'host-unknown' : 'host-unreachable', inertLine(text));
}

/** A repository that can't be read, by its reason. The words of the failure stay the same as long as it does. */
export function repositoryFinding({ trouble, code, text }: Unseen): GateFinding {
  const known: Partial<Record<NonNullable<Unseen['trouble']>, string>> = {
    'no-repository': 'repository-missing',
    'wrong-password': 'wrong-password',
    'no-password-file': 'password-file-missing',
    locked: 'repository-locked',
  };
  const named = trouble === undefined ? undefined : known[trouble];
  return found('BLOCK', named ?? (code === 'not-found' ? 'restic-missing' : 'repository-unreadable'), inertLine(text));
}

function unitFindings({ unit, host }: BackupSpec, state: Seen<SeenUnit> | undefined): readonly GateFinding[] {
  if (unit === undefined || state === undefined) return [];
  if ('unseen' in state) return [found('BLOCK', 'unit-unreadable', inertLine(state.unseen.text))];
  if (!state.seen.found) return [found('BLOCK', 'unit-missing', `systemd on ${host} knows no unit ${unit}`)];
  if (RUNS.has(state.seen.activeState)) return [found('BLOCK', 'run-going-on', `${unit} is running already`)];
  return state.seen.enabled === 'masked' ? [found('BLOCK', 'unit-masked', `${unit} is masked`)] : [];
}

function repositoryFindings(
  spec: BackupSpec,
  { locks, snapshots, room }: SeenRepository,
  hostname: string,
  now: number,
): readonly GateFinding[] {
  const { repository = '', paths, rpoMs } = spec;
  const inside = paths.find((path) => repository.startsWith('/') && within(repository, path));
  const last = snapshotsOf(snapshots, { paths, hostname }).at(-1);
  const scarce = room !== undefined && (room.freeBytes < ROOM_BYTES || room.usedRatio > 1 - ROOM_RATIO);
  return [
    ...locks.map(lockFinding),
    ...locks.map((lock) => found('NOTE', 'lock-age', lockAgeWords(lock, now))),
    ...(inside === undefined
      ? []
      : [found('ACKNOWLEDGE', 'repository-inside', `the repository lies in ${inside}, which is backed up into it`)]),
    ...(scarce
      ? [found('ACKNOWLEDGE', 'little-space', 'less than 1 GiB or 5 % is free where the repository lies')]
      : []),
    last === undefined
      ? found('NOTE', 'first-snapshot', 'there is no snapshot of this backup yet: everything is read and written')
      : found(
          'NOTE',
          'last-snapshot',
          `last snapshot ${last.id.slice(0, 8)} ${humanDuration(now - last.time)} ago${
            rpoMs === undefined ? '' : `, against an RPO of ${humanDuration(rpoMs)}`
          }`,
        ),
  ];
}

/** A lock, as a backup sees it. Exclusive ones keep it out; others matter by who made them. */
function lockFinding(lock: JudgedLock): GateFinding {
  const words = lockWords(lock);
  if (lock.exclusive && lock.alive)
    return found('BLOCK', 'repository-locked', `the repository is locked, ${words}, which is at work`);
  if (lock.exclusive) return found('BLOCK', 'repository-locked-stale', staleWords('an exclusive lock', words));
  if (!lock.alive)
    return found(
      'ACKNOWLEDGE',
      'stale-lock',
      `${staleWords('a lock', words)}; it doesn't stop a backup, but prune and a locking check`,
    );
  return lock.here
    ? found('BLOCK', 'run-going-on', `another restic works on the repository from this host: lock ${words}`)
    : found('NOTE', 'used-elsewhere', `another host uses the repository as well: lock ${words}`);
}

/** A dead process's lock, and what a person does about it. */
export function staleWords(what: string, words: string): string {
  return `a process that is gone left ${what}, ${words}; make sure that nothing runs, then \`restic unlock\` by hand`;
}
