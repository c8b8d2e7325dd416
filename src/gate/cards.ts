import { utc } from '../alerting/cards.ts';
import {
  type Block,
  type Button,
  type ButtonInput,
  type Card,
  calling,
  type Inline,
  type Span,
  type Tone,
} from '../chat/message.ts';
import { clip, humanDuration, inert, inertLine } from '../lib/text.ts';
import type { Progress } from './action.ts';
import { shortDigest } from './digest.ts';
import type { GateFact } from './facts.ts';
import { ENDS, type GateRequest, type Outcome, type RequestState, type Vote } from './model.ts';
import { approverWords, nextStep } from './nextStep.ts';
import { boundBlock, findingBlocks, LONGEST_LINE, line, stepBlocks, worded } from './planBlocks.ts';
import type { PressWhat, StoredRequest } from './requests.ts';

const LONGEST_TEXT = 1500;
const LONGEST_TITLE = 120;
/** The longest name that can be typed. */
const LONGEST_NAME = 200;

const TONES: Readonly<Record<RequestState, Tone>> = {
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
  return `${loud}${request.name} ${clip(inertLine(request.plan.title), LONGEST_TITLE)}: ${stateWords(request)}`;
}

/** What Confirm asks for where the policy wants the name typed. It is compared where the press is decided. */
function nameInput({ name, plan }: GateRequest): ButtonInput {
  const target = line(plan.target);
  return {
    title: `Confirm ${name}`,
    about: `${clip(inertLine(plan.title), LONGEST_TITLE)}. ${clip(inert(plan.summary), LONGEST_LINE)}`,
    label: `Type the name: ${target}`,
    hint: 'To the letter. Confirming accepts what the card lists; others may still have to approve.',
    optional: false,
    maxLength: LONGEST_NAME,
    instead: `/confirm ${name} ${target}`,
  };
}

/** What Deny asks for. */
function reasonInput({ name, plan, requester }: GateRequest): ButtonInput {
  return {
    title: `Deny ${name}`,
    about: `${clip(inertLine(plan.title), LONGEST_TITLE)}, asked for by ${requester}. A denial is final.`,
    label: 'Why? May stay empty',
    hint: 'Everybody who sees the card sees the reason.',
    optional: true,
    maxLength: LONGEST_LINE,
    instead: `/deny ${name} REASON`,
  };
}

function buttonsOf({ request, tokens }: StoredRequest): readonly Button[] {
  const button = (what: PressWhat, label: string, style: Button['style'], input?: ButtonInput): Button => ({
    label,
    token: tokens[what],
    style,
    ...(input ? { input } : {}),
  });
  const cancel = button('cancel', 'Cancel', 'plain');
  switch (request.state) {
    case 'planned':
    case 'ready':
      return [cancel];
    case 'confirming':
      return [
        button('confirm', 'Confirm', 'primary', request.policy.confirm === 'typed' ? nameInput(request) : undefined),
        cancel,
      ];
    case 'approving':
      return [button('approve', 'Approve', 'primary'), button('deny', 'Deny', 'danger', reasonInput(request)), cancel];
    case 'running':
      return request.cancelAsked ? [] : [cancel];
    default:
      return [];
  }
}

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
  const steps = stepBlocks(plan, over || isBlocked);
  const findings = findingBlocks(plan.findings);
  blocks.push(...(isBlocked ? [...findings, ...steps] : [...steps, ...findings]));
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

/** "✓ restic check: no errors", or what was expected instead: short enough for a phone. */
function checkLine({ what, expected, actual, ok }: Outcome['checks'][number]): Inline {
  if (!ok) return ['✗ ', { strong: `${line(what)}: ${line(actual)}` }, `, expected: ${line(expected)}`];
  return `✓ ${line(what)}: ${line(actual)}`;
}

/** The message that says how a request ended, with what was checked and counted. No buttons. Pure. */
export function endCard(request: GateRequest): Card {
  const { outcome, state, plan, name } = request;
  const words = outcome?.text || `${name} ${stateWords(request)}.`;
  const blocks: Block[] = [{ kind: 'text', text: clip(inert(words), LONGEST_TEXT) }];
  if (outcome && outcome.facts.length > 0) {
    const fields = outcome.facts.map((fact) => ({ name: line(fact.name), value: line(fact.value) }));
    blocks.push({ kind: 'fields', fields });
  }
  if (outcome && outcome.checks.length > 0) {
    const worstFirst = outcome.checks.toSorted((a, b) => Number(a.ok) - Number(b.ok));
    blocks.push({ kind: 'text', text: 'Checked afterwards:' }, { kind: 'list', items: worstFirst.map(checkLine) });
  }
  if (state === 'unknown') {
    const what = plan.locks.map(line).join(', ') || 'what it touched';
    blocks.push({
      kind: 'text',
      text: [
        { strong: 'It may have been done or not, and nothing will try again by itself. ' },
        'Look yourself, then say ',
        { code: `/settle ${name} done NOTE` },
        ' or ',
        { code: `/settle ${name} not-done NOTE` },
        `. Until then ${what} stays locked.`,
      ],
    });
  }
  return { tone: TONES[state], title: requestTitle(request), blocks, buttons: [] };
}

/** Says that the plan changed under an approval, and how: nothing was touched. Pure. */
export function driftCard(request: GateRequest, { differs, voided }: Extract<GateFact, { is: 'drifted' }>): Card {
  const gone: readonly Span[] =
    voided.length > 0 ? [' The approval of ', ...calling(voided), ' no longer counts.'] : [];
  const items = differs.map(
    ({ what, before, after }): Inline => [
      {
        strong: `${before === undefined ? 'new in' : after === undefined ? 'gone from' : 'changed in'} ${line(what)}: `,
      },
      ...(before === undefined ? [] : worded(before)),
      ...(before === undefined || after === undefined ? [] : [' → ']),
      ...(after === undefined ? [] : worded(after)),
    ],
  );
  return {
    tone: 'warning',
    title: `${request.name} ${clip(inertLine(request.plan.title), LONGEST_TITLE)}: the plan changed`,
    blocks: [
      {
        kind: 'text',
        text: ['The plan changed since it was seen, so nothing was done.', ...gone, ' The card shows the new plan.'],
      },
      { kind: 'list', items },
    ],
    buttons: [],
  };
}

/** "ben", "ben and cleo", "ben, cleo and 3 others". */
function someOf(people: readonly string[]): string {
  const [first = 'nobody', second, ...others] = people;
  if (second === undefined) return first;
  return others.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${others.length} more`;
}

/**
 * The call for approvers, which calls who is meant. `people` are names of the configuration; the buttons are on the request's own card. Its title tells what
 * happened, for it stands there when all is over. Pure.
 */
export function callCard(request: GateRequest, people: readonly string[], why: string): Card {
  const { name, plan, approveBy, digest } = request;
  const words = `${name} ${shortDigest(digest)}`;
  return {
    tone: 'info',
    title: `${name} ${clip(inertLine(plan.title), LONGEST_TITLE)}: approval asked of ${someOf(people)}`,
    blocks: [
      { kind: 'text', text: [...calling(people), `: ${line(why)}`] },
      { kind: 'text', text: clip(inert(plan.summary), LONGEST_TEXT) },
      {
        kind: 'quiet',
        text: [
          `Read its card and press Approve or Deny there before ${utc(approveBy)}. Without buttons: `,
          { code: `/requests ${name}` },
          ' shows the card, then ',
          { code: `/approve ${words}` },
          ' or ',
          { code: `/deny ${words}` },
        ],
      },
    ],
    buttons: [],
  };
}

/** The list of requests: those that are open, oldest first, and the last that ended. Pure. */
export function listCard(open: readonly GateRequest[], recent: readonly GateRequest[]): Card {
  const row = (request: GateRequest): readonly string[] => [
    request.name,
    clip(inertLine(request.plan.title), LONGEST_TITLE),
    stateWords(request),
    request.requester,
    utc(request.endedAt ?? request.startBy ?? request.approveBy),
  ];
  const table = (rows: readonly GateRequest[], when: string): Block => ({
    kind: 'table',
    columns: ['request', 'what', 'state', 'by', when].map((label) => ({ label })),
    rows: rows.map(row),
  });
  const blocks: Block[] = [];
  if (open.length > 0) blocks.push(table(open, 'until'));
  if (recent.length > 0) blocks.push({ kind: 'text', text: 'Ended last:' }, table(recent, 'ended'));
  const count = open.length === 1 ? '1 request is open' : `${open.length} requests are open`;
  return { tone: 'neutral', title: open.length === 0 ? 'No request is open' : count, blocks, buttons: [] };
}
