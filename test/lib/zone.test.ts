import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatWallTime, instantOf, isTimeZone, parseWallTime, wallTime } from '../../src/lib/zone.ts';

const wall = (text: string): number => parseWallTime(text) ?? Number.NaN;

describe('instantOf', () => {
  it.each([
    ['in winter', '2026-01-05T09:00', 'Europe/Madrid', '2026-01-05T08:00:00.000Z'],
    ['in summer', '2026-07-06T09:00', 'Europe/Madrid', '2026-07-06T07:00:00.000Z'],
    ['skipped in spring: the moment of the change', '2026-03-29T02:30', 'Europe/Madrid', '2026-03-29T01:00:00.000Z'],
    ['twice in autumn: the first', '2026-10-25T02:30', 'Europe/Madrid', '2026-10-25T00:30:00.000Z'],
    ['just after the repeated hour', '2026-10-25T03:00', 'Europe/Madrid', '2026-10-25T02:00:00.000Z'],
    ['at a quarter offset', '2026-01-05T09:00', 'Asia/Kathmandu', '2026-01-05T03:15:00.000Z'],
    ['with a half-hour change', '2026-04-05T01:45', 'Australia/Lord_Howe', '2026-04-04T14:45:00.000Z'],
    ['on a day that an island left out', '2011-12-30T12:00', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['at a fixed offset', '2026-01-05T09:00', '+02:00', '2026-01-05T07:00:00.000Z'],
  ])('%s', (_, text, zone, instant) => {
    expect(new Date(instantOf(wall(text), zone)).toISOString()).toBe(instant);
  });

  it('never gives an earlier instant for a later wall time', () => {
    const minutes = fc.integer({ min: wall('2025-01-01T00:00') / 60_000, max: wall('2027-01-01T00:00') / 60_000 });
    fc.assert(
      fc.property(
        minutes,
        fc.integer({ min: 0, max: 200 }),
        fc.constantFrom('Europe/Madrid', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca'),
        (minute, more, zone) => {
          const first = instantOf(minute * 60_000, zone);
          expect(instantOf((minute + more) * 60_000, zone)).toBeGreaterThanOrEqual(first);
          expect(wallTime(first, zone)).toBeGreaterThanOrEqual(minute * 60_000);
        },
      ),
    );
  });
});

describe('parseWallTime', () => {
  it('reads back what formatWallTime writes', () => {
    expect(formatWallTime(wall('2026-01-05T09:00'))).toBe('2026-01-05T09:00');
  });

  it.each(['2026-02-30T09:00', '2026-01-05T24:00', '2026-01-05', '2026-01-05T9:00', 'Mon 09:00', '2026-01-05T09:00Z'])(
    'refuses %s',
    (text) => {
      expect(parseWallTime(text)).toBeUndefined();
    },
  );
});

describe('isTimeZone', () => {
  it.each([
    ['Europe/Madrid', true],
    ['UTC', true],
    ['+02:00', true],
    ['Europe/Madird', false],
    ['', false],
  ])('%j: %s', (zone, known) => {
    expect(isTimeZone(zone)).toBe(known);
  });
});
