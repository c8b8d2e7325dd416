/** What the figures of a trend are; decides the axis. Bytes and seconds are scaled to the unit that reads best. */
export type Unit = 'percent' | 'bytes' | 'seconds' | 'count';

/** One figure at one time. `value` may be NaN or infinite: the line is then broken there. */
export interface TrendPoint {
  /** Epoch ms. */
  readonly at: number;
  readonly value: number;
  /** True for a run that failed: drawn in the threshold's colour. */
  readonly bad?: boolean;
}

/** One line of a trend. The name is untrusted text. */
export interface TrendSeries {
  readonly name: string;
  readonly points: readonly TrendPoint[];
}

/** A line that should not be crossed. The label is shown on it. */
export interface Threshold {
  readonly value: number;
  readonly label: string;
}

/** Where the line goes if nothing changes: from the last figure to the limit. The label is shown at its end. */
interface Projection {
  readonly from: { readonly at: number; readonly value: number };
  readonly to: { readonly at: number; readonly value: number };
  readonly label: string;
}

/** A trend to draw. All texts may be untrusted: they are data to the renderer, never markup or expressions. */
export interface Trend {
  readonly title: string;
  /** The finding in one line, under the title. */
  readonly subtitle?: string;
  /** At most `MAX_SERIES` are drawn. */
  readonly series: readonly TrendSeries[];
  readonly unit: Unit;
  readonly threshold?: Threshold;
  readonly projection?: Projection;
  /** `line`: a quantity over time; `runs`: one stem a run. */
  readonly shape?: 'line' | 'runs';
}

/** A drawn trend: PNGs at twice the stated size. */
export interface DrawnTrend {
  readonly light: Uint8Array;
  readonly dark: Uint8Array;
  /** What the picture tells, in words. */
  readonly alt: string;
  /** CSS pixels; the PNG has `PIXEL_RATIO` times as many each way. */
  readonly width: number;
  readonly height: number;
}

/** More lines than this can't be told apart. */
export const MAX_SERIES = 4;
/** Size in CSS pixels: fits a phone, a Slack preview and a Telegram photo without being cut. */
export const PICTURE_WIDTH = 640;
/** CSS pixels. */
export const PICTURE_HEIGHT = 240;
/** Device pixels a CSS pixel: sharp on high-density screens. */
export const PIXEL_RATIO = 2;
