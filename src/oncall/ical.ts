import { DaytwoError } from '../lib/errors.ts';
import { instantOf, isTimeZone } from '../lib/zone.ts';

/** One stretch of a calendar in which somebody is on call. Times are epoch ms. Texts are untrusted. */
export interface Shift {
  readonly start: number;
  readonly end: number;
  readonly summary: string;
  /** Names and the local parts of addresses of those who did not decline. */
  readonly attendees: readonly string[];
}

/** Which part of a calendar. */
export interface Window {
  readonly from: number;
  readonly to: number;
  /** For whole days and floating times where the calendar names no zone itself (X-WR-TIMEZONE). */
  readonly timezone: string;
}

/** Occurrences that are looked at for one calendar: a century of days. Guards against rules that recur each second. */
const MAX_OCCURRENCES = 40_000;
const MAX_EVENTS = 10_000;

type Ical = typeof import('ical.js')['default'];
type Component = InstanceType<Ical['Component']>;
type Event = InstanceType<Ical['Event']>;
type Time = InstanceType<Ical['Time']>;

const broken = (message: string, cause?: unknown) => new DaytwoError('bad-answer', message, { cause });

/**
 * Reads an iCalendar (RFC 5545) and gives its shifts within the window, by start. Recurrence, exceptions, EXDATE and RDATE are ical.js's;
 * time zones with IANA names go by the machine's own data, others by the file's VTIMEZONE.
 * @throws DaytwoError `bad-answer` when it is none, names an unknown time zone, or recurs too often
 */
export async function readCalendar(text: string, window: Window): Promise<readonly Shift[]> {
  const { default: ical } = await import('ical.js');
  let shifts: Shift[];
  try {
    const parsed: unknown = ical.parse(text);
    const roots = Array.isArray(parsed) && Array.isArray(parsed[0]) ? parsed : [parsed];
    shifts = roots.flatMap((root) => shiftsOf(ical, root, window));
  } catch (error) {
    if (error instanceof DaytwoError) throw error;
    throw broken('the calendar can not be read as iCalendar', error);
  }
  return shifts.toSorted((a, b) => a.start - b.start);
}

function shiftsOf(ical: Ical, root: unknown, window: Window): Shift[] {
  if (!isJcal(root) || root[0] !== 'vcalendar') throw broken('this is no calendar (BEGIN:VCALENDAR is missing)');
  const [name, properties, components] = root;
  registerZones(ical, root);
  // The machine's zone data is kept up to date; what a calendar carries along seldom is.
  const kept = components.filter((one) => one[0] !== 'vtimezone' || !isTimeZone(String(propertyOf(one, 'tzid'))));
  const calendar = new ical.Component([name, properties, kept]);
  const named = calendar.getFirstPropertyValue('x-wr-timezone');
  const fallback = typeof named === 'string' && isTimeZone(named) ? named : window.timezone;
  const events = calendar.getAllSubcomponents('vevent');
  if (events.length > MAX_EVENTS) throw broken('the calendar has too many events');
  const budget = { left: MAX_OCCURRENCES };
  const reader = new EventReader(ical, { ...window, timezone: fallback }, budget);
  return reader.all(events);
}

class EventReader {
  private readonly ical: Ical;
  private readonly window: Window;
  private readonly budget: { left: number };

  constructor(ical: Ical, window: Window, budget: { left: number }) {
    this.ical = ical;
    this.window = window;
    this.budget = budget;
  }

  all(components: readonly Component[]): Shift[] {
    const masters = components.filter((one) => !one.hasProperty('recurrence-id'));
    const exceptions = Map.groupBy(
      components.filter((one) => one.hasProperty('recurrence-id')),
      (one) => String(one.getFirstPropertyValue('uid')),
    );
    const known = new Set(masters.map((one) => String(one.getFirstPropertyValue('uid'))));
    // An exception whose series isn't in the file is an event like any other.
    const alone = [...exceptions].flatMap(([uid, ones]) => (known.has(uid) ? [] : ones));
    return [
      ...masters.flatMap((one) => {
        // Handed over, because ical.js would take every exception of the file for this event's own.
        const own = exceptions.get(String(one.getFirstPropertyValue('uid'))) ?? [];
        return this.occurrences(new this.ical.Event(one, { exceptions: own, strictExceptions: true }));
      }),
      ...alone.flatMap((one) => this.single(new this.ical.Event(one))),
    ];
  }

  private single(event: Event): Shift[] {
    return this.shift(event, event.startDate, event.endDate);
  }

  private occurrences(event: Event): Shift[] {
    if (!event.startDate) return [];
    if (!event.isRecurring()) return this.single(event);
    const shifts: Shift[] = [];
    const series = event.iterator();
    for (let start = series.next(); start; start = series.next()) {
      if (this.instant(start) > this.window.to) break;
      this.budget.left -= 1;
      if (this.budget.left < 0) throw broken('the calendar recurs too often to be read');
      const { item, startDate, endDate } = event.getOccurrenceDetails(start);
      const own = item === event;
      shifts.push(...this.shift(item, startDate, own ? this.endOf(event, startDate) : endDate));
    }
    return shifts;
  }

  /** On the wall clock, so that a turn from Monday 09:00 to Monday 09:00 has no gap where the clocks change. */
  private endOf(event: Event, start: Time): Time {
    const end = start.clone();
    const { startDate, endDate } = event;
    const nominal = startDate.zone === endDate.zone && !event.component.hasProperty('duration');
    end.addDuration(nominal ? endDate.subtractDate(startDate) : event.duration);
    return end;
  }

  private shift(event: Event, from: Time, to: Time): Shift[] {
    if (String(event.component.getFirstPropertyValue('status')).toUpperCase() === 'CANCELLED') return [];
    const [start, end] = [this.instant(from), this.instant(to)];
    if (end <= this.window.from || start > this.window.to || end <= start) return [];
    return [{ start, end, summary: event.summary ?? '', attendees: attendeesOf(event) }];
  }

  private instant(time: Time): number {
    const floating = time.isDate || time.zone === this.ical.Timezone.localTimezone;
    if (!floating) return time.toUnixTime() * 1000;
    return instantOf(wallOf(time), this.window.timezone);
  }
}

const wallOf = (time: Time) =>
  Date.UTC(
    time.year,
    time.month - 1,
    time.day,
    time.isDate ? 0 : time.hour,
    time.isDate ? 0 : time.minute,
    time.isDate ? 0 : time.second,
  );

function attendeesOf(event: Event): readonly string[] {
  return event.component.getAllProperties('attendee').flatMap((property) => {
    if (String(property.getParameter('partstat')).toUpperCase() === 'DECLINED') return [];
    const address = /^mailto:([^@]+)@/i.exec(String(property.getFirstValue()))?.[1];
    const name = property.getParameter('cn');
    return [...(typeof name === 'string' ? [name] : []), ...(address === undefined ? [] : [address])];
  });
}

type Jcal = [name: string, properties: unknown[][], components: Jcal[]];

function isJcal(value: unknown): value is Jcal {
  return Array.isArray(value) && typeof value[0] === 'string' && Array.isArray(value[1]) && Array.isArray(value[2]);
}

function propertyOf([, properties]: Jcal, name: string): unknown {
  return properties.find((property) => property[0] === name)?.[3];
}

/** Makes the zones that the file names known to ical.js. @throws DaytwoError `bad-answer` for one that nobody knows */
function registerZones(ical: Ical, root: Jcal): void {
  const used = new Set<string>();
  const collect = ([, properties, components]: Jcal): void => {
    for (const [, parameters] of properties) {
      const tzid = typeof parameters === 'object' && parameters !== null && Reflect.get(parameters, 'tzid');
      if (typeof tzid === 'string') used.add(tzid);
    }
    components.forEach(collect);
  };
  collect(root);
  const carried = new Set(
    root[2].filter((one) => one[0] === 'vtimezone').map((one) => String(propertyOf(one, 'tzid'))),
  );
  for (const tzid of used) {
    if (isTimeZone(tzid)) ical.TimezoneService.register(machineZone(ical, tzid), tzid);
    else if (!carried.has(tzid)) throw broken('the calendar uses a time zone that nobody knows');
  }
}

/** A zone of ical.js that goes by the machine's data. */
function machineZone(ical: Ical, tzid: string) {
  const zone = new ical.Timezone({ tzid });
  zone.utcOffset = (time: Time) => {
    const wall = wallOf(time);
    return (wall - instantOf(wall, tzid)) / 1000;
  };
  return zone;
}
