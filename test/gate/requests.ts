import type { Person } from '../../src/chat/people.ts';
import { configSchema } from '../../src/config/schema.ts';
import { confirm, requestOf, vote } from '../../src/gate/decide.ts';
import type { Context, Decided } from '../../src/gate/facts.ts';
import type { Freeze } from '../../src/gate/freeze.ts';
import type { GateRequest, Plan, PolicySnapshot } from '../../src/gate/model.ts';

/** A Friday. */
export const T = Date.parse('2026-11-20T03:10:00Z');
export const MIN = 60_000;
export const HOUR = 60 * MIN;
export const TTL = 15 * MIN;

/** ana asks; ben and cleo are of the crew; dora is an admin; eve only looks. */
export const PEOPLE: readonly Person[] = [
  { name: 'ana', roles: ['oncall'], slack: 'U0ANA', telegram: '1001' },
  { name: 'ben', roles: ['oncall'] },
  { name: 'cleo', roles: ['oncall'] },
  { name: 'dora', roles: ['admin'] },
  { name: 'eve', roles: [] },
];

export const POLICY: PolicySnapshot = {
  request: ['oncall'],
  confirm: 'button',
  approvals: 1,
  approve: ['oncall', 'admin'],
  ttlMs: TTL,
  source: 'policies[0]',
};

export const PLAN: Plan = {
  action: 'node.drain',
  args: { node: 'worker-1' },
  target: 'worker-1',
  title: 'Drain worker-1',
  summary: '12 pods move elsewhere',
  steps: [
    { id: 'cordon', text: 'cordon worker-1' },
    { id: 'evict', text: 'evict 12 pods' },
  ],
  findings: [
    { level: 'ACKNOWLEDGE', code: 'local-data', text: 'default/web-1 loses its emptyDir' },
    { level: 'NOTE', code: 'duration', text: 'the last drain took 3 min' },
  ],
  effects: { node: { name: 'worker-1', uid: 'u-1' }, owners: ['default/web', 'default/db'] },
  locks: ['node/worker-1', 'cluster'],
};

export const BLOCKED: Plan = {
  ...PLAN,
  findings: [{ level: 'BLOCK', code: 'budget', text: 'default/db allows none' }],
};

export const world = (more: Partial<Context> = {}): Context => ({
  now: T,
  people: PEOPLE,
  duty: { is: 'by-role' },
  standIns: [],
  freezes: [],
  ...more,
});

/** Freeze windows as the configuration has them. */
export const freezes = (...given: readonly object[]): readonly Freeze[] =>
  configSchema.parse({ freezes: given }).freezes;

/** All of the week but for its last minute. */
export const ALWAYS = freezes({ name: 'year end', from: 'Mon 00:00', to: 'Sun 23:59', except: ['backup.*'] });

export const by = (person: string, chat = 'slack') => ({ person, chat });

/** The request of a decision that must have been taken. */
export function taken(decided: Decided | { readonly refused: unknown }): GateRequest {
  if (decided.refused || !('request' in decided)) throw new Error(`refused: ${JSON.stringify(decided.refused)}`);
  return decided.request;
}

/** ana's request as it begins. */
export const asked = (
  policy: Partial<PolicySnapshot> = {},
  plan: Plan = PLAN,
  at: Partial<Context> = {},
): GateRequest =>
  taken(requestOf({ name: 'REQ-17', plan, policy: { ...POLICY, ...policy }, by: by('ana') }, world(at)));

/** … and confirmed by her. */
export const confirmed = (policy: Partial<PolicySnapshot> = {}, at: Partial<Context> = {}): GateRequest => {
  const request = asked(policy, PLAN, at);
  return taken(confirm(request, by('ana'), { digest: request.digest, typed: 'worker-1' }, world(at)));
};

/** … and approved by ben, so that nothing is missing with one approval. */
export const approved = (policy: Partial<PolicySnapshot> = {}, at: Partial<Context> = {}): GateRequest => {
  const request = confirmed(policy, at);
  return taken(vote(request, by('ben'), { choice: 'approve', digest: request.digest }, world(at)));
};
