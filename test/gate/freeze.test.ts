import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Freeze, frozenBy } from '../../src/gate/freeze.ts';
import { wallTime } from '../../src/lib/zone.ts';
import { freezes } from './requests.ts';

const at = (iso: string) => Date.parse(iso);
const MADRID = 'Europe/Madrid';
const window = (from: string, to: string, timezone = MADRID, except: readonly string[] = []) =>
  freezes({ name: 'w', from, to, timezone, except });
const until = (list: readonly Freeze[], now: string) => {
  const found = frozenBy(list, 'node.drain', at(now));
  return found === undefined ? 'open' : found.until === undefined ? 'for ever' : new Date(found.until).toISOString();
};

describe('frozenBy', () => {
  it.each<[string, readonly Freeze[], string, string]>([
    // Madrid is UTC+1 in November.
    ['just before its begin', window('Wed 09:00', 'Wed 17:00'), '2026-11-18T07:59:59.999Z', 'open'],
    ['at its begin', window('Wed 09:00', 'Wed 17:00'), '2026-11-18T08:00:00Z', '2026-11-18T16:00:00.000Z'],
    ['just before its end', window('Wed 09:00', 'Wed 17:00'), '2026-11-18T15:59:59.999Z', '2026-11-18T16:00:00.000Z'],
    ['at its end', window('Wed 09:00', 'Wed 17:00'), '2026-11-18T16:00:00Z', 'open'],
    ['the day after', window('Wed 09:00', 'Wed 17:00'), '2026-11-19T10:00:00Z', 'open'],
    ['before midnight', window('Tue 22:00', 'Wed 04:00'), '2026-11-17T22:30:00Z', '2026-11-18T03:00:00.000Z'],
    ['after midnight', window('Tue 22:00', 'Wed 04:00'), '2026-11-18T02:30:00Z', '2026-11-18T03:00:00.000Z'],
    ['on Saturday', window('Fri 18:00', 'Mon 08:00'), '2026-11-21T12:00:00Z', '2026-11-23T07:00:00.000Z'],
    ['on Sunday', window('Fri 18:00', 'Mon 08:00'), '2026-11-22T12:00:00Z', '2026-11-23T07:00:00.000Z'],
    ['on Monday at 07:59', window('Fri 18:00', 'Mon 08:00'), '2026-11-23T06:59:00Z', '2026-11-23T07:00:00.000Z'],
    ['on Monday at 08:00', window('Fri 18:00', 'Mon 08:00'), '2026-11-23T07:00:00Z', 'open'],
    ['on Friday at 17:59', window('Fri 18:00', 'Mon 08:00'), '2026-11-20T16:59:59Z', 'open'],
    [
      'from Sunday to Sunday, but an hour',
      window('Sun 10:00', 'Sun 09:00'),
      '2026-11-20T12:00:00Z',
      '2026-11-22T08:00:00.000Z',
    ],
    ['in that hour', window('Sun 10:00', 'Sun 09:00'), '2026-11-22T08:30:00Z', 'open'],
    ['at Monday 00:00', window('Mon 00:00', 'Mon 00:01', 'UTC'), '2026-11-23T00:00:30Z', '2026-11-23T00:01:00.000Z'],
    ['before 1970', window('Mon 00:00', 'Mon 08:00', 'UTC'), '1969-12-29T01:00:00Z', '1969-12-29T08:00:00.000Z'],
    [
      'on the first Monday',
      window('Mon 00:00', 'Mon 08:00', 'UTC'),
      '1970-01-05T01:00:00Z',
      '1970-01-05T08:00:00.000Z',
    ],
    // Clocks go forward in Madrid on 2026-03-29 from 02:00 to 03:00 (01:00Z).
    [
      'to a time that never comes',
      window('Sun 00:00', 'Sun 02:30'),
      '2026-03-29T00:59:59Z',
      '2026-03-29T01:00:00.000Z',
    ],
    ['after the change forward', window('Sun 00:00', 'Sun 02:30'), '2026-03-29T01:00:00Z', 'open'],
    [
      'from a time that never comes',
      window('Sun 02:30', 'Sun 06:00'),
      '2026-03-29T01:00:00Z',
      '2026-03-29T04:00:00.000Z',
    ],
    ['before that change', window('Sun 02:30', 'Sun 06:00'), '2026-03-29T00:59:59Z', 'open'],
    ['on Monday after it', window('Fri 18:00', 'Mon 08:00'), '2026-03-30T05:59:59Z', '2026-03-30T06:00:00.000Z'],
    // Clocks go back in Madrid on 2026-10-25 from 03:00 to 02:00 (01:00Z): 02:30 is at 00:30Z and at 01:30Z.
    [
      'from the first of two 02:30',
      window('Sun 02:30', 'Sun 06:00'),
      '2026-10-25T00:30:00Z',
      '2026-10-25T05:00:00.000Z',
    ],
    ['before the first', window('Sun 02:30', 'Sun 06:00'), '2026-10-25T00:29:59Z', 'open'],
    ['between the two', window('Sun 02:30', 'Sun 06:00'), '2026-10-25T01:10:00Z', '2026-10-25T05:00:00.000Z'],
    [
      'to the second of two 02:30',
      window('Sat 00:00', 'Sun 02:30'),
      '2026-10-25T00:40:00Z',
      '2026-10-25T01:30:00.000Z',
    ],
    ['just before the second', window('Sat 00:00', 'Sun 02:30'), '2026-10-25T01:29:59Z', '2026-10-25T01:30:00.000Z'],
    ['at the second', window('Sat 00:00', 'Sun 02:30'), '2026-10-25T01:30:00Z', 'open'],
    // Lord Howe's clocks go back by half an hour on 2026-04-05 from 02:00 to 01:30 (15:00Z of the day before).
    [
      'by half an hour',
      window('Sat 00:00', 'Sun 01:40', 'Australia/Lord_Howe'),
      '2026-04-04T15:05:00Z',
      '2026-04-04T15:10:00.000Z',
    ],
  ])('%s', (_, list, now, expected) => {
    expect(until(list, now)).toBe(expected);
  });

  it('is right where clocks are put back over midnight', () => {
    // São Paulo put its clocks back on 2018-02-18 from Sunday 00:00 to Saturday 23:00 (02:00Z).
    const list = window('Sat 22:00', 'Sat 23:30', 'America/Sao_Paulo');
    expect(until(list, '2018-02-18T01:45:00Z')).toBe('2018-02-18T02:30:00.000Z');
    expect(until(list, '2018-02-18T02:29:59Z')).toBe('2018-02-18T02:30:00.000Z');
    expect(until(list, '2018-02-18T02:30:00Z')).toBe('open');
  });

  it('names the window, and the one that ends last where several hold', () => {
    const list = freezes(
      { name: 'long', from: 'Fri 00:00', to: 'Sun 00:00' },
      { name: 'as long', from: 'Thu 00:00', to: 'Sun 00:00' },
      { name: 'short', from: 'Fri 00:00', to: 'Fri 12:00' },
      { from: 'Fri 02:00', to: 'Sun 00:01', timezone: 'UTC' },
      { name: 'shorter', from: 'Fri 00:00', to: 'Fri 11:00' },
    );
    expect(frozenBy(list, 'node.drain', at('2026-11-20T03:00:00Z'))).toEqual({
      name: 'Fri 02:00 to Sun 00:01',
      from: 'Fri 02:00',
      to: 'Sun 00:01',
      timezone: 'UTC',
      until: at('2026-11-22T00:01:00Z'),
    });
    expect(frozenBy(list, 'node.drain', at('2026-11-20T01:00:00Z'))?.name).toBe('long');
  });

  it('lets through what it excepts, and nothing else', () => {
    const list = window('Mon 00:00', 'Sun 23:59', 'UTC', ['backup.*', 'node.cordon']);
    const now = at('2026-11-20T03:00:00Z');
    expect(frozenBy(list, 'backup.run', now)).toBeUndefined();
    expect(frozenBy(list, 'node.cordon', now)).toBeUndefined();
    expect(frozenBy(list, 'node.drain', now)?.name).toBe('w');
    expect(frozenBy(list, 'backups.run', now)?.name).toBe('w');
    const other = freezes({ name: 'other', from: 'Fri 00:00', to: 'Fri 12:00' });
    expect(frozenBy([...list, ...other], 'backup.run', now)?.name).toBe('other');
  });

  it.each<[string, Partial<Freeze>]>([
    ['a zone that this machine does not know', { timezone: 'Mars/Olympus' }],
    ['a begin that is no time', { from: { minute: Number.NaN, text: '?' } }],
    ['an end beyond the week', { to: { minute: 10_080, text: '?' } }],
    ['an end before the week', { to: { minute: -1, text: '?' } }],
    ['a begin with a fraction', { from: { minute: 0.5, text: '?' } }],
    ['a begin that is the end', { to: { minute: 0, text: 'Mon 00:00' } }],
  ])('counts %s as frozen, without an end, but for what it excepts', (_, change) => {
    const [good] = window('Mon 00:00', 'Mon 00:01', 'UTC', ['backup.*']);
    if (!good) throw new Error('no window');
    const later = window('Mon 00:00', 'Sun 23:59', 'UTC');
    const found = frozenBy([{ ...good, ...change }, ...later], 'node.drain', at('2026-11-20T03:00:00Z'));
    expect(found).toMatchObject({ name: 'w' });
    expect(found).not.toHaveProperty('until');
    expect(frozenBy([{ ...good, ...change }], 'backup.run', at('2026-11-20T03:00:00Z'))).toBeUndefined();
  });

  it('counts a clock without a time as frozen', () => {
    expect(frozenBy(window('Mon 00:00', 'Mon 00:01'), 'node.drain', Number.NaN)).toMatchObject({ name: 'w' });
  });

  it('freezes whenever the wall clock is in the window, and beyond that only where an hour comes twice', () => {
    const zones = ['UTC', MADRID, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Sao_Paulo'];
    const minute = fc.integer({ min: 0, max: 10_079 });
    const near = fc.constantFrom(
      '2026-03-29T01:00:00Z',
      '2026-10-25T01:00:00Z',
      '2026-11-01T06:00:00Z',
      '2026-04-04T15:00:00Z',
    );
    const moment = fc.oneof(
      fc.tuple(near, fc.integer({ min: -3000, max: 3000 })).map(([iso, minutes]) => at(iso) + minutes * 60_000),
      fc.integer({ min: at('2016-01-01'), max: at('2027-01-01') }),
    );
    fc.assert(
      fc.property(minute, minute, fc.constantFrom(...zones), moment, (from, to, zone, now) => {
        fc.pre(from !== to);
        const freeze: Freeze = {
          name: 'w',
          from: { minute: from, text: '' },
          to: { minute: to, text: '' },
          timezone: zone,
          except: [],
        };
        const wall = wallTime(now, zone);
        const inWeek = ((((wall - at('1970-01-05')) / 60_000) % 10_080) + 10_080) % 10_080;
        const holds = from < to ? from <= inWeek && inWeek < to : inWeek >= from || inWeek < to;
        const found = frozenBy([freeze], 'node.drain', now);
        if (holds) expect(found).toBeDefined();
        else if (found) {
          const hours = [-2, -1, 1, 2].map((shift) => now + shift * 3_600_000);
          const offsets = new Set(hours.map((instant) => wallTime(instant, zone) - instant));
          expect(offsets.size).toBeGreaterThan(1);
        }
        if (found) {
          expect(found.until).toBeGreaterThan(now);
          expect(frozenBy([freeze], 'node.drain', (found.until ?? 0) - 1)?.until).toBe(found.until);
          // A window that is the whole week but for a time that never came goes on at once.
          const gap = (from - to + 10_080) % 10_080;
          if (gap > 120) expect(frozenBy([freeze], 'node.drain', found.until ?? 0)).toBeUndefined();
        }
      }),
      { numRuns: 2000 },
    );
  });
});
