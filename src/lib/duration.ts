const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;

/** The longest duration that is taken: ten years, in ms. Longer ones are surely a slip, and dates stay exact below. */
export const MAX_DURATION_MS = 3650 * UNIT_MS.d;

const SHAPE = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;

/**
 * Reads a duration of whole seconds, minutes, hours and days: `90s`, `15m`, `1h30m`, `90d`; larger units first, each at most once.
 * Returns milliseconds; undefined for anything else, for zero, and beyond ten years.
 */
export function parseDuration(text: string): number | undefined {
  const found = SHAPE.exec(text.trim());
  if (!found) return undefined;
  const [, d, h, m, s] = found;
  const ms =
    Number(d ?? 0) * UNIT_MS.d + Number(h ?? 0) * UNIT_MS.h + Number(m ?? 0) * UNIT_MS.m + Number(s ?? 0) * UNIT_MS.s;
  return ms > 0 && ms <= MAX_DURATION_MS ? ms : undefined;
}

/** The shortest text that `parseDuration` reads back as `ms`, cut to whole seconds: `90d`, `1h30m`, `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / UNIT_MS.s) * UNIT_MS.s);
  let text = '';
  for (const [unit, size] of Object.entries(UNIT_MS)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || '0s';
}
