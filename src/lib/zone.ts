/**
 * Wall-clock time in a time zone, on the machine's own zone data (ICU). Wall times are numbers too: the epoch milliseconds that the
 * same clock face would have in UTC.
 */

const formats = new Map<string, Intl.DateTimeFormat>();

/** Zone names come from a configuration or a calendar; past this many the cache starts anew. */
const MAX_FORMATS = 200;

const DAY_MS = 86_400_000;

/** @throws RangeError for a zone the machine doesn't know */
function format(zone: string): Intl.DateTimeFormat {
  let made = formats.get(zone);
  if (!made) {
    made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (formats.size >= MAX_FORMATS) formats.clear();
    formats.set(zone, made);
  }
  return made;
}

/** Whether the machine knows this time zone: an IANA name such as `Europe/Madrid`, `UTC`, or an offset such as `+02:00`. */
export function isTimeZone(zone: string): boolean {
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

/** The IANA names there are, for suggestions. */
export function timeZones(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}

/** What a clock on the wall of this zone shows at an instant. @throws RangeError for an unknown zone */
export function wallTime(instant: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of format(zone).formatToParts(instant)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (instant - Math.floor(instant / 1000) * 1000);
}

const offset = (instant: number, zone: string) => wallTime(instant, zone) - instant;

/**
 * The instant at which the wall clock shows this time. Where the clock is put back and the time comes twice, the first one counts;
 * where it is put forward and the time never comes, the moment of the change does. So later wall times never give earlier instants.
 * @throws RangeError for an unknown zone
 */
export function instantOf(wall: number, zone: string): number {
  const before = offset(wall - DAY_MS, zone);
  const after = offset(wall + DAY_MS, zone);
  const candidates = [wall - before, wall - after].filter((instant) => wallTime(instant, zone) === wall);
  if (candidates.length > 0) return Math.min(...candidates);
  let low = wall - Math.max(before, after);
  let high = wall - Math.min(before, after);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (wallTime(middle, zone) < wall) low = middle;
    else high = middle;
  }
  return high;
}

/** Reads `2026-01-05T09:00` (seconds allowed) as a wall time; undefined when it is no such date. */
export function parseWallTime(text: string): number | undefined {
  const found = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?$/.exec(text.trim());
  if (!found) return undefined;
  const [, day, minutes, seconds = ':00'] = found;
  const wall = Date.parse(`${day}T${minutes}${seconds}Z`);
  return Number.isNaN(wall) || !new Date(wall).toISOString().startsWith(`${day}T${minutes}`) ? undefined : wall;
}

/** Tells a wall time as `2026-01-05T09:00`. */
export function formatWallTime(wall: number): string {
  return new Date(wall).toISOString().slice(0, 16);
}
