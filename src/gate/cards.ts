import { utc } from '../alerting/cards.ts';
import type { Block, Button, ButtonInput, Card, Inline, Tone } from '../chat/message.ts';
import type { Role } from '../chat/people.ts';
import { clip, humanDuration, inert, inertLine } from '../lib/text.ts';
import type { Progress } from './action.ts';
import { shortDigest } from './digest.ts';
import type { GateFact } from './facts.ts';
import { ENDS, type GateFinding, type GateRequest, type RequestState, type Vote } from './model.ts';
import type { PressWhat, StoredRequest } from './requests.ts';

/** The longest line that comes from a plan, in code points; chats cut what is longer than they take. */
const LONGEST_LINE = 500;
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

const line = (text: string): string => clip(inertLine(text), LONGEST_LINE);

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

/** Roles for people: "somebody on call or an admin". Pure. */
export function roleWords(roles: readonly Role[]): string {
  const words = roles.map((role) => (role === 'oncall' ? 'on-call people' : 'admins'));
  return words.length > 0 ? words.join(' or ') : 'nobody';
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

const LEVELS: readonly { readonly level: GateFinding['level']; readonly title: string; readonly tone: Tone }[] = [
  { level: 'BLOCK', title: 'Blocks', tone: 'critical' },
  { level: 'ACKNOWLEDGE', title: 'Confirming accepts', tone: 'warning' },
  { level: 'NOTE', title: 'Good to know', tone: 'neutral' },
];

function findingBlocks(findings: readonly GateFinding[]): readonly Block[] {
  return LEVELS.flatMap(({ level, title, tone }): readonly Block[] => {
    const own = findings.filter((finding) => finding.level === level);
    if (own.length === 0) return [];
    const items = own.map(({ text, code }): Inline => [line(text), ' (', { code: line(code) }, ')']);
    const list: Block = { kind: 'list', items };
    return [{ kind: 'section', tone, title, summary: `${level}: ${own.length}`, folded: false, blocks: [list] }];
  });
}

function voteLine({ by, choice, at, chat, reason }: Vote): Inline {
  const why = reason ? `: ${line(reason)}` : '';
  return [{ strong: by }, ` ${choice === 'approve' ? 'approved' : 'denied'} through ${chat}, ${utc(at)}${why}`];
}

function approvalWords({ policy, requester, breakGlass }: GateRequest): string {
  if (breakGlass) return 'none, the glass was broken';
  if (policy.approvals === 0) return `none (${line(policy.source)})`;
  return `${policy.approvals} by ${roleWords(policy.approve)}, not by ${requester} (${line(policy.source)})`;
}

function fieldsOf(request: GateRequest): readonly { readonly name: string; readonly value: Inline }[] {
  const { plan, requester, requestedAt, digest, state, approveBy, startBy } = request;
  const waits = state === 'planned' || state === 'confirming' || state === 'approving';
  return [
    { name: 'What', value: [{ code: line(plan.action) }, ' on ', { strong: line(plan.target) }] },
    { name: 'Asked by', value: `${requester}, ${utc(requestedAt)}` },
    { name: 'Approval', value: approvalWords(request) },
    ...(plan.lastTookMs === undefined ? [] : [{ name: 'Last time', value: `took ${humanDuration(plan.lastTookMs)}` }]),
    ...(waits ? [{ name: 'Until', value: utc(approveBy) }] : []),
    ...(state === 'ready' && startBy !== undefined ? [{ name: 'Starts until', value: utc(startBy) }] : []),
    { name: 'Plan', value: [{ code: shortDigest(digest) }] },
  ];
}

/** All that the digest binds and the lines above don't say: nobody approves what was not shown. */
function boundBlock({ plan }: GateRequest): Block {
  const text = JSON.stringify({ args: plan.args, effects: plan.effects, locks: plan.locks }, null, 1);
  return {
    kind: 'section',
    tone: 'neutral',
    title: 'In full',
    summary: 'arguments, effects and locks that the plan is bound to',
    folded: true,
    blocks: [{ kind: 'pre', text: inert(text) }],
  };
}

function progressText({ text, share }: Progress): Inline {
  const percent = share === undefined ? '' : `${Math.round(Math.min(1, Math.max(0, share)) * 100)} % · `;
  return [{ strong: `${percent}${line(text)}` }];
}

/** What stands above the plan: the loud, the outcome, the stop that was asked for, the latest line of progress. */
function headBlocks({ state, requester, outcome, breakGlass, cancelAsked }: GateRequest, progress?: Progress): Block[] {
  const blocks: Block[] = [];
  const say = (text: Inline): number => blocks.push({ kind: 'text', text });
  if (breakGlass) say([{ strong: `Without approval, by ${requester}: ` }, line(breakGlass.reason)]);
  if (outcome) say([{ strong: clip(inert(outcome.text), LONGEST_TEXT) }]);
  if (cancelAsked && !ENDS.has(state)) say(`${cancelAsked.by} asked to stop it, ${utc(cancelAsked.at)}.`);
  if ((state === 'running' || state === 'ready') && progress) say(progressText(progress));
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
  if (plan.steps.length > 0) {
    const list: Block = { kind: 'list', items: plan.steps.map(({ text }, at) => `${at + 1}. ${line(text)}`) };
    const summary = plan.steps.length === 1 ? '1 step' : `${plan.steps.length} steps`;
    blocks.push({ kind: 'section', tone: 'neutral', title: 'Steps', summary, folded: over, blocks: [list] });
  }
  blocks.push(...findingBlocks(plan.findings), { kind: 'fields', fields: fieldsOf(request) });
  if (votes.length > 0) blocks.push({ kind: 'list', items: votes.map(voteLine) });
  blocks.push(boundBlock(request));
  if (state === 'confirming' && request.policy.confirm === 'typed') {
    const words = `/confirm ${request.name} ${line(plan.target)}`;
    blocks.push({ kind: 'quiet', text: [`${request.requester} confirms by typing the name: `, { code: words }] });
  }
  const tone = request.breakGlass && !over ? 'critical' : TONES[state];
  return { tone, title: requestTitle(request), blocks, buttons: buttonsOf(stored) };
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
    blocks.push({
      kind: 'table',
      columns: [{ label: 'check' }, { label: 'expected' }, { label: 'found' }, { label: 'ok' }],
      rows: outcome.checks.map(({ what, expected, actual, ok }) => [
        line(what),
        line(expected),
        line(actual),
        ok ? 'yes' : 'NO',
      ]),
    });
  }
  if (state === 'unknown') {
    const what = plan.locks.map(line).join(', ') || 'what it touched';
    blocks.push({ kind: 'quiet', text: `Locked until somebody who has looked settles ${name}: ${what}.` });
  }
  return { tone: TONES[state], title: requestTitle(request), blocks, buttons: [] };
}

/** Says that the plan changed under an approval, and how: nothing was touched. Pure. */
export function driftCard(request: GateRequest, { differs, voided }: Extract<GateFact, { is: 'drifted' }>): Card {
  const gone = voided.length > 0 ? ` The approval of ${voided.join(', ')} no longer counts.` : '';
  const items = differs.map(
    ({ what, before, after }): Inline => [
      { code: line(what) },
      `: ${before === undefined ? 'nothing' : line(before)} became ${after === undefined ? 'nothing' : line(after)}`,
    ],
  );
  return {
    tone: 'warning',
    title: requestTitle(request),
    blocks: [
      {
        kind: 'text',
        text: `The plan changed since it was seen, so nothing was done.${gone} The card shows the new plan.`,
      },
      { kind: 'list', items },
    ],
    buttons: [],
  };
}

/** The call for approvers, which names who is meant. `people` are names; the buttons are on the request's own card. Pure. */
export function callCard(request: GateRequest, people: readonly string[], why: string): Card {
  return {
    tone: 'warning',
    title: requestTitle(request),
    blocks: [
      { kind: 'text', text: [...people.flatMap((name) => [{ strong: `@${name}` }, ' ']), line(why)] },
      {
        kind: 'quiet',
        text: [
          `Until ${utc(request.approveBy)}: press Approve or Deny on its card, or say `,
          { code: `/approve ${request.name}` },
          ' or ',
          { code: `/deny ${request.name}` },
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
