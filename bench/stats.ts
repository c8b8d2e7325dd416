/** The value below which the given share of all lies; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The middle of them. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** A line of the report. `ok` undefined: a figure without a target. */
export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  readonly ok: boolean | undefined;
}

/** Prints rows as one table with aligned columns. */
export function printTable(rows: readonly Row[]): void {
  const cells = [
    ['figure', 'measured', 'target', ''],
    ...rows.map(({ what, figure, target, ok }) => [what, figure, target, ok === undefined ? '' : ok ? 'ok' : 'NOT']),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/** A number with two digits after the point. */
export const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;

/** Whole milliseconds. */
export const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;
