import type { Person } from '../chat/people.ts';
import type { Conversation } from '../chat/port.ts';
import type { GateRequest } from './model.ts';
import { callCard } from './newsCards.ts';
import { approversOf, type Crew, standing } from './quorum.ts';

/** How people are reached who may have to approve. */
export interface Callers {
  /** Private conversations in which a person can be told, where a chat can. */
  readonly direct: (person: Person) => readonly Conversation[];
  /** Who is on call after those who are now; none where nobody knows. Rejects only when the signal is aborted. */
  readonly next: (signal: AbortSignal) => Promise<readonly string[]>;
}

/** Nobody can be told in private, nobody is next. */
export const NO_CALLERS: Callers = { direct: () => [], next: async () => [] };

/** A call for approvers: a message that names them, and the private conversations in which they are told. */
export interface Call {
  readonly called: number;
  readonly direct: readonly Conversation[];
  readonly post: { readonly suffix: string; readonly card: ReturnType<typeof callCard> };
}

function call(
  request: GateRequest,
  crew: Crew,
  { called, names, why, callers }: { called: number; names: readonly string[]; why: string; callers: Callers },
): Call {
  const people = crew.people.filter(({ name }) => names.includes(name));
  return {
    called,
    direct: people.flatMap(callers.direct),
    post: { suffix: `call-${request.digest.slice(0, 8)}-${called}`, card: callCard(request, names, why) },
  };
}

/** The first call: everybody who may approve is told. Pure but for `callers`. */
export function firstCall(request: GateRequest, crew: Crew, callers: Callers): Call {
  const names = approversOf(request, crew);
  return call(request, crew, { called: 0, names, why: `${request.requester} asks for your approval.`, callers });
}

/** Share of the time to approve after which who is on call next is called, then all admins. */
const CALL_AT = [1 / 3, 2 / 3] as const;

/** How far the call for approvers should have gone by now: 0, 1 (on call next) or 2 (all admins). Pure. */
export function callDue({ state, confirmedAt, approveBy }: GateRequest, now: number): number {
  if (state !== 'approving' || confirmedAt === undefined) return 0;
  const share = (now - confirmedAt) / Math.max(1, approveBy - confirmedAt);
  return CALL_AT.filter((from) => share >= from).length;
}

/**
 * The call that is due after `called`: who is on call next where there is somebody who may approve, else all admins. Undefined where
 * nobody could be called.
 */
export function nextCall(
  request: GateRequest,
  crew: Crew,
  { due, next, callers }: { readonly due: number; readonly next: readonly string[]; readonly callers: Callers },
): Call | undefined {
  const may = approversOf(request, crew);
  const second = next.filter((name) => may.includes(name));
  const why = 'Nobody has decided yet.';
  if (due === 1) {
    return second.length === 0 ? undefined : call(request, crew, { called: 1, names: second, why, callers });
  }
  const admins = may.filter((name) => standing(name, ['admin'], crew) === 'holds');
  return admins.length === 0 ? undefined : call(request, crew, { called: 2, names: admins, why, callers });
}
