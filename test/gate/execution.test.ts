import { describe, expect, it } from 'vitest';
import {
  cancel,
  claim,
  confirm,
  finish,
  keepsLocks,
  requestOf,
  settle,
  toVerifying,
  vote,
} from '../../src/gate/decide.ts';
import type { Context, Decided, Refusal } from '../../src/gate/facts.ts';
import { ENDS, type GateRequest, type Outcome, type PolicySnapshot } from '../../src/gate/model.ts';
import type { Duty } from '../../src/gate/quorum.ts';
import { ALWAYS, approved, asked, by, confirmed, MIN, PEOPLE, PLAN, POLICY, T, TTL, taken, world } from './requests.ts';

const SILENT: Duty = { is: 'unknown', reason: 'the calendar can not be read' };
const turnOf = (...people: string[]): Duty => ({ is: 'known', people, until: undefined, source: 'rotation' });
const without = (...names: string[]) => ({
  people: PEOPLE.map((one) => (names.includes(one.name) ? { ...one, roles: [] } : one)),
});
const OUTCOME: Outcome = { text: 'done', facts: [], checks: [] };
const go = (request: GateRequest, at: Partial<Context> = {}) => claim(request, 'e1', world({ now: T + MIN, ...at }));
const running = (at: Partial<Context> = {}) => taken(go(approved(), at));
const verifying = () => taken(toVerifying(running(), 'e1'));

const glass = (): GateRequest => {
  const request = taken(
    requestOf({ name: 'REQ-1', plan: PLAN, policy: POLICY, by: by('ana'), breakGlass: 'the node burns' }, world()),
  );
  return taken(confirm(request, by('ana'), { digest: request.digest }, world()));
};

/** Two have approved where two are needed, `first` and `second`. */
const both = (policy: Partial<PolicySnapshot>, first: string, second: string): GateRequest => {
  const request = confirmed({ approvals: 2, ...policy });
  const yes = { choice: 'approve', digest: request.digest } as const;
  return taken(vote(taken(vote(request, by(first), yes, world())), by(second), yes, world()));
};

describe('claiming', () => {
  it('begins the execution with the digest that was approved', () => {
    const request = approved();
    expect(go(request)).toEqual({
      request: { ...request, state: 'running', execution: { id: 'e1', startedAt: T + MIN } },
      facts: [{ is: 'started', execution: 'e1', digest: request.digest, approvers: ['ben'] }],
    });
  });

  it.each<[string, GateRequest, Partial<Context>, readonly string[]]>([
    ['until the last moment', approved(), { now: T + TTL - 1 }, ['ben']],
    [
      'without approvals where none are asked',
      taken(confirm(asked({ approvals: 0 }), by('ana'), { digest: asked({ approvals: 0 }).digest }, world())),
      {},
      [],
    ],
    ['with the glass broken', glass(), { duty: turnOf('ana') }, []],
    ['where the target names the requester', approved(), { only: ['ana'] }, ['ben']],
    ['in another shift', approved(), { duty: turnOf('cleo') }, ['ben']],
    [
      'where one approver more than needed lapsed',
      {
        ...both({}, 'ben', 'dora'),
        policy: POLICY,
        digest: approved().digest,
        votes: both({}, 'ben', 'dora').votes.map((one) => ({ ...one, digest: approved().digest })),
      },
      without('ben'),
      ['dora'],
    ],
  ])('is taken %s', (_, request, at, approvers) => {
    const decided = go(request, at);
    expect(taken(decided).state).toBe('running');
    expect(decided.facts).toEqual([expect.objectContaining({ is: 'started', approvers })]);
  });

  const tampered: GateRequest = { ...approved(), plan: { ...PLAN, effects: { node: 'worker-9' } } };
  const { confirmedAt: _, ...unconfirmed } = approved();
  it.each<[string, Refusal, GateRequest, Partial<Context>]>([
    [
      'in a freeze window',
      { why: 'frozen', window: expect.objectContaining({ name: 'year end' }) },
      approved(),
      { freezes: ALWAYS },
    ],
    [
      'in a freeze window, with the glass broken',
      { why: 'frozen', window: expect.objectContaining({ name: 'year end' }) },
      glass(),
      { freezes: ALWAYS },
    ],
    ['where the requester lost the role', { why: 'not-eligible', needs: ['oncall'] }, approved(), without('ana')],
    [
      'where the requester is gone',
      { why: 'not-eligible', needs: ['oncall'] },
      approved(),
      { people: PEOPLE.slice(1) },
    ],
    [
      'where the target no longer names the requester',
      { why: 'not-named', named: ['ben'] },
      approved(),
      { only: ['ben'] },
    ],
    [
      'where the approver lost the role',
      { why: 'approvers-lapsed', lapsed: ['ben'], counted: 0, needed: 1 },
      approved(),
      without('ben'),
    ],
    [
      'where one of two lost the role',
      { why: 'approvers-lapsed', lapsed: ['cleo'], counted: 1, needed: 2 },
      both({}, 'ben', 'cleo'),
      without('cleo'),
    ],
    ['where the glass was broken in the last shift', { why: 'not-on-call' }, glass(), { duty: turnOf('ben') }],
    ['of another plan', { why: 'digest-mismatch' }, tampered, {}],
    ['under another policy', { why: 'digest-mismatch' }, { ...approved(), policy: { ...POLICY, approvals: 0 } }, {}],
    ['on another cluster', { why: 'digest-mismatch' }, approved(), { clusterUid: 'c-2' }],
    ['without a confirmation', { why: 'not-confirmed' }, unconfirmed, {}],
    [
      'where the votes are of another plan',
      { why: 'approvers-lapsed', lapsed: [], counted: 0, needed: 1 },
      { ...approved(), votes: approved().votes.map((one) => ({ ...one, digest: 'f'.repeat(64) })) },
      {},
    ],
    [
      'where only the requester approved',
      { why: 'approvers-lapsed', lapsed: ['ana'], counted: 0, needed: 1 },
      { ...approved(), votes: approved().votes.map((one) => ({ ...one, by: 'ana' })) },
      {},
    ],
  ])('ends the request %s', (_, refused, request, at) => {
    const decided = go(request, at);
    expect(decided).toEqual({
      request: { ...request, state: 'refused', endedAt: T + MIN },
      facts: [{ is: 'refused', refusal: refused }],
      refused,
    });
  });

  it.each<[string, GateRequest]>([
    ['the requester’s role', approved()],
    ['whose shift it is', glass()],
  ])('waits while the silent source alone could tell %s', (_, request) => {
    const decided = go(request, { duty: SILENT });
    expect(decided).toEqual({ request, facts: [], refused: { why: 'on-call-unknown', reason: SILENT.reason } });
  });

  it('waits for the silent source where an admin asked and somebody on call approved', () => {
    const people = PEOPLE.map((one) => (one.name === 'ana' ? { ...one, roles: ['admin' as const] } : one));
    const request = taken(
      requestOf(
        { name: 'REQ-1', plan: PLAN, policy: { ...POLICY, request: ['admin'] }, by: by('ana') },
        world({ people }),
      ),
    );
    const { digest } = request;
    const ready = taken(
      vote(
        taken(confirm(request, by('ana'), { digest }, world({ people }))),
        by('ben'),
        { choice: 'approve', digest },
        world({ people }),
      ),
    );
    const decided = go(ready, { people, duty: SILENT });
    expect(decided).toEqual({ request: ready, facts: [], refused: { why: 'on-call-unknown', reason: SILENT.reason } });
    expect(taken(go(ready, { people })).state).toBe('running');
  });

  it.each<[string, GateRequest, number]>([
    ['after the time to start', approved(), T + TTL],
    ['with the clock put back an hour', approved(), T - 60 * MIN],
  ])('is refused %s, and that ends the request', (_, request, now) => {
    const decided = go(request, { now });
    expect(decided.refused).toEqual({ why: 'expired' });
    expect(decided.request).toMatchObject({ state: 'expired', endedAt: now });
    expect(decided.request).not.toHaveProperty('execution');
  });

  it.each<GateRequest['state']>(['planned', 'confirming', 'approving', 'running', 'verifying', ...ENDS])(
    'is refused while %s',
    (state) => {
      const request: GateRequest = { ...approved(), state };
      expect(go(request)).toEqual({ request, facts: [], refused: { why: 'wrong-state', state } });
    },
  );
});

describe('verifying', () => {
  it('follows the last step', () => {
    const request = running();
    expect(toVerifying(request, 'e1')).toEqual({
      request: { ...request, state: 'verifying' },
      facts: [{ is: 'verifying', execution: 'e1' }],
    });
  });

  it.each<[string, GateRequest, string, Refusal]>([
    ['of another execution', running(), 'e2', { why: 'other-execution' }],
    ['twice', verifying(), 'e1', { why: 'wrong-state', state: 'verifying' }],
    ['before the start', approved(), 'e1', { why: 'wrong-state', state: 'ready' }],
    ['after the end', { ...verifying(), state: 'failed' }, 'e1', { why: 'wrong-state', state: 'failed' }],
  ])('is refused %s', (_, request, id, refused) => {
    expect(toVerifying(request, id)).toEqual({ request, facts: [], refused });
  });
});

describe('finishing', () => {
  const end = (
    request: GateRequest,
    state: 'succeeded' | 'degraded' | 'failed' | 'cancelled' | 'unknown',
    executionId = 'e1',
    now = T + 3 * MIN,
  ): Decided => finish(request, { executionId, state, outcome: OUTCOME, now });
  const cancelled = (request: GateRequest) => taken(cancel(request, by('ana'), world()));

  it.each<[Parameters<typeof end>[1], string, GateRequest]>([
    ['succeeded', 'verification', verifying()],
    ['degraded', 'verification', verifying()],
    ['failed', 'verification', verifying()],
    ['unknown', 'verification', verifying()],
    ['failed', 'a step', running()],
    ['unknown', 'a step', running()],
    ['cancelled', 'a step', cancelled(running())],
    ['cancelled', 'verification', cancelled(verifying())],
    ['failed', 'a step, with a cancel asked', cancelled(running())],
  ])('ends %s at %s', (state, _, request) => {
    expect(end(request, state)).toEqual({
      request: {
        ...request,
        state,
        outcome: OUTCOME,
        endedAt: T + 3 * MIN,
        execution: { id: 'e1', startedAt: T + MIN, endedAt: T + 3 * MIN },
      },
      facts: [{ is: 'finished', state, execution: 'e1', tookMs: 2 * MIN }],
    });
  });

  it('took no time where the clock went back', () => {
    expect(end(verifying(), 'succeeded', 'e1', T - MIN).facts).toEqual([expect.objectContaining({ tookMs: 0 })]);
  });

  it.each<[string, Refusal, Decided]>([
    ['a success without verification', { why: 'wrong-state', state: 'running' }, end(running(), 'succeeded')],
    ['a half success without verification', { why: 'wrong-state', state: 'running' }, end(running(), 'degraded')],
    ['a cancel that nobody asked for', { why: 'nobody-cancelled' }, end(running(), 'cancelled')],
    ['another execution', { why: 'other-execution' }, end(running(), 'failed', 'e2')],
    ['what never began', { why: 'wrong-state', state: 'ready' }, end(approved(), 'failed')],
    ['what ended', { why: 'wrong-state', state: 'succeeded' }, end(taken(end(verifying(), 'succeeded')), 'failed')],
    ['what nobody knows', { why: 'wrong-state', state: 'unknown' }, end(taken(end(running(), 'unknown')), 'succeeded')],
  ])('refuses %s', (_, refused, decided) => {
    expect(decided.facts).toEqual([]);
    expect(decided.refused).toEqual(refused);
  });
});

describe('settling', () => {
  const unknown = (): GateRequest =>
    taken(finish(running(), { executionId: 'e1', state: 'unknown', outcome: OUTCOME, now: T + 2 * MIN }));
  const NOTE = 'the node is cordoned, no pod left';
  const go = (request: GateRequest, person = 'ana', note = NOTE, at: Partial<Context> = {}) =>
    settle(request, by(person), { found: 'done', note }, world({ now: T + 9 * MIN, ...at }));

  it('notes what was found; the end stays what it is, its locks are free', () => {
    const request = unknown();
    const decided = go(request, 'ana', ` ${NOTE} `);
    const settled = { by: 'ana', found: 'done', note: NOTE } as const;
    expect(decided).toEqual({
      request: { ...request, settled: { ...settled, at: T + 9 * MIN } },
      facts: [{ is: 'settled', chat: 'slack', ...settled }],
    });
    expect([request, decided.request].map(keepsLocks)).toEqual([true, false]);
  });

  it.each(['ana', 'ben', 'dora'])('is for %s', (person) => {
    expect(go(unknown(), person)).not.toHaveProperty('refused');
  });

  it('is for whoever may ask, for whoever may approve, and for admins', () => {
    const may = (policy: Partial<PolicySnapshot>, person: string) =>
      go({ ...unknown(), policy: { ...POLICY, ...policy } }, person).refused === undefined;
    expect(may({ request: ['oncall'], approve: [] }, 'ben')).toBe(true);
    expect(may({ request: [], approve: ['oncall'] }, 'ben')).toBe(true);
    expect(may({ request: ['admin'], approve: ['admin'] }, 'ben')).toBe(false);
    expect(may({ request: ['oncall'], approve: ['oncall'] }, 'dora')).toBe(true);
  });

  it.each<[string, Refusal, GateRequest, string, string, Partial<Context>]>([
    ['twice', { why: 'already-settled' }, go(unknown()).request, 'ben', NOTE, {}],
    ['without a role', { why: 'not-eligible', needs: ['oncall', 'admin'] }, unknown(), 'eve', NOTE, {}],
    [
      'while the source is silent',
      { why: 'on-call-unknown', reason: SILENT.reason },
      unknown(),
      'ben',
      NOTE,
      { duty: SILENT },
    ],
    ['without words', { why: 'reason-too-short', least: 10 }, unknown(), 'ana', ' ok        ', {}],
    ['of what runs', { why: 'wrong-state', state: 'running' }, running(), 'ana', NOTE, {}],
    ['of what failed', { why: 'wrong-state', state: 'failed' }, { ...running(), state: 'failed' }, 'ana', NOTE, {}],
  ])('is refused %s', (_, refused, request, person, note, at) => {
    expect(go(request, person, note, at)).toEqual({ request, facts: [], refused });
  });
});

describe('locks', () => {
  it.each<[GateRequest['state'], boolean]>([
    ['planned', false],
    ['confirming', false],
    ['approving', false],
    ['ready', false],
    ['running', true],
    ['verifying', true],
    ['unknown', true],
    ['succeeded', false],
    ['failed', false],
    ['cancelled', false],
  ])('while %s are kept: %s', (state, kept) => {
    expect(keepsLocks({ ...approved(), state })).toBe(kept);
  });
});
