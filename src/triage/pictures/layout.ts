import { clip, inertLine } from '../../lib/text.ts';
import { median } from './fit.ts';
import { MAX_SERIES, type Trend, type TrendPoint } from './model.ts';
import { type AxisScale, axisScale } from './scale.ts';

/** A point of a line, ready to draw: divided by the axis' divisor; `ok` false breaks the line. */
interface Row {
  readonly at: number;
  readonly v: number;
  readonly ok: boolean;
  readonly bad: boolean;
}

/** A trend with everything decided but the colours. */
export interface Layout {
  readonly title: string;
  readonly subtitle: string;
  readonly lines: readonly { readonly name: string; readonly rows: readonly Row[] }[];
  readonly scale: AxisScale;
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly threshold: { readonly v: number; readonly label: string } | undefined;
  readonly projection: { readonly rows: readonly Row[]; readonly label: string; readonly reached: boolean } | undefined;
}

/** Letters that fit at the drawn sizes (DejaVu Sans is about 0.6 em wide, bold 0.68 em). */
const TITLE_LETTERS = 64;
const SUBTITLE_LETTERS = 88;
/** Where a projection's label or a legend stands to the right of the subtitle. */
const SHORT_SUBTITLE_LETTERS = 52;
const LABEL_LETTERS = 30;
const NAME_LETTERS = 22;
/** A hole of more than this many usual steps is shown as a hole. */
const GAP_STEPS = 3.5;
/** A projection takes at most this part of the shown past again. */
const PROJECTION_PART = 0.6;

/** Decides what is drawn where in data terms. Points that aren't finite break the line. Pure. */
export function layout(trend: Trend): Layout {
  const series = trend.series.slice(0, MAX_SERIES);
  const finite = series.flatMap((one) => one.points).filter((point) => Number.isFinite(point.value));
  const times = finite.map((point) => point.at);
  const first = times.length > 0 ? Math.min(...times) : 0;
  const last = times.length > 0 ? Math.max(...times) : 1;
  const span = Math.max(60_000, last - first);
  const margin = trend.shape === 'runs' ? span * 0.03 : 0;
  const projection = trend.projection;
  const to = projection ? Math.min(projection.to.at, last + span * PROJECTION_PART) : last;
  const highest = Math.max(0, ...finite.map((point) => point.value), trend.threshold?.value ?? 0);
  const scale = axisScale(trend.unit, highest);
  return {
    title: words(trend.title, TITLE_LETTERS),
    subtitle: words(trend.subtitle ?? '', projection || series.length > 1 ? SHORT_SUBTITLE_LETTERS : SUBTITLE_LETTERS),
    lines: series.map((one) => ({
      name: words(one.name, NAME_LETTERS),
      rows: rowsOf(one.points, scale.divisor, trend.shape === 'runs'),
    })),
    scale,
    from: first - margin,
    to: Math.max(to, first + 60_000) + margin,
    threshold: trend.threshold && {
      v: trend.threshold.value / scale.divisor,
      label: words(trend.threshold.label, LABEL_LETTERS),
    },
    projection: projection && {
      rows: projected(projection, to, scale.divisor),
      label: words(projection.label, LABEL_LETTERS),
      reached: projection.to.at <= to,
    },
  };
}

function words(text: string, letters: number): string {
  return clip(inertLine(text), letters);
}

function rowsOf(points: readonly TrendPoint[], divisor: number, single: boolean): Row[] {
  const sorted = points.toSorted((a, b) => a.at - b.at);
  const steps = sorted.slice(1).map((point, index) => point.at - (sorted[index]?.at ?? point.at));
  const gapMs = median(steps) * GAP_STEPS;
  const rows: Row[] = [];
  let before: TrendPoint | undefined;
  for (const point of sorted) {
    if (!single && before && point.at - before.at > gapMs) {
      rows.push({ at: before.at + 1, v: 0, ok: false, bad: false });
    }
    const ok = Number.isFinite(point.value);
    if (ok || !single) rows.push({ at: point.at, v: ok ? point.value / divisor : 0, ok, bad: point.bad === true });
    before = point;
  }
  return rows;
}

function projected(projection: NonNullable<Trend['projection']>, to: number, divisor: number): Row[] {
  const { from, to: end } = projection;
  const part = end.at > from.at ? Math.min(1, (to - from.at) / (end.at - from.at)) : 1;
  const row = (at: number, value: number): Row => ({ at, v: value / divisor, ok: true, bad: false });
  return [row(from.at, from.value), row(Math.min(to, end.at), from.value + (end.value - from.value) * part)];
}
