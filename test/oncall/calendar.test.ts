import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createCalendar, whoIsInCalendar } from '../../src/oncall/calendar.ts';
import { createOnCall } from '../../src/oncall/oncall.ts';
import { calendar, event } from '../support/ics.ts';

const NOW = Date.parse('2026-03-25T12:00:00Z');
const HOUR = 3_600_000;
const people = ['ana', 'Ana Maria', 'ben', 'jörg'];
const shift = (summary: string, attendees: string[] = [], from = -1, to = 1) => ({
  start: NOW + from * HOUR,
  end: NOW + to * HOUR,
  summary,
  attendees,
});

describe('whoIsInCalendar', () => {
  it.each([
    ['by the summary', [shift('On-call: Ben (primary)')], ['ben']],
    ['whose name is a longer one', [shift('ana maria')], ['Ana Maria']],
    ['with letters of any script', [shift('Bereitschaft JÖRG')], ['jörg']],
    ['by an attendee', [shift('duty', ['Ben', 'ben'])], ['ben']],
    ['two at once', [shift('ana'), shift('ben')], ['ana', 'ben']],
  ])('knows %s', (_, shifts, names) => {
    expect(whoIsInCalendar(shifts, people, NOW)).toEqual({
      is: 'known',
      people: names,
      until: NOW + HOUR,
      source: 'calendar',
    });
  });

  it.each([
    [
      'nothing covers the time',
      [shift('ana', [], 1, 2), shift('ana', [], -2, 0)],
      'no event of the calendar covers this time',
    ],
    ['nobody is named', [shift('banana\u202e')], 'the calendar\'s event "banana\ufffd" names nobody of people'],
    [
      'one of two events names nobody',
      [shift('ana'), shift('who?')],
      'the calendar\'s event "who?" names nobody of people',
    ],
  ])('knows nobody when %s', (_, shifts, reason) => {
    expect(whoIsInCalendar(shifts, people, NOW)).toEqual({ is: 'unknown', reason });
  });

  it('ends where the next event begins', () => {
    expect(whoIsInCalendar([shift('ana', [], -1, 9), shift('ben', [], 2, 3)], people, NOW)).toMatchObject({
      until: NOW + 2 * HOUR,
    });
  });
});

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function served(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, url: new Secret(`http://127.0.0.1:${port}/private-s3cr3t/oncall.ics`) };
}

const clockAt = (start: number) => {
  const clock = { ...systemClock, at: start, now: () => clock.at };
  return clock;
};
const TEXT = calendar(event('1', ['DTSTART:20260325T110000Z', 'DTEND:20260325T130000Z', 'SUMMARY:ben']));
const signal = new AbortController().signal;

describe('createCalendar', () => {
  it('fetches once for all who ask within five minutes, then again', async () => {
    let fetched = 0;
    const place = await served((_, response) => {
      fetched += 1;
      response.end(TEXT);
    });
    const clock = clockAt(NOW);
    const source = createCalendar({ place: { is: 'url', ...place }, timezone: 'UTC', people, clock });
    const answers = await Promise.all([source.who(signal), source.who(signal)]);
    expect(answers[0]).toEqual({ is: 'known', people: ['ben'], until: NOW + HOUR, source: 'calendar' });
    expect(answers[1]).toEqual(answers[0]);
    clock.at += 4 * 60_000;
    await source.who(signal);
    expect(fetched).toBe(1);
    clock.at += 2 * 60_000;
    await source.who(signal);
    expect(fetched).toBe(2);
  });

  it('knows nobody once the calendar is away, rather than going by an old copy, and does not name its address', async () => {
    let up = true;
    const place = await served((_, response) => {
      response.statusCode = up ? 200 : 503;
      response.end(up ? TEXT : 'private-s3cr3t');
    });
    const clock = clockAt(NOW);
    const source = createCalendar({ place: { is: 'url', ...place }, timezone: 'UTC', people, clock });
    expect(await source.who(signal)).toMatchObject({ is: 'known' });
    up = false;
    clock.at += 6 * 60_000;
    expect(await source.who(signal)).toEqual({
      is: 'unknown',
      reason: `the calendar at ${place.host} answers HTTP 503`,
    });
    up = true;
    expect(await source.who(signal)).toMatchObject({ is: 'unknown' });
    clock.at += 60_000;
    expect(await source.who(signal)).toMatchObject({ is: 'known' });
  });

  it.each<[string, RequestListener, string]>([
    ['cut off', (_, response) => response.destroy(), 'can not be reached: the connection was cut'],
    ['a page to sign in', (_, response) => response.end('<html>'), 'the calendar can not be read as iCalendar'],
    ['endless', (_, response) => void response.end(Buffer.alloc(9 * 1024 * 1024, 32)), 'is too large'],
  ])('knows nobody when the answer is %s', async (_, answer, reason) => {
    const place = await served(answer);
    const source = createCalendar({ place: { is: 'url', ...place }, timezone: 'UTC', people, clock: clockAt(NOW) });
    const found = await source.who(signal);
    expect(found).toEqual({ is: 'unknown', reason: expect.stringContaining(reason) });
    expect(JSON.stringify(found)).not.toContain('s3cr3t');
  });

  it('lets a caller leave whose time is up', async () => {
    const place = await served(() => undefined);
    const source = createCalendar({ place: { is: 'url', ...place }, timezone: 'UTC', people, clock: clockAt(NOW) });
    await expect(source.who(AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('reads a file, and says when there is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'daytwo-ics-'));
    ends.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'oncall.ics');
    const clock = clockAt(NOW);
    const source = createCalendar({ place: { is: 'file', path }, timezone: 'UTC', people, clock });
    expect(await source.who(signal)).toEqual({
      is: 'unknown',
      reason: `the calendar ${path} can not be read (ENOENT)`,
    });
    writeFileSync(path, TEXT);
    clock.at += 60_000;
    expect(await source.who(signal)).toMatchObject({ people: ['ben'] });
  });
});

describe('createOnCall', () => {
  it.each([
    [{ timezone: 'UTC' }, 'the configuration has no oncall section, so whoever has the role oncall counts'],
    [{ timezone: 'UTC', slackUsergroup: 'S0123' }, 'the user group needs chats.slack'],
  ])('knows nobody with %j', async (oncall, reason) => {
    const source = createOnCall({ oncall, people: [] }, { clock: clockAt(NOW) });
    expect(await source.who(signal)).toEqual({ is: 'unknown', reason });
  });

  it('goes by the rotation', async () => {
    const rotation = { people: ['ana'], start: 0, every: 7 * 24 * HOUR, timezone: 'UTC', overrides: [] };
    const source = createOnCall({ oncall: { timezone: 'UTC', rotation }, people: [] }, { clock: clockAt(NOW) });
    expect(await source.who(signal)).toMatchObject({ people: ['ana'], source: 'rotation' });
  });
});
