import { utc } from '../alerting/cards.ts';
import type { Block, Card, Inline } from '../chat/message.ts';
import { clip, humanDuration, inert } from '../lib/text.ts';
import type { Progress } from './action.ts';
import { buttonsOf } from './buttons.ts';
import { shortDigest } from './digest.ts';
import { requestTitle, TONES } from './headline.ts';
import { ENDS, type GateFinding, type GateRequest, type Vote } from './model.ts';
import { approverWords, nextStep } from './nextStep.ts';
import { boundBlock, findingBlocks, LONGEST_TEXT, line, stepBlocks } from './planBlocks.ts';
import type { StoredRequest } from './requests.ts';

function voteLine({ by, choice, at, chat, reason }: Vote): Inline {
  const why = reason ? `: ${line(reason)}` : '';
  return [{ strong: by }, ` ${choice === 'approve' ? 'approved' : 'denied'} through ${chat}, ${utc(at)}${why}`];
}

function approvalWords(request: GateRequest): string {
  const { policy, breakGlass } = request;
  if (breakGlass) return 'none, the glass was broken';
  const source = policy.source === 'default' ? 'the strict default: no policy names it' : line(policy.source);
  return `${policy.approvals === 0 ? 'none' : approverWords(request)} (${source})`;
}

function fieldsOf(request: GateRequest): readonly { readonly name: string; readonly value: Inline }[] {
  const { plan, requester, requestedAt, digest, state, approveBy, startBy } = request;
  const waits = state === 'planned' || state === 'confirming' || state === 'approving';
  return [
    { name: 'What', value: [{ code: line(plan.action) }, ' on ', { strong: line(plan.target) }] },
    { name: 'Asked by', value: `${requester}, ${utc(requestedAt)}` },
    { name: 'Approval', value: approvalWords(request) },
    ...(plan.lastTookMs === undefined ? [] : [{ name: 'Last time', value: `took ${humanDuration(plan.lastTookMs)}` }]),
    ...(waits ? [{ name: 'Expires', value: utc(approveBy) }] : []),
    ...(state === 'ready' && startBy !== undefined ? [{ name: 'Must start by', value: utc(startBy) }] : []),
    { name: 'Digest', value: [{ code: shortDigest(digest) }] },
  ];
}

function progressText({ text, share }: Progress): Inline {
  // Many a text begins with it.
  const percent =
    share === undefined || /^\d+ %/.test(text) ? '' : `${Math.round(Math.min(1, Math.max(0, share)) * 100)} % · `;
  return [{ strong: `${percent}${line(text)}` }];
}

/** What stands above the plan: the loud, the outcome, what is to be done now, the stop that was asked for, the latest line of progress. */
function headBlocks(request: GateRequest, progress?: Progress): Block[] {
  const { state, requester, outcome, breakGlass, cancelAsked } = request;
  const blocks: Block[] = [];
  const say = (text: Inline): number => blocks.push({ kind: 'text', text });
  if (breakGlass) say([{ strong: `Without approval, by ${requester}: ` }, line(breakGlass.reason)]);
  if (outcome) say([{ strong: clip(inert(outcome.text), LONGEST_TEXT) }]);
  if (cancelAsked && !ENDS.has(state)) say(`${cancelAsked.by} asked to stop it, ${utc(cancelAsked.at)}.`);
  const isMoving = (state === 'running' || state === 'ready') && progress !== undefined;
  const next = isMoving ? progressText(progress) : nextStep(request);
  if (next !== undefined) say(next);
  return blocks;
}

/**
 * The card of a request: its plan as it will be carried out, where it stands, who may do what next. `progress` is the latest line of a
 * running action. Pure; whatever came from outside is made inert.
 */
export function requestCard(stored: StoredRequest, progress?: Progress): Card {
  const { request } = stored;
  const { plan, state, votes } = request;
  const over = ENDS.has(state);
  const blocks = headBlocks(request, progress);
  blocks.push({ kind: 'text', text: clip(inert(plan.summary), LONGEST_TEXT) });
  const isBlocked = state === 'planned';
  // Once it runs, how far it is and Cancel count; what was agreed to is folded, so that a phone shows both.
  const agreed = over || state === 'running' || state === 'verifying';
  const steps = stepBlocks(plan, agreed || isBlocked);
  // What it may cost is read before how it is done.
  const isNote = ({ level }: GateFinding): boolean => level === 'NOTE';
  const risks = plan.findings.filter((one) => !isNote(one));
  blocks.push(...findingBlocks(risks, agreed), ...steps, ...findingBlocks(plan.findings.filter(isNote), agreed));
  blocks.push({ kind: 'fields', fields: fieldsOf(request) });
  if (votes.length > 0) blocks.push({ kind: 'list', items: votes.map(voteLine) });
  blocks.push(boundBlock(plan));
  if (state === 'confirming' && request.policy.confirm === 'typed') {
    const words = `/confirm ${request.name} ${line(plan.target)}`;
    blocks.push({ kind: 'quiet', text: ['Without the button: ', { code: words }] });
  }
  const tone = request.breakGlass && !over ? 'critical' : TONES[state];
  return { tone, title: requestTitle(request), blocks, buttons: buttonsOf(stored) };
}
