/** One figure at one time (epoch ms). */
export interface FitPoint {
  readonly at: number;
  readonly value: number;
}

/** A line through figures that a few odd ones can't bend. */
export interface RobustFit {
  /** Change of the value a millisecond. */
  readonly slopePerMs: number;
  /** Change over the whole span, by the slope. */
  readonly rise: number;
  /** Median distance of the figures from the line, in the value's unit. */
  readonly noise: number;
}

/** Whether and when a growing figure reaches its limit. */
export type Forecast =
  | { readonly is: 'full' }
  | { readonly is: 'filling'; readonly fullAt: number; readonly slopePerMs: number }
  | { readonly is: 'not-filling'; readonly why: 'flat' | 'shrinking' | 'far-away' | 'no-clear-trend' }
  | { readonly is: 'unknown'; readonly why: 'too-few-points' };

/** Fewer points than this say nothing about a trend. */
const MIN_POINTS = 6;
/** Pairs grow with the square: beyond this many points every n-th is taken. */
const MAX_POINTS = 200;
/** A rise below this part of the limit within the window is called flat: 0.1 %, far below what df rounds. */
const FLAT_PART = 0.001;
/** A rise must stand out of the noise by this factor to be called a trend. */
const CLEAR = 2;
/** What fills later than this is nobody's problem at night. */
const HORIZON_MS = 30 * 86_400_000;

/**
 * Theil–Sen: the median of the slopes of all pairs, which up to 29 % of wild figures can't bend (Sen 1968, "Estimates of the
 * regression coefficient based on Kendall's tau"). Undefined for fewer than `MIN_POINTS` finite points or no span of time. Pure.
 */
export function robustFit(points: readonly FitPoint[]): RobustFit | undefined {
  const finite = points.filter((point) => Number.isFinite(point.value));
  const every = Math.max(1, Math.ceil(finite.length / MAX_POINTS));
  const sample = finite.filter((_, index) => index % every === 0);
  const first = sample[0];
  const last = sample.at(-1);
  if (sample.length < MIN_POINTS || !first || !last || last.at <= first.at) return undefined;
  const slopes: number[] = [];
  for (const [index, a] of sample.entries()) {
    for (const b of sample.slice(index + 1)) {
      if (b.at !== a.at) slopes.push((b.value - a.value) / (b.at - a.at));
    }
  }
  const slopePerMs = median(slopes);
  const intercept = median(sample.map((point) => point.value - slopePerMs * (point.at - first.at)));
  const noise = median(sample.map((p) => Math.abs(p.value - intercept - slopePerMs * (p.at - first.at))));
  return { slopePerMs, rise: slopePerMs * (last.at - first.at), noise };
}

/**
 * Tells when a figure reaches `limit`, from the newest figure on along the robust slope; says so where it doesn't. Pure.
 */
export function forecast(points: readonly FitPoint[], limit: number): Forecast {
  const last = points.findLast((point) => Number.isFinite(point.value));
  if (last && last.value >= limit) return { is: 'full' };
  const fit = robustFit(points);
  if (!last || !fit) return { is: 'unknown', why: 'too-few-points' };
  if (Math.abs(fit.rise) < limit * FLAT_PART) return { is: 'not-filling', why: 'flat' };
  if (fit.slopePerMs < 0) return { is: 'not-filling', why: 'shrinking' };
  if (fit.rise < CLEAR * fit.noise) return { is: 'not-filling', why: 'no-clear-trend' };
  const fullInMs = (limit - last.value) / fit.slopePerMs;
  if (fullInMs > HORIZON_MS) return { is: 'not-filling', why: 'far-away' };
  return { is: 'filling', fullAt: last.at + fullInMs, slopePerMs: fit.slopePerMs };
}

/** The middle value; of two middle ones the mean. NaN of nothing. Pure. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
