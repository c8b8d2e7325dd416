import { digestOf } from './digest.ts';
import { notIn } from './expiry.ts';
import { type Actor, type Context, type Decided, endRefused, no, type Refusal } from './facts.ts';
import type { GateRequest, Outcome } from './model.ts';
import { tally } from './quorum.ts';
import { frozen, lacksRole, mayNotAsk, tooShort } from './rights.ts';

/**
 * Begins: `ready` → `running`, with this execution's id. Whoever's compare-and-set of the result wins executes, nobody else, never again.
 * Rechecks all that the approval rests on: time, confirmation, digest, freeze windows, the requester's rights, and that enough of those
 * who approved still may. What doesn't hold any more ends the request as `refused` (not-confirmed, digest-mismatch, frozen,
 * not-eligible, not-named, not-on-call, approvers-lapsed); while only the on-call source is silent (on-call-unknown) it stays ready, to
 * be tried again before `startBy`. Also refuses: wrong-state, expired. Pure.
 */
export function claim(request: GateRequest, executionId: string, context: Context): Decided {
  const { now } = context;
  const out = notIn(request, ['ready'], now);
  if (out) return out;
  const refused = damaged(request, context) ?? frozen(request.plan.action, context) ?? mayNotAsk(request, context);
  const lapsed = refused ?? tooFew(request, context);
  if (lapsed) return lapsed.why === 'on-call-unknown' ? no(request, lapsed) : endRefused(request, lapsed, now);
  const { digest } = request;
  return {
    request: { ...request, state: 'running', execution: { id: executionId, startedAt: now } },
    facts: [{ is: 'started', execution: executionId, digest, approvers: tally(request, context).counted }],
  };
}

function damaged({ plan, policy, digest, confirmedAt }: GateRequest, { clusterUid }: Context): Refusal | undefined {
  if (confirmedAt === undefined) return { why: 'not-confirmed' };
  return digestOf({ plan, policy, clusterUid }) === digest ? undefined : { why: 'digest-mismatch' };
}

function tooFew(request: GateRequest, context: Context): Refusal | undefined {
  if (request.breakGlass) return undefined;
  const { counted, lapsed, needed, reached } = tally(request, context);
  if (reached) return undefined;
  const silent = lapsed
    .map((name) => lacksRole(name, request.policy.approve, context))
    .find((refusal) => refusal?.why === 'on-call-unknown');
  return silent ?? { why: 'approvers-lapsed', lapsed, counted: counted.length, needed };
}

/** Why this execution can't move the request on: it isn't under way, or another one is. */
function notMine(request: GateRequest, executionId: string): Decided | undefined {
  const { state, execution } = request;
  if (state !== 'running' && state !== 'verifying') return no(request, { why: 'wrong-state', state });
  return execution?.id === executionId ? undefined : no(request, { why: 'other-execution' });
}

/** All steps are done: `running` → `verifying`. Refuses: wrong-state, other-execution. Pure. */
export function toVerifying(request: GateRequest, executionId: string): Decided {
  const out = notMine(request, executionId);
  if (out) return out;
  if (request.state !== 'running') return no(request, { why: 'wrong-state', state: request.state });
  return { request: { ...request, state: 'verifying' }, facts: [{ is: 'verifying', execution: executionId }] };
}

/** How an execution ended. */
export interface Finish {
  readonly executionId: string;
  readonly state: 'succeeded' | 'degraded' | 'failed' | 'cancelled' | 'unknown';
  readonly outcome: Outcome;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * Ends what is under way. Only verification says `succeeded` or `degraded`; `cancelled` only after somebody asked for it. Refuses:
 * wrong-state, other-execution, nobody-cancelled. Pure.
 */
export function finish(request: GateRequest, { executionId, state, outcome, now }: Finish): Decided {
  const out = notMine(request, executionId);
  if (out) return out;
  const { execution, cancelAsked } = request;
  const judged = state === 'succeeded' || state === 'degraded';
  if (judged && request.state !== 'verifying') return no(request, { why: 'wrong-state', state: request.state });
  if (state === 'cancelled' && !cancelAsked) return no(request, { why: 'nobody-cancelled' });
  const startedAt = execution?.startedAt ?? now;
  return {
    request: { ...request, state, outcome, endedAt: now, execution: { id: executionId, startedAt, endedAt: now } },
    facts: [{ is: 'finished', state, execution: executionId, tookMs: Math.max(0, now - startedAt) }],
  };
}

/** What somebody found who looked. */
export interface Settlement {
  readonly found: 'done' | 'not-done';
  /** What was seen, in at least as many characters as any reason. */
  readonly note: string;
}

/**
 * A person looked after an `unknown` end: what it touched is free again. The state stays `unknown`. For admins and whoever may ask for or
 * approve such a request. Refuses: wrong-state, already-settled, not-eligible, on-call-unknown, reason-too-short. Pure.
 */
export function settle(request: GateRequest, by: Actor, { found, note }: Settlement, context: Context): Decided {
  const { state, settled, policy } = request;
  if (state !== 'unknown') return no(request, { why: 'wrong-state', state });
  if (settled) return no(request, { why: 'already-settled' });
  const needs = [...new Set([...policy.request, ...policy.approve, 'admin' as const])];
  const refused = lacksRole(by.person, needs, context) ?? tooShort(note);
  if (refused) return no(request, refused);
  const said = { by: by.person, found, note: note.trim() };
  return {
    request: { ...request, settled: { ...said, at: context.now } },
    facts: [{ is: 'settled', chat: by.chat, ...said }],
  };
}

/** Whether what the request names stays locked: while it is under way, and after an `unknown` end until somebody settles it. Pure. */
export function keepsLocks({ state, settled }: GateRequest): boolean {
  return state === 'running' || state === 'verifying' || (state === 'unknown' && settled === undefined);
}
