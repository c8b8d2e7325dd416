import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, parseWallTime, wallTime } from '../../src/lib/zone.ts';
import { type Rotation, whoIsOnRotation } from '../../src/oncall/rotation.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const wall = (text: string): number => parseWallTime(text) ?? Number.NaN;
const rotation = (change: Partial<Rotation> = {}): Rotation => ({
  people: ['ana', 'ben', 'eva'],
  start: wall('2026-01-05T09:00'),
  every: 7 * DAY,
  timezone: 'Europe/Madrid',
  overrides: [],
  ...change,
});

describe('whoIsOnRotation', () => {
  it.each<[string, Partial<Rotation>, string, string, string]>([
    ['at the first handover', {}, '2026-01-05T08:00:00Z', 'ana', '2026-01-12T08:00:00Z'],
    ['just before a handover', {}, '2026-01-12T07:59:59Z', 'ana', '2026-01-12T08:00:00Z'],
    ['just after it', {}, '2026-01-12T08:00:00Z', 'ben', '2026-01-19T08:00:00Z'],
    ['over the change to summer time: still 09:00', {}, '2026-03-25T00:00:00Z', 'eva', '2026-03-30T07:00:00Z'],
    ['in the hour that summer time moved', {}, '2026-03-30T07:30:00Z', 'ana', '2026-04-06T07:00:00Z'],
    ['over the change to winter time: still 09:00', {}, '2026-10-20T12:00:00Z', 'eva', '2026-10-26T08:00:00Z'],
    ['an hour before that', {}, '2026-10-26T07:30:00Z', 'eva', '2026-10-26T08:00:00Z'],
    [
      'with a handover in the hour that comes twice: at its first coming',
      { start: wall('2026-10-18T02:30') },
      '2026-10-25T00:30:00Z',
      'ben',
      '2026-11-01T01:30:00Z',
    ],
    [
      'in the second coming of that hour',
      { start: wall('2026-10-18T02:30') },
      '2026-10-25T01:10:00Z',
      'ben',
      '2026-11-01T01:30:00Z',
    ],
    [
      'with a handover in the hour that is left out: when the clocks change',
      { start: wall('2026-03-22T02:30') },
      '2026-03-29T01:00:00Z',
      'ben',
      '2026-04-05T00:30:00Z',
    ],
    ['by turns of 12 hours', { every: 12 * HOUR }, '2026-03-29T06:00:00Z', 'ana', '2026-03-29T07:00:00Z'],
    ['years later', {}, '2036-01-07T12:00:00Z', 'ana', '2036-01-14T08:00:00Z'],
    [
      'past people who are listed twice in a row',
      { people: ['ana', 'ana', 'ben'] },
      '2026-01-06T00:00:00Z',
      'ana',
      '2026-01-19T08:00:00Z',
    ],
  ])('knows %s', (_, change, now, person, until) => {
    expect(whoIsOnRotation(rotation(change), Date.parse(now))).toEqual({
      is: 'known',
      people: [person],
      until: Date.parse(until),
      source: 'rotation',
    });
  });

  const overrides = [
    { from: wall('2026-01-06T09:00'), to: wall('2026-01-08T09:00'), person: 'ben' },
    { from: wall('2026-01-07T09:00'), to: wall('2026-01-09T09:00'), person: 'eva' },
  ];
  it.each<[string, string, string, string, string]>([
    ['before an override', '2026-01-05T12:00:00Z', 'ana', 'rotation', '2026-01-06T08:00:00Z'],
    ['during it', '2026-01-06T12:00:00Z', 'ben', 'override', '2026-01-07T08:00:00Z'],
    ['where two overlap, by the later entry', '2026-01-07T12:00:00Z', 'eva', 'override', '2026-01-09T08:00:00Z'],
    ['after it', '2026-01-09T08:00:00Z', 'ana', 'rotation', '2026-01-12T08:00:00Z'],
  ])('knows %s', (_, now, person, source, until) => {
    expect(whoIsOnRotation(rotation({ overrides }), Date.parse(now))).toEqual({
      is: 'known',
      people: [person],
      until: Date.parse(until),
      source,
    });
  });

  it('sees no end for one person alone, but for an override', () => {
    const alone = rotation({ people: ['ana'] });
    expect(whoIsOnRotation(alone, Date.parse('2026-02-01T00:00:00Z'))).toMatchObject({
      people: ['ana'],
      until: undefined,
    });
    const override = { from: wall('2027-01-06T09:00'), to: wall('2027-01-08T09:00'), person: 'ben' };
    expect(whoIsOnRotation({ ...alone, overrides: [override] }, Date.parse('2026-02-01T00:00:00Z'))).toMatchObject({
      until: Date.parse('2027-01-06T08:00:00Z'),
    });
  });

  it('knows nobody before the start, and says when that is', () => {
    expect(whoIsOnRotation(rotation(), Date.parse('2026-01-05T07:59:59Z'))).toEqual({
      is: 'unknown',
      reason: 'the rotation starts at 2026-01-05T09:00 Europe/Madrid',
    });
  });

  it('changes only at handovers, each at the same time of day, for any time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.parse('2026-01-06'), max: Date.parse('2030-01-01') }),
        fc.constantFrom('Europe/Madrid', 'America/New_York', 'Australia/Lord_Howe', 'UTC'),
        fc.integer({ min: 1, max: 14 }),
        (now, timezone, days) => {
          const plan = rotation({ timezone, every: days * DAY });
          const found = whoIsOnRotation(plan, now);
          if (found.is !== 'known' || found.until === undefined) throw new Error('nobody');
          expect(found.until).toBeGreaterThan(now);
          expect(wallTime(found.until, timezone) % DAY).toBe(9 * HOUR);
          const turns = (wallTime(found.until, timezone) - plan.start) / plan.every;
          expect(found.people).toEqual([plan.people[(turns - 1) % 3]]);
          expect(instantOf(plan.start + (turns - 1) * plan.every, timezone)).toBeLessThanOrEqual(now);
        },
      ),
    );
  });
});
