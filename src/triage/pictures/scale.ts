import type { Unit } from './model.ts';

/** How figures are shown on an axis: divided by `divisor`, with ticks at round numbers and the unit named once. */
export interface AxisScale {
  readonly divisor: number;
  /** Shown at the axis: `%`, `GiB`, `min`. */
  readonly label: string;
  /** Divided values, ascending, starting at 0. */
  readonly ticks: readonly number[];
  /** The top of the axis, divided. */
  readonly max: number;
}

const BYTES: readonly (readonly [string, number])[] = [
  ['B', 1],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
  ['TiB', 2 ** 40],
  ['PiB', 2 ** 50],
];

const SECONDS: readonly (readonly [string, number])[] = [
  ['s', 1],
  ['min', 60],
  ['h', 3600],
  ['d', 86_400],
];

/** A unit is taken once the largest figure is at least this many of it. */
const ENOUGH = 1.5;
const WANTED_TICKS = 4;

/** Percentages beyond this (a wrong query) get ticks like any other figure. */
const SANE_PERCENT = 200;

/** Chooses divisor, unit and at most ten ticks for figures up to `max`. Percentages show at least 0 to 100. Pure. */
export function axisScale(unit: Unit, max: number): AxisScale {
  const top = Number.isFinite(max) && max > 0 ? max : 1;
  if (unit === 'percent' && top <= SANE_PERCENT) return withTicks(1, '%', Math.max(100, top), 25);
  if (unit === 'percent') return withTicks(1, '%', top, niceStep(top / WANTED_TICKS));
  if (unit === 'count') return withTicks(1, '', top, Math.max(1, niceStep(top / WANTED_TICKS)));
  const [label, divisor] = largest(unit === 'bytes' ? BYTES : SECONDS, top);
  return withTicks(divisor, label, top / divisor, niceStep(top / divisor / WANTED_TICKS));
}

function largest(units: readonly (readonly [string, number])[], top: number): readonly [string, number] {
  return units.findLast(([, size]) => top >= size * ENOUGH) ?? units[0] ?? ['', 1];
}

function withTicks(divisor: number, label: string, top: number, step: number): AxisScale {
  const count = Math.ceil(top / step - 1e-9);
  const ticks = Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
  return { divisor, label, ticks, max: Number((count * step).toPrecision(6)) };
}

/** The next of 1, 2, 2.5, 5 × 10ⁿ above a raw step. */
function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= raw - 1e-12) ?? 10;
  return factor * power;
}
