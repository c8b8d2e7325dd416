import { humanDuration } from '../../lib/text.ts';
import type { Series } from '../../telemetry/port.ts';
import type { EvidenceStatus, Finding } from '../evidence.ts';
import { type Forecast, forecast } from '../pictures/fit.ts';
import type { Threshold, Trend, TrendSeries } from '../pictures/model.ts';
import { drawTrend, utc } from '../pictures/trend.ts';
import { finding, percent, picture, worst } from './kit.ts';

/** The forecast looks at this much of the newest past, as the node mixin's predict_linear does. */
const FORECAST_WINDOW_MS = 6 * 3_600_000;
/** Full within this time: critical. Source: node mixin, fsSpaceFillingUpPredictionWindow for severity critical. */
const FULL_SOON_MS = 4 * 3_600_000;
/** Full within this time: warning. Source: the same, for severity warning. */
const FULL_TODAY_MS = 24 * 3_600_000;
const SERIES_DRAWN = 4;

/** A quantity that may fill up, in percent. */
export interface Usage {
  readonly title: string;
  readonly series: readonly TrendSeries[];
  /** Percent at which it is bad, with the words at the line. */
  readonly threshold: Threshold;
  /** Percent at which it is a warning. */
  readonly warnAt: number;
  /** Whether time to full makes sense: memory goes up and down, disks fill. */
  readonly fills: boolean;
}

/** How the fullest of some figures stands: its newest figure and its forecast. Pure. */
function judgeUsage(usage: Usage, now: number): { status: EvidenceStatus; line: string; ahead: Forecast | undefined } {
  const fullest = byNewest(usage.series)[0];
  const points = (fullest?.points ?? []).filter(({ value }) => Number.isFinite(value));
  const last = points.at(-1);
  if (!fullest || !last) return { status: 'unknown', line: 'no figures', ahead: undefined };
  const byLevel = last.value >= usage.threshold.value ? 'bad' : last.value >= usage.warnAt ? 'warn' : 'ok';
  const level = `${fullest.name} now ${percent(last.value / 100)}`;
  if (!usage.fills) return { status: byLevel, line: level, ahead: undefined };
  const recent = points.filter(({ at }) => at >= last.at - FORECAST_WINDOW_MS);
  const ahead = forecast(recent, 100);
  return { status: worst([byLevel, byTime(ahead, now)]), line: `${level}; ${aheadLine(ahead, now)}`, ahead };
}

function byNewest(all: readonly TrendSeries[]): TrendSeries[] {
  const newest = (one: TrendSeries) => one.points.findLast(({ value }) => Number.isFinite(value))?.value ?? -1;
  return all.toSorted((a, b) => newest(b) - newest(a));
}

function byTime(ahead: Forecast, now: number): EvidenceStatus {
  if (ahead.is === 'full') return 'bad';
  if (ahead.is !== 'filling') return 'ok';
  const inMs = ahead.fullAt - now;
  return inMs <= FULL_SOON_MS ? 'bad' : inMs <= FULL_TODAY_MS ? 'warn' : 'ok';
}

const NOT_FILLING = {
  flat: 'not filling (level for 6 h)',
  shrinking: 'not filling (falling)',
  'far-away': 'not full within 30 days at this pace',
  'no-clear-trend': 'not filling (up and down, no clear trend)',
} as const;

/** What lies ahead, in words. Pure. */
function aheadLine(ahead: Forecast, now: number): string {
  switch (ahead.is) {
    case 'full':
      return 'full';
    case 'filling':
      return `full in about ${humanDuration(Math.max(0, ahead.fullAt - now))} (pace of 6 h)`;
    case 'not-filling':
      return NOT_FILLING[ahead.why];
    case 'unknown':
      return 'too few figures to tell a trend';
  }
}

/** The trend as a picture and a finding. */
export async function usageFinding(usage: Usage, now: number, signal: AbortSignal): Promise<Finding> {
  const { status, line, ahead } = judgeUsage(usage, now);
  const series = byNewest(usage.series).slice(0, SERIES_DRAWN);
  const last = series[0]?.points.findLast(({ value }) => Number.isFinite(value));
  const projection =
    ahead?.is === 'filling' && last
      ? { from: last, to: { at: ahead.fullAt, value: 100 }, label: `full ${utc(ahead.fullAt).slice(5)}` }
      : undefined;
  const trend: Trend = {
    title: usage.title,
    subtitle: line,
    series,
    unit: 'percent',
    threshold: usage.threshold,
    ...(projection ? { projection } : {}),
  };
  return finding(status, line, [picture(await drawTrend(trend, signal))]);
}

/**
 * Series of a range query as lines of a trend, named by some labels, else by the given word; equal names (one disk scraped twice) are one
 * line. Pure.
 */
export function linesBy(labels: readonly string[], all: readonly Series[], otherwise: string): TrendSeries[] {
  const lines = new Map<string, TrendSeries>();
  for (const { labels: of, points } of all) {
    const name = labels.flatMap((label) => of[label] ?? []).join(' ') || otherwise;
    if (!lines.has(name)) lines.set(name, { name, points });
  }
  return [...lines.values()];
}
