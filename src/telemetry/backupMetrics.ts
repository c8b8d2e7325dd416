import { humanDuration, inertLine } from '../lib/text.ts';
import type { Sample } from './port.ts';
import { promString } from './promql.ts';

/** What the pushed metrics tell of one backup. Times are epoch ms. */
export interface BackupState {
  /** When the newest run known to be good ended. */
  readonly lastSuccessAt: number | undefined;
  /** When the last run ended, good or not. */
  readonly lastRunAt: number | undefined;
  readonly lastRunOk: boolean | undefined;
  readonly durationMs: number | undefined;
  readonly filesNew: number | undefined;
  readonly filesChanged: number | undefined;
  readonly sizeBytes: number | undefined;
  /** `failed` before `stale` before `unknown` before `ok`; never `ok` without a proven success within the RPO. */
  readonly verdict: 'ok' | 'stale' | 'failed' | 'unknown';
  /** Why, one sentence each, the most important first. Holds label values: untrusted text made inert. */
  readonly reasons: readonly string[];
}

/** What the verdict is made from. */
export interface BackupReading {
  /** The answer to `backupQuery`. */
  readonly samples: readonly Sample[];
  /** The answer to `lastSuccessQuery`, where it was asked: knows successes that later pushes have overwritten. */
  readonly history?: readonly Sample[];
  readonly now: number;
  /** The age of the last success that is still good; without it age is told but not judged. */
  readonly rpoMs: number | undefined;
}

/** Names that backup scripts commonly push, by the part they play. Read with any of the prefixes. */
const PREFIXES = ['backup', 'pg_dump'];
const SUFFIXES = {
  success: ['success'],
  timestamp: ['timestamp', 'timestamp_seconds'],
  successAt: ['last_success_timestamp', 'last_success_timestamp_seconds'],
  duration: ['duration_seconds'],
  filesNew: ['files_new'],
  filesChanged: ['files_changed'],
  size: ['size_bytes'],
} as const;
/** Set by the Pushgateway itself. Source: github.com/prometheus/pushgateway README, "About the job and instance labels". */
const PUSHED = 'push_time_seconds';
const PUSH_FAILED = 'push_failure_time_seconds';

/** A script pushes seconds after it took its time stamp; a stamp further back than this comes from an earlier push. */
const SAME_PUSH_MS = 30 * 60_000;
/** Clocks of two machines may differ by this much before a time stamp counts as wrong. */
const SKEW_MS = 5 * 60_000;
/** Epoch seconds pass this in the year 5138; a larger figure was pushed in milliseconds. */
const SECONDS_MAX = 1e11;

type Role = keyof typeof SUFFIXES;

/** PromQL for everything known of one backup job, under `job` or (without honor_labels) `exported_job`. */
export function backupQuery(job: string): string {
  return eitherJob(
    job,
    (selector) => `{__name__=~${promString(`${names().join('|')}|${PUSHED}|${PUSH_FAILED}`)},${selector}}`,
  );
}

/**
 * PromQL for the time (epoch seconds) of the newest run that was pushed as good within `lookbackMs`, also where a failure has
 * overwritten it since. Uses the pushed time stamp, else the Pushgateway's own.
 */
export function lastSuccessQuery(job: string, lookbackMs = 14 * 86_400_000): string {
  const window = `[${Math.ceil(lookbackMs / 3_600_000)}h:10m]`;
  const good = (selector: string) => `({__name__=~${promString(namesOf('success').join('|'))},${selector}} == 1)`;
  const at = (selector: string) => `{__name__=~${promString(namesOf('timestamp').join('|'))},${selector}}`;
  const when = (time: string, selector: string) =>
    `max(max_over_time((max by (job, exported_job, instance) (${time}) and on (job, exported_job, instance) ${good(selector)})${window}))`;
  return eitherJob(
    job,
    (selector) => `(${when(at(selector), selector)} or ${when(`${PUSHED}{${selector}}`, selector)})`,
  );
}

/** Judges one backup by its metrics. Pure. Several series of one metric count as their worst: a backup is whole or it is not. */
export function readBackup({ samples, history = [], now, rpoMs }: BackupReading): BackupState {
  const reasons: string[] = [];
  const of = (role: Role) => samples.filter((one) => namesOf(role).includes(one.labels['__name__'] ?? ''));
  const success = of('success').filter((one) => Number.isFinite(one.value));
  const failed = success.filter((one) => one.value !== 1);
  const lastRunOk = success.length === 0 ? undefined : failed.length === 0;
  const stamp = oldest(times(of('timestamp'), now, reasons));
  const pushed = oldest(times(samples.filter(named(PUSHED)), now, []));
  const pushFailed = oldest(times(samples.filter(named(PUSH_FAILED)), now, []));

  // A failure pushed long after the time stamp: the stamp is written by good runs only and tells of the last of them.
  const stampIsOfSuccess =
    lastRunOk === false && stamp !== undefined && pushed !== undefined && pushed - stamp > SAME_PUSH_MS;
  const lastRunAt = stampIsOfSuccess ? pushed : (stamp ?? pushed);
  const lastSuccessAt = newest([
    ...times(of('successAt'), now, reasons),
    ...times(history, now, []),
    ...(lastRunOk === true && lastRunAt !== undefined ? [lastRunAt] : []),
    ...(stampIsOfSuccess && stamp !== undefined ? [stamp] : []),
  ]);

  const ageMs = lastSuccessAt === undefined ? undefined : now - lastSuccessAt;
  const stale = rpoMs !== undefined && ageMs !== undefined && ageMs > rpoMs;
  if (lastRunOk === false) reasons.unshift(`The last run failed${namesOfSeries(failed)}.`);
  if (ageMs !== undefined && rpoMs !== undefined)
    reasons.push(`Last success ${humanDuration(ageMs)} ago against an RPO of ${humanDuration(rpoMs)}.`);
  if (ageMs !== undefined && rpoMs === undefined)
    reasons.push(`Last success ${humanDuration(ageMs)} ago; no RPO is set, so its age is not judged.`);
  if (samples.length === 0)
    reasons.push('Prometheus has no metric of this backup: it never pushed, or the Pushgateway lost its state.');
  else if (lastRunOk === undefined) reasons.push('No metric says whether the last run was good.');
  else if (ageMs === undefined && lastRunOk) reasons.push('No metric says when the last run was.');
  else if (ageMs === undefined) reasons.push('No earlier success is known.');
  if (pushFailed !== undefined && pushFailed > (pushed ?? 0))
    reasons.push(`A later push was rejected ${humanDuration(now - pushFailed)} ago: these figures are old.`);

  const proven = lastRunOk === true && ageMs !== undefined && rpoMs !== undefined;
  return {
    lastSuccessAt,
    lastRunAt,
    lastRunOk,
    durationMs: scaled(largest(of('duration')), 1000),
    filesNew: total(of('filesNew')),
    filesChanged: total(of('filesChanged')),
    sizeBytes: total(of('size')),
    verdict: lastRunOk === false ? 'failed' : stale ? 'stale' : proven ? 'ok' : 'unknown',
    reasons,
  };
}

function namesOf(role: Role): string[] {
  return PREFIXES.flatMap((prefix) => SUFFIXES[role].map((suffix) => `${prefix}_${suffix}`));
}

function names(): string[] {
  return Object.values(SUFFIXES).flatMap((suffixes) =>
    PREFIXES.flatMap((prefix) => suffixes.map((suffix) => `${prefix}_${suffix}`)),
  );
}

function eitherJob(job: string, query: (selector: string) => string): string {
  return `${query(`job=${promString(job)}`)} or ${query(`exported_job=${promString(job)}`)}`;
}

function named(name: string): (one: Sample) => boolean {
  return (one) => one.labels['__name__'] === name;
}

/** The samples' values as epoch ms. What can't be a time is left out; one from the future as well, and said. */
function times(samples: readonly Sample[], now: number, reasons: string[]): number[] {
  return samples.flatMap(({ value }) => {
    if (!Number.isFinite(value) || value <= 0) return [];
    const at = value > SECONDS_MAX ? value : value * 1000;
    if (at <= now + SKEW_MS) return [at];
    reasons.push(`A time stamp lies ${humanDuration(at - now)} in the future and is not counted.`);
    return [];
  });
}

const finite = (samples: readonly Sample[]) => samples.map(({ value }) => value).filter(Number.isFinite);
const oldest = (values: readonly number[]) => (values.length === 0 ? undefined : Math.min(...values));
const newest = (values: readonly number[]) => (values.length === 0 ? undefined : Math.max(...values));
const largest = (samples: readonly Sample[]) => newest(finite(samples));
const scaled = (value: number | undefined, by: number) => (value === undefined ? undefined : value * by);

function total(samples: readonly Sample[]): number | undefined {
  const values = finite(samples);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

/** Tells which of several series failed by their labels, for people: " (database=shop)". */
function namesOfSeries(samples: readonly Sample[]): string {
  const labels = samples.map((one) =>
    Object.entries(one.labels)
      .filter(([name]) => !['__name__', 'job', 'exported_job'].includes(name) && one.labels[name] !== '')
      .map(([name, value]) => `${name}=${inertLine(value)}`)
      .join(', '),
  );
  const told = labels.filter((label) => label !== '').slice(0, 5);
  return told.length === 0 ? '' : ` (${told.join('; ')})`;
}
