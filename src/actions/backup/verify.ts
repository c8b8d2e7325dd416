import type { JournaledStep, Verdict } from '../../gate/action.ts';
import type { Outcome, Plan } from '../../gate/model.ts';
import { clip, humanBytes, humanDuration, inertLine } from '../../lib/text.ts';
import type { ResticStats, Snapshot } from '../restic/parse.ts';
import { count } from '../restic/progress.ts';
import { restic } from '../restic/repository.ts';
import { snapshotsOf } from '../restic/snapshots.ts';
import type { BackupWorld } from '../restic/world.ts';
import {
  type BackupEffects,
  backupEffects,
  checkResult,
  followResult,
  lookResult,
  repositoryIn,
  resultOf,
  runResult,
} from './effects.ts';
import { check } from './execute.ts';
import { type Told, tellFailure, tellSuccess } from './push.ts';

type Check = Outcome['checks'][number];

/** How bad a check that fails is: what makes the backup worthless, or what makes it doubtful. */
type Weighed = Check & { readonly weight: 'failed' | 'degraded' };

/** A snapshot with less than this share of the last good one's files misses something: a mount that wasn't there. */
const LEAST_SHARE = 0.5;

/** Two machines' clocks may differ by this much, ms. */
const SKEW_MS = 5 * 60_000;

/** What a run left: everything that verification knows before it looks itself. */
export interface BackupTrace {
  readonly marker: string | undefined;
  readonly known: ReadonlySet<string>;
  readonly since: number;
  readonly complete: boolean | undefined;
  readonly unread: number;
  readonly tookMs: number | undefined;
}

/** Reads a run's trace from its journal. Pure. */
export function traceOf(journal: readonly JournaledStep[]): BackupTrace {
  const look = resultOf(journal, 'look', lookResult);
  const run = resultOf(journal, 'backup', runResult);
  const follow = resultOf(journal, 'follow', followResult);
  const begun = journal.find(({ step }) => step === 'backup' || step === 'start');
  return {
    marker: look?.marker,
    known: new Set(look?.snapshots ?? []),
    since: begun?.intentAt ?? 0,
    complete: run?.complete ?? (follow === undefined ? undefined : follow.result === 'success'),
    unread: run?.unread ?? 0,
    tookMs: run?.tookMs ?? follow?.tookMs,
  };
}

/** The snapshot that a run made: by its tag, or, for a unit, the newest that wasn't there before. Pure. */
export function madeBy(
  all: readonly Snapshot[],
  { unit, paths, hostname }: BackupEffects,
  { marker, known, since }: BackupTrace,
): Snapshot | undefined {
  if (unit === undefined) return all.findLast(({ tags }) => marker !== undefined && tags.includes(marker));
  return snapshotsOf(all, { paths, hostname }).findLast(({ id, time }) => !known.has(id) && time >= since - SKEW_MS);
}

/**
 * What must be true after a run. Looks at the repository itself, and pushes the metrics where all is well.
 * @throws DaytwoError as asking restic: what can't be looked at now may be later
 */
export async function verifyBackup(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: BackupWorld,
  signal: AbortSignal,
): Promise<Verdict> {
  const effects = backupEffects(plan);
  const trace = traceOf(journal);
  const follow = resultOf(journal, 'follow', followResult);
  const repository = repositoryIn(effects);
  const checks: Weighed[] = [];
  const facts: { name: string; value: string }[] = [];
  if (effects.unit !== undefined) checks.push(unitCheck(effects.unit, follow));
  if (repository) {
    const ask = restic(world, repository, signal);
    const all = await ask.snapshots();
    const made = madeBy(all, effects, trace);
    checks.push(weighed('failed', 'a new snapshot', 'one', made ? made.id.slice(0, 8) : 'none', made !== undefined));
    if (made) {
      const before = snapshotsOf(all, effects as SnapshotScope).findLast(({ time }) => time < made.time);
      const [stats, last] = await Promise.all([ask.stats(made.id), before && ask.stats(before.id)]);
      checks.push(...snapshotChecks(effects, made, trace), ...sizeChecks(stats, last));
      facts.push(...snapshotFacts(made, stats));
    }
    const checked =
      resultOf(journal, 'check', checkResult) ?? (await check(repository, world, () => undefined, signal));
    checks.push(weighed('failed', 'restic check', 'no errors', checked.text, checked.ok));
  } else {
    checks.push(weighed('degraded', 'a new snapshot', 'one', 'not known: no repository is configured', false));
  }
  if (trace.tookMs !== undefined) facts.push({ name: 'Duration', value: humanDuration(trace.tookMs) });

  const is = worst(checks);
  const ran = { name: plan.target, effects, since: trace.since };
  if (is === 'succeeded') {
    const run = resultOf(journal, 'backup', runResult);
    const told = await tellSuccess({ ...ran, tookMs: trace.tookMs, run }, world, signal);
    return verdict(plan.target, checks, facts, told ?? NOBODY);
  }
  // A doubtful one is neither: a person decides whether the alert may go.
  const told = is === 'failed' ? await tellFailure(ran, world, signal) : undefined;
  if (told?.ok) facts.push({ name: 'Metrics', value: `pushed as failed: ${told.text}` });
  else if (told) facts.push({ name: 'Metrics', value: `the failure could not be pushed: ${told.text}` });
  else facts.push({ name: 'Metrics', value: 'not pushed: the alert stays as it is' });
  return verdict(plan.target, checks, facts, undefined);
}

type SnapshotScope = Parameters<typeof snapshotsOf>[1];

function weighed(weight: Weighed['weight'], what: string, expected: string, actual: string, ok: boolean): Weighed {
  return { weight, what, expected, actual: clip(inertLine(actual), 300), ok };
}

function unitCheck(unit: string, end: ReturnType<typeof followResult.parse> | undefined): Weighed {
  const what = `the run of ${unit}`;
  if (end === undefined) return weighed('degraded', what, 'success', 'not known: nobody watched its end', false);
  const ok = end.result === 'success';
  return weighed(end.result === 'failed' ? 'failed' : 'degraded', what, 'success', end.said, ok);
}

function snapshotChecks(
  { paths, unit }: BackupEffects,
  made: Snapshot,
  { complete, unread }: BackupTrace,
): readonly Weighed[] {
  const held = [...made.paths].sort().join(', ');
  const wanted = [...paths].map((path) => (path.length > 1 ? path.replace(/\/$/, '') : path)).sort();
  const missing = wanted.filter((path) => !made.paths.includes(path));
  return [
    ...(wanted.length === 0 ? [] : [weighed('degraded', 'its paths', wanted.join(', '), held, missing.length === 0)]),
    // What a unit could not read shows in its own result, which has a check of its own.
    ...(unit === undefined
      ? [weighed('degraded', 'everything could be read', 'yes', readWords(complete, unread), complete === true)]
      : []),
  ];
}

function readWords(complete: boolean | undefined, unread: number): string {
  if (complete === undefined) return 'not known: the end of the run was not seen';
  return complete ? 'yes' : `no, ${count(Math.max(1, unread))} could not`;
}

function sizeChecks(stats: ResticStats, last: ResticStats | undefined): readonly Weighed[] {
  const enough = last === undefined || stats.files >= last.files * LEAST_SHARE;
  const expected = last === undefined ? 'more than none' : `about ${count(last.files)}, as in the one before`;
  return [
    weighed(
      stats.files === 0 ? 'failed' : 'degraded',
      'files and folders',
      expected,
      count(stats.files),
      stats.files > 0 && enough,
    ),
  ];
}

function snapshotFacts({ id }: Snapshot, { sizeBytes, files }: ResticStats): { name: string; value: string }[] {
  return [
    { name: 'Snapshot', value: id.slice(0, 8) },
    { name: 'Files and folders', value: count(files) },
    { name: 'Size', value: humanBytes(sizeBytes) },
  ];
}

/** Where no Pushgateway is configured. */
const NOBODY: Told = { ok: true, text: '' };

function worst(checks: readonly Weighed[]): Verdict['is'] {
  const bad = checks.filter(({ ok }) => !ok);
  return bad.some(({ weight }) => weight === 'failed') ? 'failed' : bad.length > 0 ? 'degraded' : 'succeeded';
}

/**
 * The worst of the checks, and the words for it. Metrics that could not be pushed make no backup bad, and leave an alert that nothing will
 * resolve: that is degraded, and the words say which of the two it is. Pure.
 */
function verdict(
  target: string,
  checks: readonly Weighed[],
  facts: { name: string; value: string }[],
  told: Told | undefined,
): Verdict {
  const is = worst(checks);
  const mute = is === 'succeeded' && told?.ok === false;
  const why = checks.filter(({ ok }) => !ok).map(({ what, actual }) => `${what}: ${actual}`);
  const text = {
    succeeded: mute
      ? `${target} is backed up and verified; only its metrics could not be pushed, so the alert stays: ${told.text}`
      : `${target} is backed up and verified.`,
    degraded: `${target} is backed up, with doubts: ${why.join('; ')}.`,
    failed: `${target} has no good backup from this run: ${why.join('; ')}.`,
  }[is];
  if (is === 'succeeded' && told === NOBODY)
    facts.push({ name: 'Metrics', value: 'not pushed: no Pushgateway is set up (pushgateway.url)' });
  const all =
    told && told !== NOBODY ? [...checks, weighed('degraded', 'metrics pushed', 'yes', told.text, told.ok)] : checks;
  return { is: mute ? 'degraded' : is, outcome: { text, facts, checks: all.map(({ weight: _, ...check }) => check) } };
}
