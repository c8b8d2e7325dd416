import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWallTime } from '../../src/lib/zone.ts';
import { createOnCall } from '../../src/oncall/oncall.ts';
import { nextOnRotation, type Rotation, whoIsOnRotation } from '../../src/oncall/rotation.ts';
import { fakeClock } from '../support/clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const wall = (text: string): number => parseWallTime(text) ?? Number.NaN;
/** ana from Monday 2026-01-05, ben from the 12th, eva from the 19th, each at 09:00. */
const rotation = (change: Partial<Rotation> = {}): Rotation => ({
  people: ['ana', 'ben', 'eva'],
  start: wall('2026-01-05T09:00'),
  every: 7 * DAY,
  timezone: 'Europe/Madrid',
  overrides: [],
  ...change,
});
const override = (from: string, to: string, person: string) => ({ from: wall(from), to: wall(to), person });
const next = (change: Partial<Rotation>, now: string) => nextOnRotation(rotation(change), Date.parse(now));

describe('nextOnRotation', () => {
  it.each<[string, Partial<Rotation>, string, readonly string[]]>([
    ['in the first turn', {}, '2026-01-06T12:00:00Z', ['ben']],
    ['just before a handover', {}, '2026-01-12T07:59:59Z', ['ben']],
    ['at it', {}, '2026-01-12T08:00:00Z', ['eva']],
    ['after the last of the list: the first again', {}, '2026-01-20T12:00:00Z', ['ana']],
    // 2026-03-29 the clocks go forward: eva's turn ends on Monday the 30th at 09:00 in Madrid, 07:00 UTC.
    ['in the last hour before a handover in summer time', {}, '2026-03-30T06:59:59Z', ['ana']],
    ['in the hour that summer time took from the next', {}, '2026-03-30T07:00:00Z', ['ben']],
    // 2026-10-25 they go back: eva's turn ends at 08:00 UTC again.
    ['an hour before a handover in winter time', {}, '2026-10-26T07:30:00Z', ['ana']],
    [
      'by the wall of Auckland, where it is Monday already',
      { timezone: 'Pacific/Auckland' },
      '2026-01-11T20:00:00Z',
      ['eva'],
    ],
    [
      'by the wall of Los Angeles, where it is not',
      { timezone: 'America/Los_Angeles' },
      '2026-01-12T16:59:00Z',
      ['ben'],
    ],
    ['past somebody who is listed twice in a row', { people: ['ana', 'ana', 'ben'] }, '2026-01-06T12:00:00Z', ['ben']],
  ])('knows who is next %s', (_, change, now, names) => {
    expect(next(change, now)).toEqual(names);
  });

  const dentist = override('2026-01-07T09:00', '2026-01-08T09:00', 'eva');
  it.each<[string, Partial<Rotation>, string, readonly string[]]>([
    ['before an override, its person', { overrides: [dentist] }, '2026-01-06T12:00:00Z', ['eva']],
    ['during it, whose turn it is', { overrides: [dentist] }, '2026-01-07T12:00:00Z', ['ana']],
    ['after it, the next in turn', { overrides: [dentist] }, '2026-01-08T08:00:00Z', ['ben']],
    [
      'where it reaches into the next turn, that turn’s person',
      { overrides: [override('2026-01-11T09:00', '2026-01-13T09:00', 'eva')] },
      '2026-01-11T12:00:00Z',
      ['ben'],
    ],
    [
      'where it goes over into a turn of its own person, who comes after both',
      { overrides: [override('2026-01-10T09:00', '2026-01-12T09:00', 'ben')] },
      '2026-01-11T12:00:00Z',
      ['eva'],
    ],
    [
      'where an override follows an override, the second’s person',
      { overrides: [dentist, override('2026-01-08T09:00', '2026-01-08T21:00', 'ben')] },
      '2026-01-07T12:00:00Z',
      ['ben'],
    ],
    [
      'where an override names who is on call anyway, the next in turn',
      { overrides: [override('2026-01-07T09:00', '2026-01-08T09:00', 'ana')] },
      '2026-01-06T12:00:00Z',
      ['ben'],
    ],
    [
      'for a single person, whoever overrides them',
      { people: ['ana'], overrides: [dentist] },
      '2026-01-06T12:00:00Z',
      ['eva'],
    ],
  ])('gives %s', (_, change, now, names) => {
    expect(next(change, now)).toEqual(names);
  });

  // ana and ben swap their weeks: ben takes the 5th to the 12th, ana the 12th to the 19th.
  const swap = [
    override('2026-01-05T09:00', '2026-01-12T09:00', 'ben'),
    override('2026-01-12T09:00', '2026-01-19T09:00', 'ana'),
  ];
  it.each([
    ['2026-01-06T12:00:00Z', ['ana']],
    ['2026-01-13T12:00:00Z', ['eva']],
    ['2026-01-20T12:00:00Z', ['ana']],
  ])('follows a swap of two weeks at %s', (now, names) => {
    expect(next({ overrides: swap }, now)).toEqual(names);
  });

  it.each<[string, Partial<Rotation>, string]>([
    ['before the rotation starts', {}, '2026-01-05T07:59:59Z'],
    ['in a rotation of one', { people: ['ana'] }, '2026-01-06T12:00:00Z'],
    ['in a rotation of nobody', { people: [] }, '2026-01-06T12:00:00Z'],
    ['where an override of one was the last of all', { people: [], overrides: [dentist] }, '2026-01-07T12:00:00Z'],
  ])('is nobody %s', (_, change, now) => {
    expect(next(change, now)).toEqual([]);
  });

  it('is who is on call when the answer changes, and never who is now', () => {
    const name = fc.constantFrom('ana', 'ben', 'eva');
    const span = fc.record({
      at: fc.integer({ min: 0, max: 40 * 24 }),
      hours: fc.integer({ min: 1, max: 60 }),
      person: name,
    });
    const made = fc.record({
      people: fc.array(name, { minLength: 1, maxLength: 5 }),
      timezone: fc.constantFrom('Europe/Madrid', 'Pacific/Auckland', 'America/New_York', 'UTC'),
      spans: fc.array(span, { maxLength: 4 }),
      now: fc.integer({ min: 0, max: 40 * 24 }),
    });
    const begin = wall('2026-03-02T09:00');
    fc.assert(
      fc.property(made, ({ people, timezone, spans, now: hours }) => {
        const overrides = spans.map(({ at, hours: long, person }) => ({
          from: begin + at * HOUR,
          to: begin + (at + long) * HOUR,
          person,
        }));
        const one = rotation({ people, timezone, every: DAY, start: begin, overrides });
        const now = begin + DAY + hours * HOUR;
        const present = whoIsOnRotation(one, now);
        if (present.is === 'unknown') throw new Error(present.reason);
        const found = nextOnRotation(one, now);
        for (const person of found) expect(present.people).not.toContain(person);
        // Looked for hour by hour, which meets every handover.
        let later = now;
        const until = now + 50 * DAY;
        const at = (moment: number) => {
          const then = whoIsOnRotation(one, moment);
          return then.is === 'known' ? then.people : [];
        };
        while (later < until && at(later).join() === present.people.join()) later += HOUR;
        expect(found).toEqual(later < until ? at(later) : []);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the source that the configuration names', () => {
  const signal = AbortSignal.timeout(60_000);
  const people = ['ana', 'ben', 'eva'].map((name) => ({ name, roles: ['oncall' as const] }));

  it('asks the rotation at the clock’s time', async () => {
    const clock = fakeClock(Date.parse('2026-01-12T07:59:59Z'));
    const oncall = { timezone: 'Europe/Madrid', rotation: rotation() } as Parameters<typeof createOnCall>[0]['oncall'];
    const source = createOnCall({ oncall, people } as Parameters<typeof createOnCall>[0], { clock });
    expect(await source.next(signal)).toEqual(['ben']);
    await clock.advance(1000);
    expect(await source.next(signal)).toEqual(['eva']);
  });

  it('knows nobody without a source', async () => {
    const oncall = { timezone: 'UTC' } as Parameters<typeof createOnCall>[0]['oncall'];
    const source = createOnCall({ oncall, people } as Parameters<typeof createOnCall>[0], { clock: fakeClock() });
    expect(await source.next(signal)).toEqual([]);
  });
});
