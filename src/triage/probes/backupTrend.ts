import { humanBytes, humanDuration } from '../../lib/text.ts';
import type { Series } from '../../telemetry/port.ts';
import { promString } from '../../telemetry/promql.ts';
import type { Finding } from '../evidence.ts';
import { median } from '../pictures/fit.ts';
import type { Trend, TrendPoint } from '../pictures/model.ts';
import { drawTrend } from '../pictures/trend.ts';
import type { Probe } from '../probe.ts';
import type { BackupScope } from './backupState.ts';
import { ago, count, finding, picture } from './kit.ts';

const RANGE_MS = 14 * 86_400_000;
const DEADLINE_MS = 15_000;
const METRICS = '(backup|pg_dump)_(success|timestamp|timestamp_seconds|duration_seconds|size_bytes)';
/** A run this much longer than usual is odd. */
const LONG = 2;
/** A backup this much smaller than usual is odd: something is no longer in it. */
const SMALL = 0.5;
/** Fewer runs than this have no "usual". */
const USUAL_OF = 3;
/** Epoch seconds pass this in the year 5138; a larger figure was pushed in milliseconds. */
const SECONDS_MAX = 1e11;

/** One run as the pushed metrics tell it. Undefined where the metric is missing. */
export interface Run {
  readonly at: number;
  readonly ok: boolean | undefined;
  readonly seconds: number | undefined;
  readonly bytes: number | undefined;
}

/** Tells runs apart by their time stamps; without any, by changes of the duration. Oldest first. Pure. */
export function runsOf(all: readonly Series[]): Run[] {
  const of = (suffix: RegExp) => all.find(({ labels }) => suffix.test(labels['__name__'] ?? ''))?.points ?? [];
  const [ok, seconds, bytes] = [/_success$/, /_duration_seconds$/, /_size_bytes$/].map((name) => valueAt(of(name)));
  const stamps = of(/_timestamp(_seconds)?$/);
  const marks = stamps.length > 0 ? stamps : of(/_duration_seconds$/);
  const runs: Run[] = [];
  let before: number | undefined;
  for (const { at, value } of marks) {
    if (!Number.isFinite(value) || value === before) continue;
    before = value;
    const good = ok?.(at);
    runs.push({
      at: stamps.length > 0 ? (value > SECONDS_MAX ? value : value * 1000) : at,
      ok: good === undefined ? undefined : good === 1,
      seconds: seconds?.(at),
      bytes: bytes?.(at),
    });
  }
  return runs.toSorted((a, b) => a.at - b.at);
}

function valueAt(points: Series['points']): (at: number) => number | undefined {
  const values = new Map(points.map(({ at, value }) => [at, value]));
  return (at) => {
    const value = values.get(at);
    return value !== undefined && Number.isFinite(value) ? value : undefined;
  };
}

/** The last run against the usual one, and the last good one against the RPO. Pure. */
export function judgeRuns(
  runs: readonly Run[],
  rpoMs: number | undefined,
  now: number,
): { readonly status: Finding['status']; readonly line: string } {
  const last = runs.at(-1);
  if (!last) return { status: 'unknown', line: 'no runs' };
  const good = runs.slice(0, -1).filter((run) => run.ok !== false);
  const usual = (pick: (run: Run) => number | undefined) => {
    const values = good.flatMap((run) => pick(run) ?? []);
    return values.length >= USUAL_OF ? median(values) : undefined;
  };
  const [seconds, bytes] = [usual((run) => run.seconds), usual((run) => run.bytes)];
  const failed = runs.filter((run) => run.ok === false).length;
  const long = seconds !== undefined && last.seconds !== undefined && last.seconds > seconds * LONG;
  const small = bytes !== undefined && last.bytes !== undefined && last.bytes < bytes * SMALL;
  const lastGood = runs.findLast((run) => run.ok !== false);
  const late = rpoMs !== undefined && (lastGood === undefined || now - lastGood.at > rpoMs);
  const told = [
    late && lastGood ? `last good run ${ago(lastGood.at, now)}, beyond the RPO` : undefined,
    last.ok === false ? 'the last run failed' : undefined,
    last.seconds === undefined ? undefined : `last took ${humanDuration(last.seconds * 1000)}${of(seconds, long)}`,
    small ? `only ${humanBytes(last.bytes ?? 0)} rather than ${humanBytes(bytes ?? 0)}` : undefined,
    `${count(runs.length, 'run')} in 14 d, ${failed} failed`,
  ];
  const status = last.ok === false || late ? 'bad' : long || small || failed > 0 ? 'warn' : 'ok';
  return { status, line: told.filter((one) => one !== undefined).join('; ') };
}

function of(usualSeconds: number | undefined, long: boolean): string {
  if (usualSeconds === undefined) return '';
  return `${long ? ', far more than usual:' : ', usually'} ${humanDuration(usualSeconds * 1000)}`;
}

/** Age of the newest good run, as it was at each time. */
function ages(runs: readonly Run[], points: Series['points']): TrendPoint[] {
  return points.flatMap(({ at }) => {
    const last = runs.findLast((run) => run.at <= at && run.ok !== false);
    return last ? [{ at, value: (at - last.at) / 1000 }] : [];
  });
}

/** The last runs of a backup: duration or size, and the age of the last good one. Source: pushed metrics in Prometheus. */
export function backupTrend({ backup, job }: BackupScope): Probe {
  const name = job ?? backup?.name;
  const rpoMs = backup?.rpoMs ?? backup?.staleAfterMs;
  return {
    id: `backup-trend:${backup?.name ?? ''}:${job ?? ''}`,
    title: name === undefined ? 'Last runs' : `Last runs of ${name}`,
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async ({ prometheus, clock }, signal) => {
      if (name === undefined) return finding('unknown', 'The alert names no backup whose runs could be shown.');
      const now = clock.now();
      const query = (label: string) => `{__name__=~"${METRICS}",${label}=${promString(name)}}`;
      const range = { fromMs: now - RANGE_MS, toMs: now };
      const found = await prometheus.queryRange(`${query('job')} or ${query('exported_job')}`, range, signal);
      const runs = runsOf(found);
      if (runs.length === 0) return finding('unknown', `Prometheus has no history of ${name} in the last 14 days.`);
      const { status, line } = judgeRuns(runs, rpoMs, now);
      const trends = [quantity(name, runs, line), age(name, ages(runs, found[0]?.points ?? []), rpoMs)];
      const drawn = [];
      for (const trend of trends) if (trend) drawn.push(picture(await drawTrend(trend, signal)));
      return finding(status, line, drawn);
    },
  };
}

function quantity(name: string, runs: readonly Run[], line: string): Trend | undefined {
  const timed = runs.some((run) => run.seconds !== undefined);
  const points = runs.flatMap((run): TrendPoint[] => {
    const value = timed ? run.seconds : run.bytes;
    return value === undefined ? [] : [{ at: run.at, value, bad: run.ok === false }];
  });
  if (points.length === 0) return undefined;
  const what = timed ? 'duration' : 'size';
  return {
    title: `${name}: ${what} of the last runs`,
    subtitle: line,
    series: [{ name: what, points }],
    unit: timed ? 'seconds' : 'bytes',
    shape: 'runs',
  };
}

function age(name: string, points: readonly TrendPoint[], rpoMs: number | undefined): Trend | undefined {
  const last = points.at(-1);
  if (!last || rpoMs === undefined) return undefined;
  return {
    title: `${name}: age of the last good backup`,
    subtitle: `now ${humanDuration(last.value * 1000)}`,
    series: [{ name: 'age', points }],
    unit: 'seconds',
    threshold: { value: rpoMs / 1000, label: `RPO ${humanDuration(rpoMs)}` },
  };
}
