import type { Tone } from '../chat/message.ts';
import { clip, humanDuration, inertLine } from '../lib/text.ts';
import type { GateRequest, RequestState } from './model.ts';

const LONGEST_TITLE = 120;

/** A plan's title as every card shows it: one inert line. Pure. */
export function planTitle({ plan }: GateRequest): string {
  return clip(inertLine(plan.title), LONGEST_TITLE);
}

/** How a state is coloured. */
export const TONES: Readonly<Record<RequestState, Tone>> = {
  planned: 'critical',
  confirming: 'warning',
  approving: 'warning',
  ready: 'info',
  running: 'info',
  verifying: 'info',
  succeeded: 'ok',
  degraded: 'warning',
  failed: 'critical',
  cancelled: 'neutral',
  denied: 'neutral',
  expired: 'neutral',
  refused: 'warning',
  unknown: 'critical',
};

/** What a request waits for or how it ended, in a few words for a title. Pure. */
export function stateWords(request: GateRequest): string {
  const { state, policy, requester, votes, digest } = request;
  switch (state) {
    case 'planned':
      return 'blocked';
    case 'confirming':
      return `${requester} must confirm`;
    case 'approving': {
      const given = votes.filter((vote) => vote.choice === 'approve' && vote.digest === digest).length;
      const missing = Math.max(1, policy.approvals - given);
      return `waits for ${missing === 1 ? 'an approval' : `${missing} approvals`}`;
    }
    case 'ready':
      return 'waits for its start';
    case 'running':
      return request.cancelAsked ? 'is being stopped' : 'running';
    case 'verifying':
      return 'being verified';
    case 'unknown':
      return 'unknown, a person must look';
    default:
      return `${state}${tookWords(request)}`;
  }
}

function tookWords({ state, execution }: GateRequest): string {
  if (execution?.endedAt === undefined) return '';
  const word = state === 'succeeded' || state === 'degraded' ? ' in ' : ' after ';
  return `${word}${humanDuration(execution.endedAt - execution.startedAt)}`;
}

/** The first line of a request's card: number, what, state. Pure. */
export function requestTitle(request: GateRequest): string {
  const loud = request.breakGlass ? 'BREAK GLASS ' : '';
  return `${loud}${request.name} ${planTitle(request)}: ${stateWords(request)}`;
}
