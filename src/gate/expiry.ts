import { type Decided, type ExpiredPhase, no } from './facts.ts';
import type { GateRequest, RequestState } from './model.ts';

/**
 * How far the clock may stand before a request's own last moment: replicas' clocks differ, and NTP steps. Further back, a request's age
 * can't be told, and an old one could pass for fresh: it is over. ms.
 */
export const CLOCK_SKEW_MS = 60_000;

/** The last moment that the request itself knows of, epoch ms. */
function lastMoment({ policy, approveBy, startBy, confirmedAt, votes }: GateRequest): number {
  const begun = startBy === undefined ? approveBy : Math.max(approveBy, startBy);
  return Math.max(begun - policy.ttlMs, confirmedAt ?? 0, ...votes.map(({ at }) => at));
}

function phase(request: GateRequest, now: number): ExpiredPhase | undefined {
  const { state, approveBy, startBy } = request;
  if (state !== 'planned' && state !== 'confirming' && state !== 'approving' && state !== 'ready') return undefined;
  if (now < lastMoment(request) - CLOCK_SKEW_MS) return 'clock';
  // Asked this way round, a reading that is no number is too late as well.
  if (state === 'ready') return now < (startBy ?? 0) ? undefined : 'start';
  return now < approveBy ? undefined : 'approval';
}

/**
 * Ends a request whose time ran out: at `approveBy` while the approval isn't complete, at `startBy` while it hasn't begun, and when the
 * clock stands more than `CLOCK_SKEW_MS` before what happened to it already. Else the same request and no facts. What runs doesn't
 * expire. Pure. To be written whenever it tells something: a clock put back must not bring an expired request back.
 */
export function expire(request: GateRequest, now: number): Decided {
  const over = phase(request, now);
  if (over === undefined) return { request, facts: [] };
  return { request: { ...request, state: 'expired', endedAt: now }, facts: [{ is: 'expired', phase: over }] };
}

/** Why a request can't be acted on in one of these states now: it expired by being looked at, or is in another state. */
export function notIn(request: GateRequest, states: readonly RequestState[], now: number): Decided | undefined {
  const looked = expire(request, now);
  if (looked.facts.length > 0) return { ...looked, refused: { why: 'expired' } };
  return states.includes(request.state) ? undefined : no(request, { why: 'wrong-state', state: request.state });
}
