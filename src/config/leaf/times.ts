import { parseDuration } from '../../lib/duration.ts';
import { nearest } from '../../lib/nearest.ts';
import { isTimeZone, parseWallTime, timeZones } from '../../lib/zone.ts';
import { good, NO_TEXT, text } from './leaf.ts';

/** A duration: `90s`, `15m`, `24h`, `7d`, `1h30m`. Becomes milliseconds. */
export const duration = (from = 1000) =>
  text(
    {
      type: 'duration',
      expected: `a duration such as 90s, 15m, 24h or 7d${from > 1000 ? ', an hour at least' : ''}`,
      shown: true,
    },
    (value) => {
      const ms = parseDuration(value);
      return ms !== undefined && ms >= from ? good(ms) : NO_TEXT;
    },
  );

/** A time zone that this machine knows. */
export const timezone = () =>
  text({ type: 'time zone', expected: 'a time zone such as Europe/Madrid or UTC', shown: true }, (value) => {
    if (isTimeZone(value)) return good(value);
    const meant = nearest(value, timeZones());
    return meant === undefined ? NO_TEXT : { meant };
  });

/** A date and time on a wall clock: `2026-01-05T09:00`. Becomes a wall time (lib/zone.ts). */
export const wallTime = () =>
  text(
    { type: 'local date and time', expected: 'a local date and time such as 2026-01-05T09:00', shown: true },
    (value) => {
      const wall = parseWallTime(value);
      return wall === undefined ? NO_TEXT : good(wall);
    },
  );

/** A moment of the week: minutes after Monday 00:00 on the wall clock. */
export interface WeekTime {
  readonly minute: number;
  /** As written: `Fri 18:00`. */
  readonly text: string;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `Fri 18:00`. */
export const weekTime = () =>
  text<WeekTime>(
    { type: 'weekday and time', expected: 'a weekday and a time such as Fri 18:00', shown: true },
    (value) => {
      const [, day = '', hour, minute] = /^([A-Z][a-z]{2}) ([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
      const index = DAYS.indexOf(day);
      return index < 0 ? NO_TEXT : good({ minute: (index * 24 + Number(hour)) * 60 + Number(minute), text: value });
    },
  );
