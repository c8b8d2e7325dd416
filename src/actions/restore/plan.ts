import type { Refusal } from '../../gate/action.ts';
import type { GateFinding, Plan, PlanStep } from '../../gate/model.ts';
import { clip, humanBytes, humanDuration, inertLine } from '../../lib/text.ts';
import { found, hostFinding, repositoryFinding, staleWords } from '../backup/findings.ts';
import { type Seen, seen } from '../backup/look.ts';
import { placeTrouble } from '../restic/args.ts';
import { type JudgedLock, lockAgeWords, lockWords } from '../restic/locks.ts';
import type { Snapshot } from '../restic/parse.ts';
import { count } from '../restic/progress.ts';
import { repositoryOf } from '../restic/repository.ts';
import { snapshotsOf, within } from '../restic/snapshots.ts';
import { type BackupSpec, type BackupWorld, DEFAULT_RESTORE_ROOT } from '../restic/world.ts';
import type { RestoreEffects } from './effects.ts';
import { lookAtRestore, type RestoreLook, rootTrouble, sizeOf } from './look.ts';

/** The action's id. */
export const RESTORE_RUN = 'restore.run';

/** What is asked for. */
export interface RestoreArgs {
  readonly backup: string;
  /** Its id, the beginning of it, or `latest`; the latest where absent. */
  readonly snapshot?: string | undefined;
  /** Some paths of the snapshot, absolute; all of it where absent. */
  readonly paths?: readonly string[] | undefined;
}

/** Besides the data: folders, names and the file system's own needs. */
const ROOM_FACTOR = 1.05;
const ROOM_SPARE_BYTES = 64 * 1024 ** 2;

type Size = { readonly sizeBytes: number; readonly files: number };

/** Plans a restore: looks, then decides. Throws only `cancelled`. */
export async function planRestore(args: RestoreArgs, world: BackupWorld, signal: AbortSignal): Promise<Plan | Refusal> {
  const { backup: name, paths: include = [] } = args;
  const spec = world.backups.find((one) => one.name === name);
  if (!spec) return { refused: `There is no backup ${name} in the configuration.` };
  const repository = repositoryOf(spec);
  if (spec.kind !== 'restic')
    return { refused: `${name} is made by ${spec.kind}; only restic backups can be restored.` };
  if (!repository) return { refused: `${name} has not all of host, repository and passwordFile in the configuration.` };
  const trouble = placeTrouble(spec);
  if (trouble !== undefined) return { refused: trouble };
  const root = world.restoreRoot ?? DEFAULT_RESTORE_ROOT;
  const look = await lookAtRestore({ ...spec, host: repository.host }, root, world, signal);
  const chosen = chooseSnapshot(args.snapshot ?? 'latest', spec, look);
  if ('refused' in chosen) return chosen;
  const outside = include.find((path) => !chosen.snapshot?.paths.some((held) => within(path, held)));
  if (chosen.snapshot && outside !== undefined)
    return { refused: `${outside} isn't in snapshot ${chosen.snapshot.id.slice(0, 8)}.` };
  const size = chosen.snapshot && (await seen(sizeOf(repository, chosen.snapshot, include, world, signal), signal));
  const remembered = await world.lastTookMs?.(RESTORE_RUN, name);
  return restorePlan(
    { spec, host: repository.host, place: repository.place, root, include, wanted: args.snapshot ?? 'latest' },
    { look, snapshot: chosen.snapshot, size },
    { now: world.clock.now(), lastTookMs: remembered },
  );
}

/** Which snapshot; none where the repository can't be read, which a BLOCK tells. Pure. */
function chooseSnapshot(
  wanted: string,
  { name, paths }: BackupSpec,
  { hostname, repository }: RestoreLook,
): { readonly snapshot: Snapshot | undefined } | Refusal {
  if (!repository || 'unseen' in repository || 'unseen' in hostname) return { snapshot: undefined };
  const own = snapshotsOf(repository.seen.snapshots, { paths, hostname: hostname.seen });
  if (wanted === 'latest') {
    const snapshot = own.at(-1);
    return snapshot ? { snapshot } : { refused: `There is no snapshot of ${name} in its repository.` };
  }
  // By its id one of another machine may be meant, but never one of other data.
  const held = snapshotsOf(repository.seen.snapshots, { paths, hostname: undefined });
  const matching = held.filter(({ id }) => id.startsWith(wanted));
  if (matching.length > 1) return { refused: `Several snapshots begin with ${wanted}; give more of the id.` };
  const snapshot = matching[0];
  return snapshot ? { snapshot } : { refused: `There is no snapshot ${wanted} of ${name} in its repository.` };
}

interface Asked {
  readonly spec: BackupSpec;
  readonly host: string;
  readonly place: { readonly repository: string; readonly passwordFile: string };
  readonly root: string;
  readonly include: readonly string[];
  readonly wanted: string;
}

interface Known {
  readonly look: RestoreLook;
  readonly snapshot: Snapshot | undefined;
  readonly size: Seen<Size> | undefined;
}

/** The plan from what was seen. Pure. The snapshot is bound by its id: one that comes later changes nothing. */
export function restorePlan(
  { spec, host, place, root, include, wanted }: Asked,
  known: Known,
  { now, lastTookMs }: { readonly now: number; readonly lastTookMs: number | undefined },
): Plan {
  const { look, snapshot } = known;
  const { name } = spec;
  const seenRepository = look.repository && 'seen' in look.repository ? look.repository.seen : undefined;
  const id = snapshot?.id ?? wanted;
  const effects: RestoreEffects = {
    host,
    ...place,
    ...(seenRepository ? { repositoryId: seenRepository.id } : {}),
    snapshot: id,
    snapshotTime: snapshot?.time ?? 0,
    include: [...include],
    ...(known.size && 'seen' in known.size ? { sizeBytes: known.size.seen.sizeBytes } : {}),
    root,
    noLock: seenRepository?.locks.some(({ exclusive, alive }) => exclusive && !alive) ?? false,
  };
  const what = include.length === 0 ? 'all of it' : include.join(', ');
  const age = snapshot ? ` of ${stamp(snapshot.time)}, ${humanDuration(now - snapshot.time)} old` : '';
  return {
    action: RESTORE_RUN,
    args: { backup: name, snapshot: id, ...(include.length === 0 ? {} : { paths: [...include] }) },
    target: name,
    title: `Restore ${name}`,
    summary: `Restores snapshot ${id.slice(0, 8)}${age} (${what}) into a fresh folder below ${root} on ${host}. Live data is not touched.`,
    steps: steps(effects, name, snapshot),
    findings: restoreFindings(spec, root, known, now),
    effects,
    locks: [`backup/${name}`],
    ...(lastTookMs === undefined ? {} : { lastTookMs }),
  };
}

function steps(
  { host, root, snapshot, include }: RestoreEffects,
  name: string,
  held: Snapshot | undefined,
): readonly PlanStep[] {
  const example = include[0] ?? held?.paths[0];
  return [
    { id: 'folder', text: `On ${host}, make the fresh folder ${root}/${name}-…, which nobody else can read.` },
    {
      id: 'restore',
      text: `Restore snapshot ${snapshot.slice(0, 8)} into it with restic, which keeps whole paths${
        example === undefined ? '' : `: ${show(example)} will be found as ${show(`${root}/${name}-…${example}`)}`
      }.`,
    },
    {
      id: 'verify',
      text: 'Compare every file with the snapshot: names, sizes, times, contents; a sample once more, read anew from the repository.',
    },
  ];
}

const show = (path: string): string => clip(inertLine(path), 200);
const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What stands in a restore's way. Pure. */
function restoreFindings(
  spec: BackupSpec,
  root: string,
  { look, snapshot, size }: Known,
  now: number,
): readonly GateFinding[] {
  if ('unseen' in look.hostname) return [hostFinding(look.hostname.unseen)];
  const { repository, root: place } = look;
  return [
    ...(repository === undefined
      ? []
      : 'unseen' in repository
        ? [repositoryFinding(repository.unseen)]
        : repository.seen.locks.flatMap((lock) => lockFindings(lock, now))),
    ...rootFindings(root, place, size),
    ...(snapshot ? [ageFinding(spec, snapshot, now)] : []),
    ...(snapshot && !('unseen' in look.hostname) && snapshot.hostname !== look.hostname.seen
      ? [found('ACKNOWLEDGE', 'other-machine', `the snapshot was made by a machine named ${show(snapshot.hostname)}`)]
      : []),
  ];
}

function rootFindings(root: string, place: RestoreLook['root'], size: Known['size']): readonly GateFinding[] {
  const findings: GateFinding[] = [];
  if (place && 'unseen' in place) findings.push(found('BLOCK', 'root-unreadable', inertLine(place.unseen.text)));
  if (size && 'unseen' in size) findings.push(found('BLOCK', 'size-unknown', inertLine(size.unseen.text)));
  if (!place || 'unseen' in place) return findings;
  const trouble = rootTrouble(root, place.seen);
  if (trouble) findings.push(found('BLOCK', trouble.code, trouble.text));
  if (!size || 'unseen' in size) return findings;
  const { sizeBytes, files } = size.seen;
  const { freeBytes } = place.seen;
  const words = `${count(files)} files and folders, ${humanBytes(sizeBytes)}`;
  if (files === 0) findings.push(found('BLOCK', 'nothing-to-restore', 'nothing of the snapshot is meant'));
  if (freeBytes === undefined)
    findings.push(found('ACKNOWLEDGE', 'room-unknown', `it can't be told whether there is room below ${root}`));
  else if (freeBytes < sizeBytes * ROOM_FACTOR + ROOM_SPARE_BYTES)
    findings.push(found('BLOCK', 'no-room', `${humanBytes(sizeBytes)} and some room to spare don't fit below ${root}`));
  else findings.push(found('NOTE', 'size', `${words}; ${humanBytes(freeBytes)} are free below ${root}`));
  return findings;
}

function ageFinding({ rpoMs }: BackupSpec, { time, id }: Snapshot, now: number): GateFinding {
  const age = `the data is that of ${stamp(time)} (snapshot ${id.slice(0, 8)}), ${humanDuration(now - time)} ago`;
  if (rpoMs === undefined) return found('NOTE', 'age', `${age}; no RPO is set`);
  const verdict = now - time > rpoMs ? 'older than' : 'within';
  return found('NOTE', 'age', `${age}, ${verdict} the RPO of ${humanDuration(rpoMs)}`);
}

/** A lock, as a restore sees it: a living exclusive one keeps it out, a dead one is read past. */
function lockFindings(lock: JudgedLock, now: number): readonly GateFinding[] {
  if (!lock.exclusive) return [];
  const words = lockWords(lock);
  const age = found('NOTE', 'lock-age', lockAgeWords(lock, now));
  if (lock.alive)
    return [found('BLOCK', 'repository-locked', `the repository is locked, ${words}, which is at work`), age];
  return [
    found(
      'ACKNOWLEDGE',
      'restore-without-lock',
      `${staleWords('an exclusive lock', words)}; the restore reads without a lock`,
    ),
    age,
  ];
}
