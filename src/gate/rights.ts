import type { Role } from '../chat/people.ts';
import { seenLength } from '../lib/text.ts';
import type { Context, Refusal } from './facts.ts';
import { frozenBy } from './freeze.ts';
import type { GateRequest } from './model.ts';
import { approversOf, distinctRights, onDuty, partyOf, type Standing, standing, tally } from './quorum.ts';

/** Shorter reasons say nothing; characters that can be seen. */
export const MIN_REASON = 10;

function unlessHolds(found: Standing, { duty }: Context, lacking: Refusal): Refusal | undefined {
  if (found === 'holds') return undefined;
  if (found === 'unknown' && duty.is === 'unknown') return { why: 'on-call-unknown', reason: duty.reason };
  return lacking;
}

/** Why a person may not act in one of these roles: not-eligible, or on-call-unknown. Pure. */
export function lacksRole(person: string, needs: readonly Role[], context: Context): Refusal | undefined {
  return unlessHolds(standing(person, needs, context), context, { why: 'not-eligible', needs });
}

type Asking = Pick<GateRequest, 'requester' | 'policy' | 'breakGlass'>;

/**
 * Why somebody may not ask for this, or may no longer: by role, by the target's own list, and, where the glass is broken, by being on call.
 * Asked at the request, at the confirmation and at the start. Pure.
 */
export function mayNotAsk({ requester, policy, breakGlass }: Asking, context: Context): Refusal | undefined {
  const { only } = context;
  const lacks = lacksRole(requester, policy.request, context);
  if (lacks) return lacks;
  if (only !== undefined && !only.includes(requester)) return { why: 'not-named', named: only };
  return breakGlass === undefined ? undefined : mayNotBreak(requester, breakGlass.reason, context);
}

/** Why somebody may not break the glass for this reason. Pure. */
export function mayNotBreak(person: string, reason: string, context: Context): Refusal | undefined {
  return unlessHolds(onDuty(person, context), context, { why: 'not-on-call' }) ?? tooShort(reason);
}

/** Whether a reason says too little to be one. Pure. */
export function tooShort(reason: string): Refusal | undefined {
  return seenLength(reason) < MIN_REASON ? { why: 'reason-too-short', least: MIN_REASON } : undefined;
}

/** The window that forbids the action now, as a refusal. Pure. */
export function frozen(action: string, { freezes, now }: Context): Refusal | undefined {
  const window = frozenBy(freezes, action, now);
  return window && { why: 'frozen', window };
}

/**
 * Why somebody who may approve can't approve this one: they stand in for its party, or the right they would use has approved already.
 * Pure.
 */
export function notAnother(person: string, request: GateRequest, context: Context): Refusal | undefined {
  if (!approversOf(request, context).includes(person))
    return { why: 'stands-in', party: [...partyOf(request, context)] };
  const approved = tally(request, context).counted;
  const together = distinctRights([...approved, person], request, context);
  return together.length > approved.length ? undefined : { why: 'right-used', approved };
}

/**
 * Why there could never be enough approvals: too few people but the requester's party may give one in their own right (who stands in for
 * them adds nobody); or, where only the silent on-call source could tell whether there are enough, that. Pure.
 */
export function unreachable(request: Asking, context: Context): Refusal | undefined {
  const { policy } = request;
  const possible = distinctRights(approversOf(request, context), request, context);
  if (possible.length >= policy.approvals) return undefined;
  const party = partyOf(request, context);
  const perhaps = context.people.filter(
    ({ name }) => !party.has(name) && standing(name, policy.approve, context) === 'unknown',
  );
  const lacking: Refusal = { why: 'quorum-unreachable', needed: policy.approvals, possible };
  return unlessHolds(possible.length + perhaps.length < policy.approvals ? 'lacks' : 'unknown', context, lacking);
}
