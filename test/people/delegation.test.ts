import { describe, expect, it } from 'vitest';
import type { Person } from '../../src/chat/people.ts';
import {
  type Delegation,
  delegate,
  inForce,
  LONGEST_MS,
  mayEnd,
  type StandIn,
  turnsOf,
  USUAL_MS,
  type Wanted,
  withBorrowed,
} from '../../src/people/delegation.ts';

const NOW = Date.parse('2026-11-20T03:10:00Z');
const HOUR = 3_600_000;
const PEOPLE: readonly Person[] = [
  { name: 'ana', roles: ['oncall'] },
  { name: 'ben', roles: ['oncall', 'admin'] },
  { name: 'cleo', roles: ['admin'] },
  { name: 'dan', roles: [] },
];
const standIn = (from: string, to: string, role: StandIn['role'] = 'oncall', more: Partial<StandIn> = {}): StandIn => ({
  from,
  to,
  role,
  since: NOW,
  until: NOW + HOUR,
  reason: 'at the dentist',
  ...more,
});
const stored = (more: Partial<Delegation> = {}): Delegation => ({
  ...standIn('ana', 'dan'),
  chat: 'slack',
  event: 'e-1',
  ...more,
});

describe('inForce', () => {
  it.each<[string, Partial<Delegation>, number, boolean]>([
    ['from its first moment', {}, NOW, true],
    ['to its last', {}, NOW + HOUR - 1, true],
    ['not after', {}, NOW + HOUR, false],
    ['where another clock is a little behind', {}, NOW - 60_000, true],
    ['not where the clock went back further', {}, NOW - 60_001, false],
    ['not where the clock is no number', {}, Number.NaN, false],
    ['not once it was ended', { ended: { by: 'ana', at: NOW } }, NOW, false],
    ['not of a role that the configuration took away', { role: 'admin' }, NOW, false],
    ['not from somebody who is gone', { from: 'zoe' }, NOW, false],
    ['not to somebody who is gone', { to: 'zoe' }, NOW, false],
    ['not to oneself', { to: 'ana' }, NOW, false],
  ])('holds %s', (_, more, now, holds) => {
    expect(inForce([stored(more)], PEOPLE, now)).toHaveLength(holds ? 1 : 0);
  });
});

describe('delegate', () => {
  const wanted = (more: Partial<Wanted> = {}): Wanted => ({
    from: 'ana',
    to: 'dan',
    ms: USUAL_MS,
    reason: '  at the dentist ',
    ...more,
  });
  const ask = (more: Partial<Wanted> = {}, standIns: readonly StandIn[] = []) =>
    delegate(wanted(more), { people: PEOPLE, standIns, now: NOW });

  it.each<[string, Partial<Wanted>, Partial<StandIn>]>([
    ['the only role one has', {}, { role: 'oncall', until: NOW + 8 * HOUR, reason: 'at the dentist' }],
    [
      'the one that is named',
      { from: 'ben', role: 'admin', ms: LONGEST_MS },
      { role: 'admin', until: NOW + 24 * HOUR },
    ],
    ['a turn to a colleague', { to: 'ben' }, { to: 'ben', role: 'oncall' }],
    ['with a reason of bounded length', { reason: 'x'.repeat(5000) }, { reason: 'x'.repeat(300) }],
  ])('hands over %s', (_, more, expected) => {
    expect(ask(more)).toMatchObject({ from: more.from ?? 'ana', since: NOW, ...expected });
  });

  it.each<[string, Partial<Wanted>, readonly StandIn[], object]>([
    ['a role one has not', { role: 'admin' }, [], { why: 'not-yours', role: 'admin', borrowed: false }],
    ['without any role', { from: 'dan', to: 'ana' }, [], { why: 'not-yours', role: undefined, borrowed: false }],
    [
      'a role that is itself stood in for',
      { from: 'dan', to: 'cleo', role: 'oncall' },
      [standIn('ana', 'dan')],
      { why: 'not-yours', role: 'oncall', borrowed: true },
    ],
    [
      'whatever role, having only another’s',
      { from: 'dan', to: 'cleo' },
      [standIn('ana', 'dan')],
      { why: 'not-yours', role: undefined, borrowed: true },
    ],
    ['by somebody who is gone', { from: 'zoe' }, [], { why: 'not-yours', role: undefined, borrowed: false }],
    ['one of two roles, unnamed', { from: 'ben' }, [], { why: 'which-role', roles: ['oncall', 'admin'] }],
    ['to nobody that is known', { to: 'zoe' }, [], { why: 'no-such-person', name: 'zoe' }],
    ['to oneself', { to: 'ana' }, [], { why: 'self' }],
    [
      'to an admin what an admin has',
      { from: 'ben', to: 'cleo', role: 'admin' },
      [],
      { why: 'has-it', name: 'cleo', role: 'admin' },
    ],
    ['for longer than a day', { ms: LONGEST_MS + 1 }, [], { why: 'too-long', longestMs: LONGEST_MS }],
    ['for no time', { ms: 0 }, [], { why: 'too-long', longestMs: LONGEST_MS }],
    ['for no number', { ms: Number.NaN }, [], { why: 'too-long', longestMs: LONGEST_MS }],
    ['without a reason', { reason: '   dentist ' }, [], { why: 'reason-too-short', least: 10 }],
    [
      'for white space and what shows nothing',
      { reason: `a${' '.repeat(9)}${'\u200b'.repeat(9)}b` },
      [],
      { why: 'reason-too-short', least: 10 },
    ],
    ['twice at once', { to: 'ben' }, [standIn('ana', 'dan')], { why: 'has-stand-in', standIn: standIn('ana', 'dan') }],
  ])('refuses %s', (_, more, standIns, refused) => {
    expect(ask(more, standIns)).toEqual({ refused });
  });
});

describe('a delegation that holds', () => {
  it.each([
    ['ana', true],
    ['dan', true],
    ['cleo', true],
    ['ben', true],
    ['eve', false],
  ])('is ended by either of the two or an admin: %s %s', (name, may) => {
    const person = PEOPLE.find((one) => one.name === name) ?? { name, roles: ['oncall'] as const };
    expect(mayEnd(standIn('ana', 'dan'), person)).toBe(may);
  });

  it('gives its role, and takes the turn over, once', () => {
    const [ana, , , dan] = PEOPLE as [Person, Person, Person, Person];
    expect(withBorrowed(dan, [standIn('ana', 'dan'), standIn('ben', 'dan')]).roles).toEqual(['oncall']);
    expect(withBorrowed(ana, [standIn('ben', 'ana')])).toBe(ana);
    expect(turnsOf(['ana', 'ben'], [standIn('ana', 'ben'), standIn('ben', 'dan', 'admin')])).toEqual(['ben']);
    // Handed over each to the other: one step, no circle.
    expect(turnsOf(['ana', 'ben'], [standIn('ana', 'ben'), standIn('ben', 'ana')])).toEqual(['ben', 'ana']);
  });
});
