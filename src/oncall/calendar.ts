import { readFile, stat } from 'node:fs/promises';
import type { CalendarPlace } from '../config/schema/people.ts';
import type { Clock } from '../lib/clock.ts';
import { DaytwoError } from '../lib/errors.ts';
import { networkFault } from '../lib/net.ts';
import { clip, inertLine } from '../lib/text.ts';
import type { Shift } from './ical.ts';
import { readCalendarApart } from './ical-thread.ts';
import type { OnCall } from './who.ts';

/** A calendar is fetched at most this often. */
const FRESH_MS = 5 * 60_000;
/** After a failure it is left alone for so long. */
const FAILED_MS = 30_000;
const TIMEOUT_MS = 10_000;
/** Ten thousand events are about 4 MB. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Shifts are read from so far ahead: enough for "until", and for who comes next. */
const AHEAD_MS = 62 * 86_400_000;
/** So many beginnings are looked at for who comes next. */
const MOST_EVENTS = 500;

/** Says who is on call by the shifts of a calendar. Several shifts at once make several people; a shift that names nobody makes it unknown. Pure. */
export function whoIsInCalendar(shifts: readonly Shift[], people: readonly string[], now: number): OnCall {
  const covering = shifts.filter(({ start, end }) => start <= now && now < end);
  if (covering.length === 0) return { is: 'unknown', reason: 'no event of the calendar covers this time' };
  const found = new Set<string>();
  for (const shift of covering) {
    const named = namesIn(shift, people);
    if (named.length === 0) {
      const summary = clip(inertLine(shift.summary), 80);
      return { is: 'unknown', reason: `the calendar's event ${JSON.stringify(summary)} names nobody of people` };
    }
    for (const name of named) found.add(name);
  }
  const edges = shifts.flatMap(({ start, end }) => [start, end]).filter((edge) => edge > now);
  return { is: 'known', people: [...found], until: Math.min(...edges), source: 'calendar' };
}

/**
 * Who comes after those who are on call now: the people of the next event that brings somebody else. Moments that nobody covers, or whose
 * event names nobody, are passed over. Pure.
 */
export function nextInCalendar(shifts: readonly Shift[], people: readonly string[], now: number): readonly string[] {
  const present = whoIsInCalendar(shifts, people, now);
  const known = present.is === 'known' ? present.people : [];
  const begins = [...new Set(shifts.map(({ start }) => start).filter((start) => start > now))].sort((a, b) => a - b);
  for (const begin of begins.slice(0, MOST_EVENTS)) {
    const later = whoIsInCalendar(shifts, people, begin);
    const others = later.is === 'known' ? later.people.filter((name) => !known.includes(name)) : [];
    if (others.length > 0) return others;
  }
  return [];
}

/** Who is named in the summary; by the attendees where nobody is. */
function namesIn({ summary, attendees }: Shift, people: readonly string[]): readonly string[] {
  const inSummary = named(summary, people);
  if (inSummary.length > 0) return inSummary;
  return [...new Set(attendees.flatMap((attendee) => named(attendee, people)))];
}

/** The names that stand in a text as whole words, without those that are only part of a longer one found (`ana` in `ana maria`). */
function named(text: string, people: readonly string[]): readonly string[] {
  const words = ` ${fold(text)} `;
  const found = people.filter((name) => words.includes(` ${fold(name)} `));
  return found.filter(
    (name) => !found.some((other) => other !== name && ` ${fold(other)} `.includes(` ${fold(name)} `)),
  );
}

const fold = (text: string) =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_]+/gu, ' ')
    .trim();

/** A calendar that is asked again and again. */
export interface Calendar {
  /** Who is on call now. Unreachable or unreadable is `unknown` with the reason; an old copy is never used past five minutes. */
  who(signal: AbortSignal): Promise<OnCall>;
  /** Who comes next; nobody where the calendar can't be read. */
  next(signal: AbortSignal): Promise<readonly string[]>;
}

/** What a calendar needs. */
export interface CalendarOptions {
  readonly place: CalendarPlace;
  readonly timezone: string;
  /** Names of `people`. */
  readonly people: readonly string[];
  readonly clock: Clock;
}

type Copy = { readonly at: number } & ({ readonly shifts: readonly Shift[] } | { readonly reason: string });

/** Reads the calendar when asked, keeps it for five minutes, and lets those who ask at the same time share one fetch. */
export function createCalendar({ place, timezone, people, clock }: CalendarOptions): Calendar {
  let copy: Copy | undefined;
  let under: Promise<Copy> | undefined;

  const read = async (): Promise<Copy> => {
    const at = clock.now();
    try {
      const text = place.is === 'file' ? await readLocal(place.path) : await fetchText(place);
      return { at, shifts: await readCalendarApart({ text, window: { from: at, to: at + AHEAD_MS, timezone } }) };
    } catch (error) {
      if (!(error instanceof DaytwoError)) throw error;
      return { at, reason: error.message };
    }
  };

  const current = (): Promise<Copy> => {
    const age = copy ? clock.now() - copy.at : 0;
    if (copy && age >= 0 && age < ('reason' in copy ? FAILED_MS : FRESH_MS)) return Promise.resolve(copy);
    under ??= read()
      .then((fetched) => {
        copy = fetched;
        return fetched;
      })
      .finally(() => {
        under = undefined;
      });
    return under;
  };

  return {
    who: async (signal) => {
      const found = await orAborted(current(), signal);
      return 'reason' in found
        ? { is: 'unknown', reason: found.reason }
        : whoIsInCalendar(found.shifts, people, clock.now());
    },
    next: async (signal) => {
      const found = await orAborted(current(), signal);
      return 'reason' in found ? [] : nextInCalendar(found.shifts, people, clock.now());
    },
  };
}

/** The fetch goes on for the others who wait; only this caller leaves. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(new DaytwoError('cancelled', 'cancelled while the calendar was read'));
  return new Promise((resolve, reject) => {
    const leave = () => reject(new DaytwoError('cancelled', 'cancelled while the calendar was read'));
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

async function readLocal(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new DaytwoError('invalid', `the calendar ${path} is no file`);
    if (found.size > MAX_BYTES) throw new DaytwoError('too-large', `the calendar ${path} is too large`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof DaytwoError) throw error;
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new DaytwoError('not-found', `the calendar ${path} can not be read (${String(code ?? 'unknown')})`, {
      cause: error,
    });
  }
}

/** The address may hold a token in its path: errors name the host only, and keep no cause that could repeat it. */
async function fetchText({ url, host }: Extract<CalendarPlace, { is: 'url' }>): Promise<string> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const name = `the calendar at ${host}`;
  try {
    const response = await fetch(url.reveal(), { signal: timeout, headers: { accept: 'text/calendar, */*;q=0.1' } });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new DaytwoError('bad-answer', `${name} answers HTTP ${response.status}`);
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > MAX_BYTES) throw new DaytwoError('too-large', `${name} is too large`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (error instanceof DaytwoError) throw error;
    if (timeout.aborted) throw new DaytwoError('timeout', `${name} did not answer within ${TIMEOUT_MS / 1000} s`);
    throw new DaytwoError(
      'unreachable',
      `${name} can not be reached: ${networkFault(error)?.words ?? 'the request failed'}`,
    );
  }
}
