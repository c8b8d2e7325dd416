import { describe, expect, it } from 'vitest';
import type { Role } from '../../src/chat/people.ts';
import type { Vote } from '../../src/gate/model.ts';
import { approversOf, type Duty, onDuty, type Standing, standing, tally } from '../../src/gate/quorum.ts';
import { confirmed, PEOPLE, world } from './requests.ts';

const SILENT: Duty = { is: 'unknown', reason: 'the calendar can not be read' };
const turnOf = (...people: string[]): Duty => ({ is: 'known', people, until: undefined, source: 'rotation' });

describe('standing', () => {
  it.each<[string, readonly Role[], Duty, Standing]>([
    ['ana', ['oncall'], { is: 'by-role' }, 'holds'],
    ['ana', ['oncall'], turnOf('ben'), 'holds'],
    ['ana', ['oncall'], SILENT, 'unknown'],
    ['ana', ['oncall', 'admin'], SILENT, 'unknown'],
    ['ana', ['admin'], { is: 'by-role' }, 'lacks'],
    ['dora', ['admin'], SILENT, 'holds'],
    ['dora', ['oncall', 'admin'], SILENT, 'holds'],
    ['dora', ['oncall'], { is: 'by-role' }, 'lacks'],
    ['dora', ['oncall'], turnOf('dora'), 'lacks'],
    ['eve', ['oncall', 'admin'], turnOf('eve'), 'lacks'],
    ['zoe', ['oncall', 'admin'], turnOf('zoe'), 'lacks'],
    ['ana', [], { is: 'by-role' }, 'lacks'],
  ])('%s as %j, duty %j: %s', (name, roles, duty, expected) => {
    expect(standing(name, roles, { people: PEOPLE, duty, standIns: [] })).toBe(expected);
  });
});

describe('onDuty', () => {
  it.each<[string, Duty, Standing]>([
    ['ana', turnOf('ana'), 'holds'],
    ['ana', turnOf('ben', 'ana'), 'holds'],
    ['ana', turnOf('ben'), 'lacks'],
    ['zoe', turnOf('zoe'), 'lacks'],
    ['zoe', { is: 'by-role' }, 'lacks'],
    ['ana', { is: 'by-role' }, 'holds'],
    ['dora', { is: 'by-role' }, 'lacks'],
    ['ana', SILENT, 'unknown'],
    ['dora', SILENT, 'lacks'],
  ])('%s, duty %j: %s', (name, duty, expected) => {
    expect(onDuty(name, { people: PEOPLE, duty, standIns: [] })).toBe(expected);
  });
});

describe('approversOf', () => {
  it('is everybody with a role that may, but the requester', () => {
    const request = confirmed();
    expect(approversOf(request, world())).toEqual(['ben', 'cleo', 'dora']);
    expect(approversOf(request, world({ duty: SILENT }))).toEqual(['dora']);
    expect(approversOf({ ...request, requester: 'dora' }, world())).toEqual(['ana', 'ben', 'cleo']);
  });
});

describe('tally', () => {
  const request = confirmed({ approvals: 2 });
  const said = (by: string, more: Partial<Vote> = {}): Vote => ({
    by,
    choice: 'approve',
    at: request.requestedAt,
    digest: request.digest,
    chat: 'slack',
    ...more,
  });

  it.each<[string, readonly Vote[], readonly string[], readonly string[], boolean]>([
    ['nobody', [], [], [], false],
    ['one', [said('ben')], ['ben'], [], false],
    ['two', [said('ben'), said('dora')], ['ben', 'dora'], [], true],
    ['one twice, through two chats', [said('ben'), said('ben', { chat: 'telegram' })], ['ben'], [], false],
    ['the requester', [said('ana', { chat: 'telegram' }), said('ben')], ['ben'], ['ana'], false],
    ['somebody without a role', [said('eve'), said('ben')], ['ben'], ['eve'], false],
    ['a denial', [said('ben'), said('dora', { choice: 'deny' })], ['ben'], [], false],
    ['another plan', [said('ben'), said('dora', { digest: 'f'.repeat(64) })], ['ben'], [], false],
  ])('counts %s', (_, votes, counted, lapsed, reached) => {
    expect(tally({ ...request, votes }, world())).toEqual({ counted, lapsed, needed: 2, reached });
  });

  it('counts by the roles of now', () => {
    const votes = [said('ben'), said('dora')];
    const people = PEOPLE.map((one) => (one.name === 'ben' ? { ...one, roles: [] } : one));
    expect(tally({ ...request, votes }, world({ people }))).toMatchObject({
      counted: ['dora'],
      lapsed: ['ben'],
      reached: false,
    });
  });
});
