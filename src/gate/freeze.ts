import type { Config } from '../config/schema.ts';
import { instantOf, wallTime } from '../lib/zone.ts';
import { actionMatches } from './policy.ts';

/** An entry of `freezes:`. */
export type Freeze = Config['freezes'][number];

/** The window that forbids something now. */
export interface FrozenWindow {
  readonly name: string;
  /** As written: `Fri 18:00`. */
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
  /** When it ends, epoch ms; absent where the window can't be read, and so never ends by itself. */
  readonly until?: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const WEEK_MS = 7 * DAY_MS;
const WEEK_MINUTES = WEEK_MS / MINUTE_MS;

/** 1970-01-05, the first Monday of the epoch, as a wall time. */
const FIRST_MONDAY = 4 * DAY_MS;

/** Weeks whose window can hold now: this one, and the one before where it runs over the week's end. */
const WEEKS = [-1, 0] as const;

/**
 * Which window forbids an action now; undefined when none does. The one that ends last where several do. A window is weekly, on the
 * wall clock of its time zone, from its begin up to but not including its end; it may run over midnight and over the week's end.
 * Where clocks are put back and an hour comes twice, it begins with the first and ends with the second; where they are put forward, a
 * time that never comes is the moment of the change. What can't be read (a zone this machine doesn't know, a time that is none, a
 * begin that is the end) counts as frozen. `except` lets its actions through in any case. Pure but for the machine's zone data.
 */
export function frozenBy(freezes: readonly Freeze[], action: string, now: number): FrozenWindow | undefined {
  let last: FrozenWindow | undefined;
  for (const freeze of freezes) {
    if (freeze.except.some((pattern) => actionMatches(pattern, action))) continue;
    const placed = place(freeze, now);
    if (placed.is === 'open') continue;
    const { name, from, to, timezone } = freeze;
    const window = { name, from: from.text, to: to.text, timezone };
    if (placed.is === 'unreadable') return window;
    if (last?.until === undefined || placed.until > last.until) last = { ...window, until: placed.until };
  }
  return last;
}

type Placed =
  | { readonly is: 'open' }
  | { readonly is: 'frozen'; readonly until: number }
  | { readonly is: 'unreadable' };

/** Finds the occurrence that holds now. */
function place({ from, to, timezone }: Freeze, now: number): Placed {
  if (!isMinute(from.minute) || !isMinute(to.minute) || from.minute === to.minute) return { is: 'unreadable' };
  try {
    const wall = wallTime(now, timezone);
    const monday = Math.floor((wall - FIRST_MONDAY) / WEEK_MS) * WEEK_MS + FIRST_MONDAY;
    const overWeekEnd = to.minute < from.minute ? WEEK_MS : 0;
    for (const week of WEEKS) {
      const start = monday + week * WEEK_MS;
      const begins = instantOf(start + from.minute * MINUTE_MS, timezone);
      const until = lastInstantOf(start + to.minute * MINUTE_MS + overWeekEnd, timezone);
      if (begins <= now && now < until) return { is: 'frozen', until };
    }
    return { is: 'open' };
  } catch {
    // Whatever the reason, a window that can't be placed in time is not known to be over.
    return { is: 'unreadable' };
  }
}

const isMinute = (minute: number) => Number.isInteger(minute) && minute >= 0 && minute < WEEK_MINUTES;

/** Like `instantOf`, but the second one where the wall clock shows the time twice. */
function lastInstantOf(wall: number, zone: string): number {
  const first = instantOf(wall, zone);
  const dayAfter = first + DAY_MS;
  const second = wall - (wallTime(dayAfter, zone) - dayAfter);
  return wallTime(second, zone) === wall ? Math.max(first, second) : first;
}
