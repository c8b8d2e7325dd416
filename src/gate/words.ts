import { utc } from '../alerting/cards.ts';
import type { Block, Card, Tone } from '../chat/message.ts';
import { inertLine } from '../lib/text.ts';
import type { Refusal } from './facts.ts';
import type { GateRequest, RequestState } from './model.ts';
import { roleWords } from './nextStep.ts';

/** What is answered to whoever asked, confirmed, voted or cancelled. `to: 'all'` shows it to everybody in the conversation. */
export interface GateAnswer {
  readonly to: 'asker' | 'all';
  readonly card: Card;
}

/** An answer that only the asker sees. */
export function answer(title: string, blocks: readonly Block[] = [], tone: Tone = 'neutral'): GateAnswer {
  return { to: 'asker', card: { tone, title, blocks, buttons: [] } };
}

/** What a request in this state is, after "REQ-17 ". */
const STATES: Readonly<Record<RequestState, string>> = {
  planned: 'has a plan that is blocked',
  confirming: 'waits for its confirmation',
  approving: 'waits for approval',
  ready: 'is approved and about to start',
  running: 'is running',
  verifying: 'is being verified',
  succeeded: 'has succeeded already',
  degraded: 'is over already; it ended degraded',
  failed: 'is over already; it failed',
  cancelled: 'was cancelled',
  denied: 'was denied',
  expired: 'has expired',
  refused: 'was refused at its start',
  unknown: 'ended unknown; a person must look and settle it',
};

/** Where a request stands, as a sentence: "REQ-17 was denied." Pure. */
export function stateSentence({ name, state }: GateRequest): string {
  return `${name} ${STATES[state]}.`;
}

/** Why something was not done, as a sentence or two for the person. `name` is the request's, or what was asked for. Pure. */
export function refusalWords(refusal: Refusal, name: string): string {
  switch (refusal.why) {
    case 'wrong-state':
      return `${name} ${STATES[refusal.state]}; nothing was done.`;
    case 'expired':
      return `${name} has expired: its time ran out. Ask again for a fresh plan.`;
    case 'blocked':
      return `${name} can’t be confirmed: its plan is blocked by ${refusal.codes.map(inertLine).join(', ')}. Mend that and ask again.`;
    case 'not-requester':
      return `Only ${refusal.requester}, who asked for ${name}, can do that.`;
    case 'requester':
      return `You asked for ${name} yourself; somebody else must decide, whatever chat you use. You can cancel it.`;
    case 'stands-in':
      return `${name}: approving takes somebody else than ${refusal.party.join(', ')}: who stands in for another counts as that person. You can deny it.`;
    case 'right-used':
      return `${name}: the right you stand in for has approved already (${refusal.approved.join(', ')}); it takes another person.`;
    case 'not-eligible':
      return refusal.needs.length === 0
        ? `${name}: the policy lets nobody do that.`
        : `${name}: only ${roleWords(refusal.needs)} can do that, and that isn’t you now.`;
    case 'not-named':
      return `${name}: only ${refusal.named.join(', ') || 'nobody'} may ask for that.`;
    case 'on-call-unknown':
      return `${name}: who is on call can’t be told now (${inertLine(refusal.reason)}), so the answer is no. Admins can act.`;
    case 'not-on-call':
      return `${name}: breaking the glass is for whoever is on call now.`;
    case 'reason-too-short':
      return `${name}: give a reason of at least ${refusal.least} characters.`;
    case 'already-broken':
      return `${name} goes without approval already.`;
    case 'quorum-unreachable':
      return `${name} needs ${refusal.needed} ${refusal.needed === 1 ? 'approval' : 'approvals'} by others than you, and ${
        refusal.possible.length === 0 ? 'nobody else may give one' : `only ${refusal.possible.join(', ')} may give one`
      }. Change the policy, or the people.`;
    case 'frozen': {
      const { name: window, from, to, timezone, until } = refusal.window;
      const end = until === undefined ? '; it can’t be read, so it holds' : ` (ends ${utc(until)})`;
      return `${name}: nothing may be changed during the freeze “${inertLine(window)}”, ${from} to ${to} ${timezone}${end}.`;
    }
    case 'typed-missing':
      return `${name} wants the name typed: say /confirm ${name} ${inertLine(refusal.target)}`;
    case 'typed-mismatch':
      return `${name}: that is not the name. Say /confirm ${name} ${inertLine(refusal.target)}`;
    case 'plan-changed':
      return `${name} has another plan by now; nothing was done. Read its newest card and use the buttons there.`;
    case 'already-approved':
      return `You have approved ${name} already; it takes another person.`;
    case 'approvers-lapsed':
      return `${name} did not start: ${refusal.lapsed.join(', ') || 'who approved'} may no longer approve it (${refusal.counted} of ${refusal.needed} left).`;
    case 'not-confirmed':
      return `${name} did not start: nobody confirmed it.`;
    case 'digest-mismatch':
      return `${name} did not start: its plan is not the one that was approved, or the cluster is another one.`;
    case 'no-plan':
      return `${name} did not start: ${inertLine(refusal.text)}`;
    case 'other-execution':
      return `${name} is in the hands of another execution.`;
    case 'nobody-cancelled':
      return `Nobody cancelled ${name}.`;
    case 'already-settled':
      return `${name} is settled already.`;
  }
}
