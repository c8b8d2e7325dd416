import type { Role } from '../chat/people.ts';
import { clip } from '../lib/text.ts';
import { digestOf } from './digest.ts';
import { notIn } from './expiry.ts';
import { type Actor, type Context, type Decided, type GateFact, no, type Refusal } from './facts.ts';
import type { GateRequest, Plan, PolicySnapshot, Vote } from './model.ts';
import { insteadOf, standing, tally } from './quorum.ts';
import { frozen, lacksRole, mayNotAsk, mayNotBreak, notAnother, unreachable } from './rights.ts';

export { drift } from './drift.ts';
export { claim, finish, keepsLocks, settle, toVerifying } from './execution.ts';
export { expire } from './expiry.ts';

/** Longer reasons are cut, in characters: state stays small. */
const MAX_REASON = 500;

/** What is asked for. */
export interface Asked {
  /** `REQ-17`. */
  readonly name: string;
  readonly plan: Plan;
  readonly policy: PolicySnapshot;
  readonly by: Actor;
  /** Document id of the incident it is asked from. */
  readonly incident?: string | undefined;
  /** The reason for asking without approval. */
  readonly breakGlass?: string | undefined;
}

/** The codes of a plan's findings of one level. Pure. */
function codes({ findings }: Plan, level: 'BLOCK' | 'ACKNOWLEDGE'): readonly string[] {
  return findings.filter((finding) => finding.level === level).map(({ code }) => code);
}

const cut = (reason: string) => clip(reason.trim(), MAX_REASON);

/**
 * Makes a request of a plan: `planned` where a BLOCK leaves no way on, else `confirming`. Or says why there will be none: not-eligible,
 * on-call-unknown, not-named, frozen, quorum-unreachable; for breaking the glass not-on-call and reason-too-short. Pure.
 * @throws DaytwoError invalid where the plan holds what JSON can't
 */
export function requestOf(
  { name, plan, policy, by, incident, breakGlass }: Asked,
  context: Context,
): Decided | { readonly refused: Refusal } {
  const { now, clusterUid } = context;
  const glass = breakGlass === undefined ? {} : { breakGlass: { reason: cut(breakGlass) } };
  const asking = { requester: by.person, policy, ...glass };
  const refused =
    mayNotAsk(asking, context) ??
    frozen(plan.action, context) ??
    (breakGlass === undefined ? unreachable(asking, context) : undefined);
  if (refused) return { refused };
  const digest = digestOf({ plan, policy, clusterUid });
  const blocks = codes(plan, 'BLOCK');
  const facts: GateFact[] = [
    { is: 'asked', ...actor(by), digest, policy: policy.source, ...inStead(by.person, policy.request, context) },
  ];
  if (breakGlass !== undefined) facts.push({ is: 'glass-broken', ...actor(by), reason: cut(breakGlass) });
  if (blocks.length > 0) facts.push({ is: 'blocked', codes: blocks });
  return {
    request: {
      name,
      state: blocks.length > 0 ? 'planned' : 'confirming',
      plan,
      digest,
      ...asking,
      requestedAt: now,
      votes: [],
      approveBy: now + policy.ttlMs,
      ...(incident === undefined ? {} : { incident }),
    },
    facts,
  };
}

const actor = ({ person, chat }: Actor) => ({ by: person, chat });

/** What a fact tells of a right that is another's. */
function inStead(person: string, roles: readonly Role[], context: Context): { insteadOf?: readonly string[] } {
  const others = insteadOf(person, roles, context);
  return others.length > 0 ? { insteadOf: others } : {};
}

/** Everything needed is there: from now on the time to start runs. */
function makeReady(request: GateRequest, through: 'approval' | 'policy' | 'break-glass', now: number): Decided {
  const startBy = now + request.policy.ttlMs;
  return { request: { ...request, state: 'ready', startBy }, facts: [{ is: 'ready', through, startBy }] };
}

function also(facts: readonly GateFact[], next: Decided): Decided {
  return { ...next, facts: [...facts, ...next.facts] };
}

/** What somebody confirms: the digest that their card shows and, where asked, what they typed. */
export interface Confirmation {
  readonly digest: string;
  readonly typed?: string | undefined;
}

/**
 * The requester goes on with the plan as seen: `confirming` → `approving`, or straight to `ready` where the policy asks for no approval
 * or the glass is broken. What is typed must be the target's name to the letter, also where a button would do. Accepts every
 * ACKNOWLEDGE finding. Refuses: wrong-state, blocked, expired, not-requester, plan-changed, not-eligible, on-call-unknown, not-named,
 * not-on-call, frozen, typed-missing, typed-mismatch. Pure.
 */
export function confirm(request: GateRequest, by: Actor, { digest, typed }: Confirmation, context: Context): Decided {
  const { plan, policy, requester, breakGlass } = request;
  const { now } = context;
  const out = notIn(request, ['confirming', 'planned'], now);
  if (out) return out;
  if (by.person !== requester) return no(request, { why: 'not-requester', requester });
  if (request.state === 'planned') return no(request, { why: 'blocked', codes: codes(plan, 'BLOCK') });
  if (digest !== request.digest) return no(request, { why: 'plan-changed' });
  const refused = mayNotAsk(request, context) ?? frozen(plan.action, context) ?? notTyped(request, typed);
  if (refused) return no(request, refused);
  const confirmed: GateRequest = { ...request, state: 'approving', confirmedAt: now };
  const facts: GateFact[] = [
    {
      is: 'confirmed',
      ...actor(by),
      digest,
      typed: typed !== undefined,
      acknowledged: codes(plan, 'ACKNOWLEDGE'),
    },
  ];
  if (breakGlass) return also(facts, makeReady(confirmed, 'break-glass', now));
  if (policy.approvals === 0) return also(facts, makeReady(confirmed, 'policy', now));
  return { request: confirmed, facts };
}

function notTyped({ plan: { target }, policy }: GateRequest, typed: string | undefined): Refusal | undefined {
  if (typed === undefined) return policy.confirm === 'typed' ? { why: 'typed-missing', target } : undefined;
  return typed === target ? undefined : { why: 'typed-mismatch', target };
}

/** Somebody's say on the plan that their card shows. */
export interface Choice {
  readonly choice: 'approve' | 'deny';
  readonly digest: string;
  readonly reason?: string | undefined;
}

/**
 * Counts one person's approval or denial of the plan as seen. The approval that completes the quorum makes the request `ready`. A denial
 * by anybody who may approve is final, from the request to the start, even by somebody who approved before. Refuses: wrong-state,
 * expired, requester, plan-changed, not-eligible, on-call-unknown, and for approvals already-approved, stands-in, right-used, frozen.
 * Pure.
 */
export function vote(request: GateRequest, by: Actor, { choice, digest, reason }: Choice, context: Context): Decided {
  const { policy, plan, requester, votes } = request;
  const { now } = context;
  const out = notIn(
    request,
    choice === 'approve' ? ['approving'] : ['planned', 'confirming', 'approving', 'ready'],
    now,
  );
  if (out) return out;
  if (by.person === requester) return no(request, { why: 'requester' });
  if (digest !== request.digest) return no(request, { why: 'plan-changed' });
  const lacks = lacksRole(by.person, policy.approve, context);
  if (lacks) return no(request, lacks);
  const said = reason === undefined || reason.trim() === '' ? {} : { reason: cut(reason) };
  const given: Vote = { ...actor(by), choice, at: now, digest, ...said };
  if (choice === 'deny') {
    const denied: GateRequest = { ...request, state: 'denied', votes: [...votes, given], endedAt: now };
    return { request: denied, facts: [{ is: 'denied', ...actor(by), digest, ...said }] };
  }
  if (votes.some((earlier) => earlier.by === by.person)) return no(request, { why: 'already-approved' });
  const hindered = notAnother(by.person, request, context) ?? frozen(plan.action, context);
  if (hindered) return no(request, hindered);
  const counted: GateRequest = { ...request, votes: [...votes, given] };
  const { counted: have, needed, reached } = tally(counted, context);
  const stead = inStead(by.person, policy.approve, context);
  const facts: GateFact[] = [{ is: 'approved', ...actor(by), digest, have: have.length, needed, ...said, ...stead }];
  return reached ? also(facts, makeReady(counted, 'approval', now)) : { request: counted, facts };
}

/**
 * The requester, or an admin, wants it no more. Before the start the request is over; while it runs or verifies, the wish is noted once, and
 * the execution stops at its next safe point. Refuses: wrong-state (an end), expired, not-requester. Pure.
 */
export function cancel(request: GateRequest, by: Actor, context: Context): Decided {
  const { now } = context;
  const out = notIn(request, ['planned', 'confirming', 'approving', 'ready', 'running', 'verifying'], now);
  if (out) return out;
  const { requester, state } = request;
  if (by.person !== requester && standing(by.person, ['admin'], context) !== 'holds')
    return no(request, { why: 'not-requester', requester });
  if (state !== 'running' && state !== 'verifying') {
    return { request: { ...request, state: 'cancelled', endedAt: now }, facts: [{ is: 'cancelled', ...actor(by) }] };
  }
  if (request.cancelAsked) return { request, facts: [] };
  return {
    request: { ...request, cancelAsked: { by: by.person, at: now } },
    facts: [{ is: 'cancel-asked', ...actor(by) }],
  };
}

/**
 * The requester, being on call now, goes without the approvals, for a reason: a confirmed request becomes `ready`, an unconfirmed one will
 * with its confirmation. It waives the quorum alone: plan, confirmation, freeze windows, locks and audit hold as ever. Refuses:
 * wrong-state, expired, not-requester, already-broken, plan-changed, not-eligible, on-call-unknown, not-named, not-on-call,
 * reason-too-short, frozen. Pure.
 */
export function breakGlass(
  request: GateRequest,
  by: Actor,
  { reason, digest }: { readonly reason: string; readonly digest: string },
  context: Context,
): Decided {
  const { requester, plan } = request;
  const out = notIn(request, ['confirming', 'approving'], context.now);
  if (out) return out;
  if (by.person !== requester) return no(request, { why: 'not-requester', requester });
  if (request.breakGlass) return no(request, { why: 'already-broken' });
  if (digest !== request.digest) return no(request, { why: 'plan-changed' });
  const refused =
    mayNotAsk(request, context) ?? mayNotBreak(by.person, reason, context) ?? frozen(plan.action, context);
  if (refused) return no(request, refused);
  const broken: GateRequest = { ...request, breakGlass: { reason: cut(reason) } };
  const facts: GateFact[] = [{ is: 'glass-broken', ...actor(by), reason: cut(reason) }];
  return request.state === 'approving'
    ? also(facts, makeReady(broken, 'break-glass', context.now))
    : { request: broken, facts };
}
