import { describe, expect, it } from 'vitest';
import { readCalendar } from '../../src/oncall/ical.ts';
import { readCalendarApart } from '../../src/oncall/ical-thread.ts';
import { calendar, event } from '../support/ics.ts';

const window = { from: Date.parse('2026-03-16'), to: Date.parse('2026-04-20'), timezone: 'Europe/Madrid' };
const told = async (text: string) =>
  (await readCalendar(text, window)).map(
    ({ start, end, summary }) => `${new Date(start).toISOString()} ${new Date(end).toISOString()} ${summary}`,
  );

describe('readCalendar', () => {
  it('keeps weekly turns on the wall clock when the clocks change, and leaves EXDATEs out', async () => {
    const text = calendar(
      event('1', [
        'DTSTART;TZID=Europe/Madrid:20260105T090000',
        'DTEND;TZID=Europe/Madrid:20260112T090000',
        'RRULE:FREQ=WEEKLY;INTERVAL=1',
        'EXDATE;TZID=Europe/Madrid:20260406T090000',
        'SUMMARY:ana',
      ]),
    );
    expect(await told(text)).toEqual([
      '2026-03-09T08:00:00.000Z 2026-03-16T08:00:00.000Z ana',
      '2026-03-16T08:00:00.000Z 2026-03-23T08:00:00.000Z ana',
      '2026-03-23T08:00:00.000Z 2026-03-30T07:00:00.000Z ana',
      '2026-03-30T07:00:00.000Z 2026-04-06T07:00:00.000Z ana',
      '2026-04-13T07:00:00.000Z 2026-04-20T07:00:00.000Z ana',
    ]);
  });

  it('takes whole days in the zone it is given, or in the one that the calendar names', async () => {
    const days = event('1', ['DTSTART;VALUE=DATE:20260325', 'DTEND;VALUE=DATE:20260401', 'SUMMARY:ben']);
    expect(await told(calendar(days))).toEqual(['2026-03-24T23:00:00.000Z 2026-03-31T22:00:00.000Z ben']);
    expect(await told(calendar('X-WR-TIMEZONE:America/New_York', days))).toEqual([
      '2026-03-25T04:00:00.000Z 2026-04-01T04:00:00.000Z ben',
    ]);
  });

  it('reads a zone that only the file itself defines', async () => {
    const zone = [
      'BEGIN:VTIMEZONE',
      'TZID:Our Own Time',
      'BEGIN:STANDARD',
      'DTSTART:19700101T000000',
      'TZOFFSETFROM:+0530',
      'TZOFFSETTO:+0530',
      'END:STANDARD',
      'END:VTIMEZONE',
    ].join('\r\n');
    const text = calendar(
      zone,
      event('1', ['DTSTART;TZID=Our Own Time:20260325T090000', 'DTEND;TZID=Our Own Time:20260325T100000', 'SUMMARY:x']),
    );
    expect(await told(text)).toEqual(['2026-03-25T03:30:00.000Z 2026-03-25T04:30:00.000Z x']);
  });

  it('puts a moved occurrence in the place of its own, and leaves other series alone', async () => {
    const series = (uid: string, summary: string) =>
      event(uid, [
        'DTSTART:20260316T090000Z',
        'DTEND:20260316T100000Z',
        'RRULE:FREQ=WEEKLY;COUNT=2',
        `SUMMARY:${summary}`,
      ]);
    const moved = event('1', [
      'RECURRENCE-ID:20260323T090000Z',
      'DTSTART:20260324T120000Z',
      'DTEND:20260324T130000Z',
      'SUMMARY:ben for ana',
    ]);
    expect(await told(calendar(series('1', 'ana'), series('2', 'eva'), moved))).toEqual([
      '2026-03-16T09:00:00.000Z 2026-03-16T10:00:00.000Z ana',
      '2026-03-16T09:00:00.000Z 2026-03-16T10:00:00.000Z eva',
      '2026-03-23T09:00:00.000Z 2026-03-23T10:00:00.000Z eva',
      '2026-03-24T12:00:00.000Z 2026-03-24T13:00:00.000Z ben for ana',
    ]);
  });

  it('skips what was cancelled, and attendees who declined', async () => {
    const [shift, ...more] = await readCalendar(
      calendar(
        event('1', ['DTSTART:20260325T090000Z', 'DTEND:20260325T100000Z', 'STATUS:CANCELLED', 'SUMMARY:x']),
        event('2', [
          'DTSTART:20260325T090000Z',
          'DURATION:PT2H',
          'ATTENDEE;CN=Ana López:mailto:ana@example.com',
          'ATTENDEE;PARTSTAT=DECLINED:mailto:ben@example.com',
          'SUMMARY:duty',
        ]),
      ),
      window,
    );
    expect(more).toEqual([]);
    expect(shift).toEqual({
      start: Date.parse('2026-03-25T09:00Z'),
      end: Date.parse('2026-03-25T11:00Z'),
      summary: 'duty',
      attendees: ['Ana López', 'ana'],
    });
  });

  it.each([
    ['nothing', '', 'this is no calendar (BEGIN:VCALENDAR is missing)'],
    ['a web page', '<html>sign in</html>', 'the calendar can not be read as iCalendar'],
    ['a card', 'BEGIN:VCARD\r\nEND:VCARD\r\n', 'this is no calendar (BEGIN:VCALENDAR is missing)'],
    [
      'an unknown time zone',
      calendar(event('1', ['DTSTART;TZID=Nowhere:20260325T090000', 'SUMMARY:x'])),
      'the calendar uses a time zone that nobody knows',
    ],
    [
      'a rule that recurs each second',
      calendar(event('1', ['DTSTART:19700101T000000Z', 'DURATION:PT1S', 'RRULE:FREQ=SECONDLY', 'SUMMARY:x'])),
      'the calendar recurs too often to be read',
    ],
  ])('refuses %s', async (_, text, message) => {
    await expect(readCalendar(text, window)).rejects.toMatchObject({ code: 'bad-answer', message });
  });
});

describe('readCalendarApart', () => {
  it('gives the same, from a thread', async () => {
    const text = calendar(event('1', ['DTSTART:20260325T090000Z', 'DTEND:20260325T100000Z', 'SUMMARY:ana']));
    expect(await readCalendarApart({ text, window })).toEqual(await readCalendar(text, window));
    await expect(readCalendarApart({ text: '', window })).rejects.toMatchObject({ code: 'bad-answer' });
  });

  it('ends a rule that keeps the library busy for ever', async () => {
    const text = calendar(
      event('1', [
        'DTSTART:20260101T000000Z',
        'DURATION:PT1H',
        'RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
        'SUMMARY:x',
      ]),
    );
    await expect(readCalendarApart({ text, window }, 1500)).rejects.toMatchObject({
      code: 'bad-answer',
      message: expect.stringContaining('takes too long'),
    });
  });
});
