import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Person, Role } from '../../src/chat/people.ts';
import { breakGlass, claim, confirm, requestOf, vote } from '../../src/gate/decide.ts';
import type { Context } from '../../src/gate/facts.ts';
import type { Vote } from '../../src/gate/model.ts';
import { approversOf, type Duty, insteadOf, onDuty, standing, tally } from '../../src/gate/quorum.ts';
import type { StandIn } from '../../src/people/delegation.ts';
import { approved, asked, by, confirmed, HOUR, PLAN, POLICY, T, taken, world } from './requests.ts';

const lends = (from: string, to: string, role: Role = 'oncall'): StandIn => ({
  from,
  to,
  role,
  since: T,
  until: T + HOUR,
  reason: 'at the dentist',
});
const turnOf = (...people: string[]): Duty => ({ is: 'known', people, until: undefined, source: 'rotation' });
const SILENT: Duty = { is: 'unknown', reason: 'the calendar can not be read' };
const ben = (digest: string) => ({ choice: 'approve', digest }) as const;

describe('who stands in', () => {
  it('has the role, for as long as it lasts, of who has it by the configuration', () => {
    expect(standing('eve', ['oncall'], world({ standIns: [lends('ana', 'eve')] }))).toBe('holds');
    expect(standing('eve', ['oncall'], world({ standIns: [lends('ana', 'eve')], duty: SILENT }))).toBe('unknown');
    expect(standing('eve', ['admin'], world({ standIns: [lends('dora', 'eve', 'admin')], duty: SILENT }))).toBe(
      'holds',
    );
    expect(standing('eve', ['admin'], world({ standIns: [lends('ana', 'eve', 'admin')] }))).toBe('lacks');
    expect(standing('zoe', ['oncall'], world({ standIns: [lends('ana', 'zoe')] }))).toBe('lacks');
    expect(standing('eve', ['oncall'], world({ standIns: [lends('zoe', 'eve')] }))).toBe('lacks');
  });

  it('takes the turn over', () => {
    const at = world({ duty: turnOf('ana'), standIns: [lends('ana', 'eve')] });
    expect([onDuty('eve', at), onDuty('ana', at), onDuty('ben', at)]).toEqual(['holds', 'lacks', 'lacks']);
    const byRole = world({ standIns: [lends('ana', 'eve')] });
    expect([onDuty('eve', byRole), onDuty('ana', byRole), onDuty('ben', byRole)]).toEqual(['holds', 'lacks', 'holds']);
    expect(onDuty('eve', world({ duty: SILENT, standIns: [lends('ana', 'eve')] }))).toBe('unknown');
  });

  it('is told by the facts where their own roles would not do', () => {
    const at = world({ standIns: [lends('ana', 'eve'), lends('ana', 'ben')] });
    expect(insteadOf('eve', ['oncall', 'admin'], at)).toEqual(['ana']);
    expect(insteadOf('ben', ['oncall'], at)).toEqual([]);
    const decided = requestOf({ name: 'REQ-1', plan: PLAN, policy: POLICY, by: by('eve') }, at);
    expect('facts' in decided && decided.facts[0]).toMatchObject({ is: 'asked', by: 'eve', insteadOf: ['ana'] });
  });

  it('may break the glass in the turn they took over, and the one who handed it over may not', () => {
    const at = world({ duty: turnOf('ana'), standIns: [lends('ana', 'eve')] });
    const ask = (who: string) => taken(requestOf({ name: 'REQ-1', plan: PLAN, policy: POLICY, by: by(who) }, at));
    const glass = (who: string) => {
      const request = ask(who);
      return breakGlass(request, by(who), { reason: 'the disk is dying', digest: request.digest }, at);
    };
    expect(glass('eve').refused).toBeUndefined();
    expect(glass('ana').refused).toEqual({ why: 'not-on-call' });
  });
});

describe('an approval', () => {
  it.each<[string, readonly StandIn[], string, string | undefined]>([
    ['by who stands in for the requester', [lends('ana', 'eve')], 'eve', 'stands-in'],
    ['by a colleague who took the requester’s turn', [lends('ana', 'ben')], 'ben', 'stands-in'],
    ['by another colleague', [lends('ana', 'eve')], 'ben', undefined],
    ['by who stands in for a colleague', [lends('ben', 'eve')], 'eve', undefined],
    [
      'by who stands in for the stand-in of the requester',
      [lends('ana', 'ben'), lends('ben', 'eve')],
      'eve',
      'stands-in',
    ],
    ['by who stands in for an admin', [lends('dora', 'eve', 'admin')], 'eve', undefined],
  ])('%s', (_, standIns, person, why) => {
    const request = confirmed();
    expect(vote(request, by(person), ben(request.digest), world({ standIns })).refused?.why).toBe(why);
  });

  it('is no somebody else’s where the right to ask was the approver’s own', () => {
    const at = world({ standIns: [lends('ana', 'eve')] });
    const request = taken(requestOf({ name: 'REQ-1', plan: PLAN, policy: POLICY, by: by('eve') }, at));
    const sure = taken(confirm(request, by('eve'), { digest: request.digest }, at));
    expect(vote(sure, by('ana'), ben(sure.digest), at).refused).toMatchObject({
      why: 'stands-in',
      party: ['eve', 'ana'],
    });
    expect(vote(sure, by('ben'), ben(sure.digest), at).refused).toBeUndefined();
  });

  it('of one right counts once, and its owner goes first', () => {
    const at = world({ standIns: [lends('ben', 'eve')] });
    const first = taken(vote(confirmed({ approvals: 2 }), by('eve'), ben(confirmed({ approvals: 2 }).digest), at));
    expect(vote(first, by('ben'), ben(first.digest), at).refused).toEqual({ why: 'right-used', approved: ['eve'] });
    expect(taken(vote(first, by('dora'), ben(first.digest), at)).state).toBe('ready');
  });

  it('lapses with the delegation, and with one that is made after it', () => {
    const at = world({ standIns: [lends('ben', 'eve')] });
    const request = confirmed();
    const ready = taken(vote(request, by('eve'), ben(request.digest), at));
    expect(claim(ready, 'x-1', at).refused).toBeUndefined();
    expect(claim(ready, 'x-1', world()).refused).toMatchObject({ why: 'approvers-lapsed', lapsed: ['eve'] });
    expect(claim(approved(), 'x-1', world({ standIns: [lends('ana', 'ben')] })).refused).toMatchObject({
      why: 'approvers-lapsed',
      lapsed: ['ben'],
    });
  });

  it('can still be denied by who stands in for the requester', () => {
    const request = confirmed();
    const at = world({ standIns: [lends('ana', 'ben')] });
    expect(taken(vote(request, by('ben'), { choice: 'deny', digest: request.digest }, at)).state).toBe('denied');
  });

  it('can’t be reached by stand-ins alone: they add nobody', () => {
    const people: readonly Person[] = [
      { name: 'ana', roles: ['oncall'] },
      { name: 'ben', roles: ['oncall'] },
      { name: 'eve', roles: [] },
    ];
    const ask = (standIns: readonly StandIn[], approvals: number) =>
      requestOf(
        { name: 'REQ-1', plan: PLAN, policy: { ...POLICY, approvals }, by: by('ana') },
        world({ people, standIns }),
      );
    expect(ask([lends('ben', 'eve')], 1).refused).toBeUndefined();
    expect(ask([lends('ben', 'eve')], 2).refused).toMatchObject({ why: 'quorum-unreachable' });
    expect(ask([lends('ana', 'ben')], 1).refused).toMatchObject({ why: 'quorum-unreachable', possible: [] });
  });
});

describe('whatever the delegations', () => {
  const NAMES = ['ana', 'ben', 'cleo', 'dora', 'eve'] as const;
  const name = fc.constantFrom(...NAMES);
  const role = fc.constantFrom<Role>('oncall', 'admin');
  const arbitrary = fc.record({
    roles: fc.tuple(...NAMES.map(() => fc.subarray<Role>(['oncall', 'admin']))),
    standIns: fc.array(fc.tuple(name, name, role), { maxLength: 8 }),
    votes: fc.array(name, { maxLength: 8 }),
    requester: name,
    request: fc.subarray<Role>(['oncall', 'admin'], { minLength: 1 }),
    approve: fc.subarray<Role>(['oncall', 'admin'], { minLength: 1 }),
    duty: fc.constantFrom<Duty>({ is: 'by-role' }, turnOf('ana', 'ben'), SILENT),
  });

  it('neither the requester nor their stand-ins count, and no right counts twice', () => {
    fc.assert(
      fc.property(arbitrary, ({ roles, standIns, votes, requester, request, approve, duty }) => {
        const people = NAMES.map((one, at): Person => ({ name: one, roles: roles[at] ?? [] }));
        const at: Context = world({ people, duty, standIns: standIns.map(([from, to, one]) => lends(from, to, one)) });
        const base = asked();
        const said = votes.map(
          (one): Vote => ({ by: one, choice: 'approve', at: T, digest: base.digest, chat: 'slack' }),
        );
        const standing = { ...base, policy: { ...base.policy, request, approve }, requester, votes: said };
        const { counted, lapsed } = tally(standing, at);
        const own = (who: string, of: readonly Role[]) =>
          people.some((one) => one.name === who && one.roles.some((held) => of.includes(held)));
        const puppets = standIns.filter(([from]) => from === requester).map(([, to]) => to);
        expect(counted).not.toContain(requester);
        for (const puppet of puppets) expect(counted).not.toContain(puppet);
        // Nobody counts without a right that is neither the requester's nor counted through somebody else.
        const owners = NAMES.filter((one) => one !== requester && own(one, approve));
        expect(counted.length).toBeLessThanOrEqual(owners.length);
        for (const who of counted) {
          const lenders = standIns.filter(([from, to, of]) => to === who && approve.includes(of) && own(from, [of]));
          expect(own(who, approve) || lenders.some(([from]) => from !== requester)).toBe(true);
        }
        expect(new Set([...counted, ...lapsed])).toEqual(new Set(votes));
        expect(new Set(counted).size).toBe(counted.length);
        // Who isn't called can't count; and where nobody stands in, it is as ever.
        for (const who of counted) expect(approversOf(standing, at)).toContain(who);
        const plain = tally(standing, { ...at, standIns: [] }).counted;
        expect(plain).toEqual(
          [...new Set(votes)].filter(
            (who) =>
              who !== requester && own(who, duty.is === 'unknown' ? approve.filter((one) => one === 'admin') : approve),
          ),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
