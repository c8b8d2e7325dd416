import { describe, expect, it } from 'vitest';
import { breakGlass, cancel, confirm, expire, requestOf, vote } from '../../src/gate/decide.ts';
import { CLOCK_SKEW_MS } from '../../src/gate/expiry.ts';
import type { Context, Decided, Refusal } from '../../src/gate/facts.ts';
import type { GateRequest, Plan, PolicySnapshot } from '../../src/gate/model.ts';
import { ENDS } from '../../src/gate/model.ts';
import type { Duty } from '../../src/gate/quorum.ts';
import {
  ALWAYS,
  approved,
  asked,
  BLOCKED,
  by,
  confirmed,
  freezes,
  MIN,
  PEOPLE,
  PLAN,
  POLICY,
  T,
  TTL,
  taken,
  world,
} from './requests.ts';

const SILENT: Duty = { is: 'unknown', reason: 'the calendar can not be read' };
const turnOf = (...people: string[]): Duty => ({ is: 'known', people, until: undefined, source: 'rotation' });
const WITHOUT_ANA = { people: PEOPLE.map((one) => (one.name === 'ana' ? { ...one, roles: [] } : one)) };
const REASON = 'the node burns';
const YEAR_END = {
  why: 'frozen',
  window: {
    name: 'year end',
    from: 'Mon 00:00',
    to: 'Sun 23:59',
    timezone: 'UTC',
    until: Date.parse('2026-11-22T23:59:00Z'),
  },
} as const;

const ask = (
  policy: Partial<PolicySnapshot> = {},
  at: Partial<Context> = {},
  more: { plan?: Plan; person?: string; breakGlass?: string; incident?: string } = {},
) => {
  const { plan = PLAN, person = 'ana', ...rest } = more;
  return requestOf({ name: 'REQ-17', plan, policy: { ...POLICY, ...policy }, by: by(person), ...rest }, world(at));
};

/** Refused, and nothing else: not a byte of the request changed. */
function refusedOnly(decided: Decided, request: GateRequest, refused: Refusal): void {
  expect(decided).toEqual({ request, facts: [], refused });
  expect(decided.request).toBe(request);
}

describe('asking', () => {
  it('makes a request that waits for its confirmation', () => {
    const decided = ask({}, {}, { incident: 'i-1' });
    const request = taken(decided);
    expect(request).toEqual({
      name: 'REQ-17',
      state: 'confirming',
      plan: PLAN,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      policy: POLICY,
      requester: 'ana',
      requestedAt: T,
      votes: [],
      approveBy: T + TTL,
      incident: 'i-1',
    });
    expect(decided).toEqual({
      request,
      facts: [{ is: 'asked', by: 'ana', chat: 'slack', digest: request.digest, policy: 'policies[0]' }],
    });
  });

  it('binds the digest to the cluster', () => {
    expect(taken(ask({}, { clusterUid: 'c-1' })).digest).not.toBe(taken(ask()).digest);
  });

  it('stops at planned where a BLOCK leaves no way on', () => {
    const decided = ask({}, {}, { plan: BLOCKED });
    expect(taken(decided).state).toBe('planned');
    expect(decided).toMatchObject({ facts: [{ is: 'asked' }, { is: 'blocked', codes: ['budget'] }] });
  });

  it('with the glass broken needs nobody else', () => {
    const alone = { people: PEOPLE.slice(0, 1), duty: turnOf('ana') };
    const decided = ask({}, alone, { breakGlass: `  ${REASON} ` });
    expect(taken(decided)).toMatchObject({ state: 'confirming', breakGlass: { reason: REASON } });
    expect(decided).toMatchObject({
      facts: [{ is: 'asked' }, { is: 'glass-broken', by: 'ana', chat: 'slack', reason: REASON }],
    });
    expect(taken(ask({}, alone, { breakGlass: 'x'.repeat(900) })).breakGlass?.reason).toHaveLength(500);
    expect(taken(ask({}, alone, { breakGlass: REASON, plan: BLOCKED })).state).toBe('planned');
  });

  it.each<[string, Refusal, ReturnType<typeof ask>]>([
    ['without a role', { why: 'not-eligible', needs: ['oncall'] }, ask({}, {}, { person: 'eve' })],
    ['with another role', { why: 'not-eligible', needs: ['oncall'] }, ask({}, {}, { person: 'dora' })],
    ['by a stranger', { why: 'not-eligible', needs: ['oncall'] }, ask({}, {}, { person: 'zoe' })],
    [
      'while the on-call source is silent',
      { why: 'on-call-unknown', reason: 'the calendar can not be read' },
      ask({}, { duty: SILENT }),
    ],
    ['where the target names others', { why: 'not-named', named: ['ben', 'dora'] }, ask({}, { only: ['ben', 'dora'] })],
    ['in a freeze window', YEAR_END, ask({}, { freezes: ALWAYS })],
    ['in a freeze window, with a BLOCK', YEAR_END, ask({}, { freezes: ALWAYS }, { plan: BLOCKED })],
    ['in a freeze window, with the glass broken', YEAR_END, ask({}, { freezes: ALWAYS }, { breakGlass: REASON })],
    [
      'where nobody but the requester could approve',
      { why: 'quorum-unreachable', needed: 1, possible: [] },
      ask({ approve: ['admin'], request: ['admin'] }, {}, { person: 'dora' }),
    ],
    [
      'where too few others could approve',
      { why: 'quorum-unreachable', needed: 4, possible: ['ben', 'cleo', 'dora'] },
      ask({ approvals: 4 }),
    ],
    [
      'where too few could approve, whatever the silent source said',
      { why: 'quorum-unreachable', needed: 4, possible: [] },
      ask({ approve: ['oncall'], request: ['admin'], approvals: 4 }, { duty: SILENT }, { person: 'dora' }),
    ],
    [
      'where only the silent source could tell who approves',
      { why: 'on-call-unknown', reason: 'the calendar can not be read' },
      ask({ approve: ['oncall'], request: ['admin'], approvals: 3 }, { duty: SILENT }, { person: 'dora' }),
    ],
    [
      'where the requester would have to be counted, whatever the silent source said',
      { why: 'quorum-unreachable', needed: 2, possible: [] },
      ask(
        { request: ['admin'], approve: ['oncall'], approvals: 2 },
        {
          duty: SILENT,
          people: [
            { name: 'ana', roles: ['admin', 'oncall'] },
            { name: 'ben', roles: ['oncall'] },
            { name: 'dora', roles: ['admin'] },
          ],
        },
      ),
    ],
    [
      'with the glass broken by somebody off duty',
      { why: 'not-on-call' },
      ask({}, { duty: turnOf('ben') }, { breakGlass: REASON }),
    ],
    [
      'with the glass broken by an admin who is not on call',
      { why: 'not-on-call' },
      ask({ request: ['admin'] }, {}, { breakGlass: REASON, person: 'dora' }),
    ],
    [
      'with the glass broken by somebody who may not ask',
      { why: 'not-eligible', needs: ['admin'] },
      ask({ request: ['admin'] }, {}, { breakGlass: REASON }),
    ],
    [
      'with the glass broken for no reason',
      { why: 'reason-too-short', least: 10 },
      ask({}, {}, { breakGlass: ' 123456789   ' }),
    ],
    [
      'with the glass broken for nine letters of two units',
      { why: 'reason-too-short', least: 10 },
      ask({}, {}, { breakGlass: '🔥'.repeat(9) }),
    ],
    ...['\u200b', '\u2060', '\u3164', '\u2800', '\ufe0f', '\ufffd', '\u00ad', '\u202e'].map(
      (unseen): [string, Refusal, ReturnType<typeof ask>] => [
        `with the glass broken for nothing that can be seen (U+${unseen.charCodeAt(0).toString(16)})`,
        { why: 'reason-too-short', least: 10 },
        ask({}, {}, { breakGlass: `a${unseen.repeat(20)}b` }),
      ],
    ),
  ])('is refused %s', (_, refused, decided) => {
    expect(decided).toEqual({ refused });
  });

  it.each([
    ['with as many others as needed', ask({ approvals: 3 })],
    ['with no approval asked and nobody else there', ask({ approvals: 0 }, { people: PEOPLE.slice(0, 1) })],
    [
      'while the source is silent but an admin is enough',
      ask({ request: ['admin'], approvals: 0 }, { duty: SILENT }, { person: 'dora' }),
    ],
    ['where the target names the requester', ask({}, { only: ['ben', 'ana'] })],
    ['for what the window excepts', ask({}, { freezes: ALWAYS }, { plan: { ...PLAN, action: 'backup.run' } })],
    ['with the glass broken for ten letters', ask({}, {}, { breakGlass: '1234567890' })],
  ])('is taken %s', (_, decided) => {
    expect(taken(decided).state).toBe('confirming');
  });
});

describe('confirming', () => {
  const go = (
    request: GateRequest,
    at: Partial<Context> = {},
    more: { person?: string; typed?: string; digest?: string } = {},
  ) =>
    confirm(request, by(more.person ?? 'ana'), { digest: more.digest ?? request.digest, typed: more.typed }, world(at));

  it('leads to the approvals, and accepts what must be acknowledged', () => {
    const request = asked();
    const decided = go(request, { now: T + MIN });
    expect(decided).toEqual({
      request: { ...request, state: 'approving', confirmedAt: T + MIN },
      facts: [
        {
          is: 'confirmed',
          by: 'ana',
          chat: 'slack',
          digest: request.digest,
          typed: false,
          acknowledged: ['local-data'],
        },
      ],
    });
  });

  it.each<[string, GateRequest, 'policy' | 'break-glass']>([
    ['where the policy asks for no approval', asked({ approvals: 0 }), 'policy'],
    ['where the glass is broken', taken(ask({}, {}, { breakGlass: REASON })), 'break-glass'],
    ['where both', taken(ask({ approvals: 0 }, {}, { breakGlass: REASON })), 'break-glass'],
  ])('makes it ready %s', (_, request, through) => {
    const decided = go(request, { now: T + MIN }, { typed: 'worker-1' });
    expect(taken(decided)).toMatchObject({ state: 'ready', confirmedAt: T + MIN, startBy: T + MIN + TTL });
    expect(decided.facts).toEqual([
      expect.objectContaining({ is: 'confirmed', typed: true }),
      { is: 'ready', through, startBy: T + MIN + TTL },
    ]);
  });

  it('is taken at the last moment', () => {
    expect(taken(go(asked(), { now: T + TTL - 1 })).state).toBe('approving');
  });

  const typed = asked({ confirm: 'typed' });
  it('takes the name of the target', () => {
    expect(taken(go(typed, {}, { typed: 'worker-1' })).state).toBe('approving');
  });

  it.each<[string, Refusal, GateRequest, Partial<Context>, { person?: string; typed?: string; digest?: string }]>([
    ['by somebody else', { why: 'not-requester', requester: 'ana' }, asked(), {}, { person: 'dora' }],
    ['by a name that only looks so', { why: 'not-requester', requester: 'ana' }, asked(), {}, { person: 'Ana' }],
    ['twice', { why: 'wrong-state', state: 'approving' }, confirmed(), {}, {}],
    ['of a plan with a BLOCK', { why: 'blocked', codes: ['budget'] }, asked({}, BLOCKED), {}, {}],
    [
      'of a plan with a BLOCK, by somebody else',
      { why: 'not-requester', requester: 'ana' },
      asked({}, BLOCKED),
      {},
      { person: 'ben' },
    ],
    ['of another plan', { why: 'plan-changed' }, asked(), {}, { digest: 'f'.repeat(64) }],
    ['of a digest cut short', { why: 'plan-changed' }, asked(), {}, { digest: asked().digest.slice(0, 8) }],
    ['by a requester without the role', { why: 'not-eligible', needs: ['oncall'] }, asked(), WITHOUT_ANA, {}],
    ['by a requester whom the target no longer names', { why: 'not-named', named: [] }, asked(), { only: [] }, {}],
    ['while the source is silent', { why: 'on-call-unknown', reason: SILENT.reason }, asked(), { duty: SILENT }, {}],
    ['in a freeze window', YEAR_END, asked(), { freezes: ALWAYS }, {}],
    ['without the name', { why: 'typed-missing', target: 'worker-1' }, typed, {}, {}],
    ['with another name', { why: 'typed-mismatch', target: 'worker-1' }, typed, {}, { typed: 'worker-2' }],
    ['with more than the name', { why: 'typed-mismatch', target: 'worker-1' }, typed, {}, { typed: 'worker-1 ' }],
    ['with the name in capitals', { why: 'typed-mismatch', target: 'worker-1' }, typed, {}, { typed: 'WORKER-1' }],
    ['with nothing typed', { why: 'typed-mismatch', target: 'worker-1' }, typed, {}, { typed: '' }],
    [
      'with another name where a button would do',
      { why: 'typed-mismatch', target: 'worker-1' },
      asked(),
      {},
      { typed: 'worker-2' },
    ],
    [
      'with the glass broken and the shift over',
      { why: 'not-on-call' },
      taken(ask({}, {}, { breakGlass: REASON })),
      { duty: turnOf('ben') },
      {},
    ],
  ])('is refused %s', (_, refused, request, at, more) => {
    refusedOnly(go(request, at, more), request, refused);
  });
});

describe('voting', () => {
  const go = (
    request: GateRequest,
    choice: 'approve' | 'deny' = 'approve',
    at: Partial<Context> = {},
    more: { person?: string; digest?: string; reason?: string; chat?: string } = {},
  ) =>
    vote(
      request,
      by(more.person ?? 'ben', more.chat),
      { choice, digest: more.digest ?? request.digest, reason: more.reason },
      world(at),
    );

  it('makes it ready with the approval that completes the quorum', () => {
    const request = confirmed();
    const decided = go(request, 'approve', { now: T + MIN }, { reason: ' fine ' });
    const { digest } = request;
    expect(decided).toEqual({
      request: {
        ...request,
        state: 'ready',
        startBy: T + MIN + TTL,
        votes: [{ by: 'ben', chat: 'slack', choice: 'approve', at: T + MIN, digest, reason: 'fine' }],
      },
      facts: [
        { is: 'approved', by: 'ben', chat: 'slack', digest, have: 1, needed: 1, reason: 'fine' },
        { is: 'ready', through: 'approval', startBy: T + MIN + TTL },
      ],
    });
  });

  it('waits for the others before', () => {
    const decided = go(confirmed({ approvals: 2 }), 'approve', {}, { reason: '  ' });
    expect(taken(decided).state).toBe('approving');
    expect(taken(decided)).not.toHaveProperty('startBy');
    expect(decided.facts).toEqual([expect.objectContaining({ is: 'approved', have: 1, needed: 2 })]);
    expect(decided.facts[0]).not.toHaveProperty('reason');
    const second = go(taken(decided), 'approve', {}, { person: 'cleo' });
    expect(taken(second).state).toBe('ready');
    expect(second.facts[0]).toMatchObject({ have: 2, needed: 2 });
  });

  it('does not count an approver who lost the role since', () => {
    const one = taken(go(confirmed({ approvals: 2 })));
    const people = PEOPLE.map((person) => (person.name === 'ben' ? { ...person, roles: [] } : person));
    const decided = go(one, 'approve', { people }, { person: 'cleo' });
    expect(taken(decided).state).toBe('approving');
    expect(decided.facts).toEqual([expect.objectContaining({ have: 1, needed: 2 })]);
    expect(taken(go(taken(decided), 'approve', { people }, { person: 'dora' })).state).toBe('ready');
  });

  it('is taken at the last moment, and cuts long reasons', () => {
    const request = taken(go(confirmed(), 'approve', { now: T + TTL - 1 }, { reason: 'x'.repeat(501) }));
    expect(request.state).toBe('ready');
    expect(request.votes[0]?.reason).toHaveLength(500);
  });

  it.each<[string, GateRequest, string]>([
    ['planned', asked({}, BLOCKED), 'ben'],
    ['confirming', asked(), 'dora'],
    ['approving', confirmed(), 'ben'],
    ['ready', approved(), 'cleo'],
    ['ready, by the one who approved', approved(), 'ben'],
  ])('a denial is final while %s', (_, request, person) => {
    const decided = go(request, 'deny', { now: T + MIN }, { person, reason: 'not now' });
    const { digest } = request;
    const said = { by: person, chat: 'slack', digest, reason: 'not now' };
    expect(decided).toEqual({
      request: {
        ...request,
        state: 'denied',
        endedAt: T + MIN,
        votes: [...request.votes, { ...said, choice: 'deny', at: T + MIN }],
      },
      facts: [{ is: 'denied', ...said }],
    });
  });

  it('a denial is taken in a freeze window', () => {
    expect(taken(go(confirmed(), 'deny', { freezes: ALWAYS })).state).toBe('denied');
  });

  const twice = taken(go(confirmed({ approvals: 2 })));
  it.each<[string, Refusal, GateRequest, Parameters<typeof go>[1], Partial<Context>, Parameters<typeof go>[3]]>([
    ['by the requester', { why: 'requester' }, confirmed(), 'approve', {}, { person: 'ana' }],
    [
      'by the requester through another chat',
      { why: 'requester' },
      confirmed(),
      'approve',
      {},
      { person: 'ana', chat: 'telegram' },
    ],
    ['as a denial, by the requester', { why: 'requester' }, confirmed(), 'deny', {}, { person: 'ana' }],
    [
      'without a role',
      { why: 'not-eligible', needs: ['oncall', 'admin'] },
      confirmed(),
      'approve',
      {},
      { person: 'eve' },
    ],
    [
      'as a denial, without a role',
      { why: 'not-eligible', needs: ['oncall', 'admin'] },
      confirmed(),
      'deny',
      {},
      { person: 'eve' },
    ],
    [
      'by a stranger',
      { why: 'not-eligible', needs: ['oncall', 'admin'] },
      confirmed(),
      'approve',
      {},
      { person: 'zoe' },
    ],
    [
      'with another role',
      { why: 'not-eligible', needs: ['admin'] },
      confirmed({ approve: ['admin'] }),
      'approve',
      {},
      {},
    ],
    [
      'while the source is silent',
      { why: 'on-call-unknown', reason: SILENT.reason },
      confirmed(),
      'approve',
      { duty: SILENT },
      {},
    ],
    ['twice', { why: 'already-approved' }, twice, 'approve', {}, {}],
    ['twice, through another chat', { why: 'already-approved' }, twice, 'approve', {}, { chat: 'telegram' }],
    ['on another plan', { why: 'plan-changed' }, confirmed(), 'approve', {}, { digest: 'f'.repeat(64) }],
    ['as a denial of another plan', { why: 'plan-changed' }, confirmed(), 'deny', {}, { digest: 'f'.repeat(64) }],
    ['in a freeze window', YEAR_END, confirmed(), 'approve', { freezes: ALWAYS }, {}],
    ['before the confirmation', { why: 'wrong-state', state: 'confirming' }, asked(), 'approve', {}, {}],
    ['on a plan with a BLOCK', { why: 'wrong-state', state: 'planned' }, asked({}, BLOCKED), 'approve', {}, {}],
    ['when it is ready already', { why: 'wrong-state', state: 'ready' }, approved(), 'approve', {}, { person: 'cleo' }],
    [
      'as a denial when it runs',
      { why: 'wrong-state', state: 'running' },
      { ...approved(), state: 'running' },
      'deny',
      {},
      {},
    ],
    [
      'as a denial when it verifies',
      { why: 'wrong-state', state: 'verifying' },
      { ...approved(), state: 'verifying' },
      'deny',
      {},
      {},
    ],
  ])('is refused %s', (_, refused, request, choice, at, more) => {
    refusedOnly(go(request, choice, at, more), request, refused);
  });
});

describe('cancelling', () => {
  it.each<[string, GateRequest, string]>([
    ['planned, by the requester', asked({}, BLOCKED), 'ana'],
    ['confirming, by the requester', asked(), 'ana'],
    ['approving, by an admin', confirmed(), 'dora'],
    ['ready, by the requester', approved(), 'ana'],
  ])('ends it while %s', (_, request, person) => {
    expect(cancel(request, by(person), world({ now: T + MIN }))).toEqual({
      request: { ...request, state: 'cancelled', endedAt: T + MIN },
      facts: [{ is: 'cancelled', by: person, chat: 'slack' }],
    });
  });

  it.each(['running', 'verifying'] as const)('is noted once while %s, however late', (state) => {
    const request: GateRequest = { ...approved(), state, execution: { id: 'e1', startedAt: T } };
    const decided = cancel(request, by('ana'), world({ now: T + 10 * TTL }));
    expect(decided).toEqual({
      request: { ...request, cancelAsked: { by: 'ana', at: T + 10 * TTL } },
      facts: [{ is: 'cancel-asked', by: 'ana', chat: 'slack' }],
    });
    const again = cancel(decided.request, by('dora'), world({ now: T + 11 * TTL }));
    expect(again).toEqual({ request: decided.request, facts: [] });
  });

  it('is the requester’s right whatever became of the role, in a freeze window and with a silent source', () => {
    const at = world({ ...WITHOUT_ANA, freezes: ALWAYS, duty: SILENT });
    expect(taken(cancel(confirmed(), by('ana'), at)).state).toBe('cancelled');
  });

  it.each<[string, Refusal, GateRequest, string]>([
    ['by a colleague', { why: 'not-requester', requester: 'ana' }, confirmed(), 'ben'],
    ['by a stranger', { why: 'not-requester', requester: 'ana' }, confirmed(), 'zoe'],
    [
      'by a colleague while it runs',
      { why: 'not-requester', requester: 'ana' },
      { ...approved(), state: 'running' },
      'ben',
    ],
  ])('is refused %s', (_, refused, request, person) => {
    refusedOnly(cancel(request, by(person), world()), request, refused);
  });
});

describe('breaking the glass', () => {
  const go = (
    request: GateRequest,
    at: Partial<Context> = {},
    more: { person?: string; reason?: string; digest?: string } = {},
  ) =>
    breakGlass(
      request,
      by(more.person ?? 'ana'),
      { reason: more.reason ?? REASON, digest: more.digest ?? request.digest },
      world({ now: T + MIN, ...at }),
    );

  it('makes a confirmed request ready without the approvals', () => {
    const request = confirmed({ approvals: 2 });
    expect(go(request, { duty: turnOf('ana') })).toEqual({
      request: { ...request, state: 'ready', breakGlass: { reason: REASON }, startBy: T + MIN + TTL },
      facts: [
        { is: 'glass-broken', by: 'ana', chat: 'slack', reason: REASON },
        { is: 'ready', through: 'break-glass', startBy: T + MIN + TTL },
      ],
    });
  });

  it('leaves the confirmation to be given', () => {
    const request = asked();
    const decided = go(request, {}, { reason: ` ${'y'.repeat(600)}` });
    expect(decided.request).toEqual({ ...request, breakGlass: { reason: `${'y'.repeat(499)}…` } });
    expect(decided.facts.map(({ is }) => is)).toEqual(['glass-broken']);
  });

  it.each<[string, Refusal, GateRequest, Partial<Context>, Parameters<typeof go>[2]]>([
    ['by somebody else on call', { why: 'not-requester', requester: 'ana' }, confirmed(), {}, { person: 'ben' }],
    ['off duty', { why: 'not-on-call' }, confirmed(), { duty: turnOf('ben') }, {}],
    [
      'while the source is silent',
      { why: 'on-call-unknown', reason: SILENT.reason },
      confirmed(),
      { duty: SILENT },
      {},
    ],
    ['without the role', { why: 'not-eligible', needs: ['oncall'] }, confirmed(), WITHOUT_ANA, {}],
    ['where the target names others', { why: 'not-named', named: ['ben'] }, confirmed(), { only: ['ben'] }, {}],
    ['for too short a reason', { why: 'reason-too-short', least: 10 }, confirmed(), {}, { reason: '        x ' }],
    ['twice', { why: 'already-broken' }, taken(ask({}, {}, { breakGlass: REASON })), {}, {}],
    ['of another plan', { why: 'plan-changed' }, confirmed(), {}, { digest: 'f'.repeat(64) }],
    ['in a freeze window', YEAR_END, confirmed(), { freezes: ALWAYS }, {}],
    ['of a plan with a BLOCK', { why: 'wrong-state', state: 'planned' }, asked({}, BLOCKED), {}, {}],
    ['when it is ready already', { why: 'wrong-state', state: 'ready' }, approved(), {}, {}],
  ])('is refused %s', (_, refused, request, at, more) => {
    refusedOnly(go(request, at, more), request, refused);
  });
});

describe('time', () => {
  it.each<[string, GateRequest, number, 'approval' | 'start' | 'clock' | undefined]>([
    ['planned', asked({}, BLOCKED), T + TTL, 'approval'],
    ['confirming, a moment before', asked(), T + TTL - 1, undefined],
    ['confirming', asked(), T + TTL, 'approval'],
    ['approving', confirmed(), T + TTL, 'approval'],
    ['approving, a moment before', confirmed(), T + TTL - 1, undefined],
    ['ready, after the time to approve', approved({}, { now: T + TTL - 1 }), T + 2 * TTL - 2, undefined],
    ['ready', approved({}, { now: T + MIN }), T + MIN + TTL, 'start'],
    ['ready without a time to start', { ...approved(), startBy: 0 }, T, 'start'],
    ['running', { ...approved(), state: 'running' }, T + 99 * TTL, undefined],
    ['verifying', { ...approved(), state: 'verifying' }, T + 99 * TTL, undefined],
    ['running, with the clock put back', { ...approved(), state: 'running' }, T - 99 * TTL, undefined],
    ['confirming, with the clock a little back', asked(), T - CLOCK_SKEW_MS, undefined],
    ['confirming, with the clock put back', asked(), T - CLOCK_SKEW_MS - 1, 'clock'],
    [
      'approving, with the clock back before the confirmation',
      { ...confirmed(), confirmedAt: T + 5 * MIN },
      T + 4 * MIN - 1,
      'clock',
    ],
    ['approving, with the clock a little back', { ...confirmed(), confirmedAt: T + 5 * MIN }, T + 4 * MIN, undefined],
    [
      'approving, with the clock back before an approval',
      taken(
        vote(
          confirmed({ approvals: 2 }),
          by('ben'),
          { choice: 'approve', digest: confirmed({ approvals: 2 }).digest },
          world({ now: T + 5 * MIN }),
        ),
      ),
      T + 4 * MIN - 1,
      'clock',
    ],
    [
      'ready, with the clock back before that',
      { ...approved(), votes: [], startBy: T + TTL + 5 * MIN },
      T + 4 * MIN - 1,
      'clock',
    ],
    [
      'ready, with the clock a little back',
      { ...approved(), votes: [], startBy: T + TTL + 5 * MIN },
      T + 4 * MIN,
      undefined,
    ],
    ['confirming, without a clock', asked(), Number.NaN, 'approval'],
    ['ready, without a clock', approved(), Number.NaN, 'start'],
  ])('runs while %s', (_, request, now, phase) => {
    const decided = expire(request, now);
    if (phase === undefined) {
      expect(decided).toEqual({ request, facts: [] });
      expect(decided.request).toBe(request);
    } else {
      expect(decided).toEqual({
        request: { ...request, state: 'expired', endedAt: now },
        facts: [{ is: 'expired', phase }],
      });
    }
  });

  it('is over for a ready request that lacks the time to start', () => {
    const { startBy: _, ...request } = approved();
    expect(expire(request, T).facts).toEqual([{ is: 'expired', phase: 'start' }]);
  });

  const late = world({ now: T + TTL });
  const { digest } = asked();
  it.each<[string, Decided]>([
    ['a confirmation', confirm(asked(), by('ana'), { digest }, late)],
    ['an approval', vote(confirmed(), by('ben'), { choice: 'approve', digest }, late)],
    ['a denial', vote(confirmed(), by('ben'), { choice: 'deny', digest }, late)],
    ['a cancel', cancel(confirmed(), by('ana'), late)],
    ['a broken glass', breakGlass(confirmed(), by('ana'), { reason: REASON, digest }, late)],
  ])('is up for %s that comes too late, and that ends the request', (_, decided) => {
    expect(decided.refused).toEqual({ why: 'expired' });
    expect(decided.request).toMatchObject({ state: 'expired', endedAt: T + TTL });
    expect(decided.facts).toEqual([{ is: 'expired', phase: 'approval' }]);
  });

  it('that was up stays up when the clock goes back', () => {
    const over = vote(confirmed(), by('ben'), { choice: 'approve', digest }, late).request;
    const back = vote(over, by('ben'), { choice: 'approve', digest }, world({ now: T + MIN }));
    refusedOnly(back, over, { why: 'wrong-state', state: 'expired' });
  });
});

describe('an end', () => {
  it.each([...ENDS])('%s never changes', (state) => {
    const request: GateRequest = { ...approved(), state, endedAt: T };
    const { digest } = request;
    const refused = { why: 'wrong-state', state } as const;
    for (const now of [T - 99 * TTL, T, T + 99 * TTL]) {
      const at = world({ now });
      expect(expire(request, now)).toEqual({ request, facts: [] });
      refusedOnly(confirm(request, by('ana'), { digest }, at), request, refused);
      refusedOnly(vote(request, by('cleo'), { choice: 'approve', digest }, at), request, refused);
      refusedOnly(vote(request, by('cleo'), { choice: 'deny', digest }, at), request, refused);
      refusedOnly(cancel(request, by('ana'), at), request, refused);
      refusedOnly(breakGlass(request, by('ana'), { reason: REASON, digest }, at), request, refused);
    }
  });
});

it('a refusal for a freeze tells when the window ends', () => {
  const night = freezes({ name: 'night', from: 'Thu 22:00', to: 'Fri 06:00', timezone: 'Europe/Madrid' });
  expect(ask({}, { freezes: night })).toMatchObject({
    refused: { why: 'frozen', window: { name: 'night', until: Date.parse('2026-11-20T05:00:00Z') } },
  });
});
