import { describe, expect, it } from 'vitest';
import { nextInCalendar } from '../../src/oncall/calendar.ts';
import { readCalendar } from '../../src/oncall/ical.ts';
import { calendar, event } from '../support/ics.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-03-25T12:00:00Z');
const PEOPLE = ['ana', 'Ana Maria', 'ben', 'eva'];
const shift = (summary: string, from: number, to: number, attendees: readonly string[] = []) => ({
  start: NOW + from * HOUR,
  end: NOW + to * HOUR,
  summary,
  attendees,
});

describe('nextInCalendar', () => {
  const ana = shift('ana', -1, 8);
  it.each([
    ['the person of the next event', [ana, shift('ben', 8, 16), shift('eva', 16, 24)], ['ben']],
    ['in whatever order the events stand', [shift('eva', 16, 24), shift('ben', 8, 16), ana], ['ben']],
    ['all of its people', [ana, shift('ben and eva', 8, 16)], ['ben', 'eva']],
    ['those alone who are not on call already', [ana, shift('ana, ben', 8, 16)], ['ben']],
    ['by an attendee', [ana, shift('duty', 8, 16, ['Ben'])], ['ben']],
    ['whoever joins before the present ends', [ana, shift('eva', 2, 4)], ['eva']],
    ['past the same person’s next event', [ana, shift('ana', 8, 16), shift('ben', 16, 24)], ['ben']],
    ['past a gap that nobody covers', [ana, shift('ben', 100, 108)], ['ben']],
    ['past an event that names nobody', [ana, shift('release party', 8, 9), shift('ben', 9, 16)], ['ben']],
    [
      'past a moment that an unnamed event makes unknown',
      [ana, shift('who?', 8, 20), shift('ben', 8, 16), shift('eva', 20, 24)],
      ['eva'],
    ],
    ['where nobody is on call now', [shift('ben', 3, 8)], ['ben']],
    ['the longer of two names', [shift('ben', -1, 8), shift('Ana Maria', 8, 9)], ['Ana Maria']],
  ])('gives %s', (_, shifts, names) => {
    expect(nextInCalendar(shifts, PEOPLE, NOW)).toEqual(names);
  });

  it.each([
    ['an empty calendar', []],
    ['nothing to come', [ana, shift('ben', -9, -1)]],
    ['the same person for ever', [ana, shift('ana', 8, 16), shift('ana', 16, 24)]],
    ['events that name nobody', [ana, shift('who?', 8, 16)]],
    ['an event that began this very moment', [shift('ben', 0, 8)]],
    ['people whom the configuration does not know', [ana, shift('zoe', 8, 16)]],
  ])('is nobody with %s', (_, shifts) => {
    expect(nextInCalendar(shifts, PEOPLE, NOW)).toEqual([]);
  });

  const window = { from: NOW, to: NOW + 30 * DAY, timezone: 'Europe/Madrid' };
  const read = async (zone: string, ...events: readonly (readonly string[])[]) =>
    readCalendar(calendar(...events.map((lines, at) => event(String(at), lines))), { ...window, timezone: zone });
  const allDay = (day: string, end: string, summary: string) => [
    `DTSTART;VALUE=DATE:${day}`,
    `DTEND;VALUE=DATE:${end}`,
    `SUMMARY:${summary}`,
  ];

  it('hands whole days over at midnight of the calendar’s zone', async () => {
    const days = [
      allDay('20260325', '20260326', 'ana'),
      allDay('20260326', '20260327', 'ben'),
      allDay('20260327', '20260330', 'eva'),
    ];
    const at = async (zone: string, now: string) => nextInCalendar(await read(zone, ...days), PEOPLE, Date.parse(now));
    expect(await at('Europe/Madrid', '2026-03-25T22:59:59Z')).toEqual(['ben']);
    expect(await at('Europe/Madrid', '2026-03-25T23:00:00Z')).toEqual(['eva']);
    expect(await at('America/New_York', '2026-03-26T03:59:59Z')).toEqual(['ben']);
    expect(await at('America/New_York', '2026-03-26T04:00:00Z')).toEqual(['eva']);
  });

  it('hands a day on at midnight where the clocks change in between', async () => {
    const days = [
      allDay('20260328', '20260330', 'ana'),
      allDay('20260330', '20260331', 'ben'),
      allDay('20260331', '20260401', 'eva'),
    ];
    const shifts = await read('Europe/Madrid', ...days);
    expect(nextInCalendar(shifts, PEOPLE, Date.parse('2026-03-29T21:59:59Z'))).toEqual(['ben']);
    expect(nextInCalendar(shifts, PEOPLE, Date.parse('2026-03-29T22:00:00Z'))).toEqual(['eva']);
  });

  it('lets a day’s own event go before the rule that recurs: a swap', async () => {
    const weekly = (first: string, summary: string) => [
      `DTSTART;VALUE=DATE:${first}`,
      'DURATION:P7D',
      'RRULE:FREQ=WEEKLY;INTERVAL=2',
      `SUMMARY:${summary}`,
    ];
    const swapped = [...weekly('20260330', 'ben'), 'EXDATE;VALUE=DATE:20260330'];
    const shifts = await read(
      'Europe/Madrid',
      weekly('20260323', 'ana'),
      swapped,
      allDay('20260330', '20260406', 'eva'),
    );
    expect(nextInCalendar(shifts, PEOPLE, NOW)).toEqual(['eva']);
    expect(nextInCalendar(shifts, PEOPLE, Date.parse('2026-04-07T00:00:00Z'))).toEqual(['ben']);
  });
});
