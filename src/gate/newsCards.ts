import { utc } from '../alerting/cards.ts';
import { type Block, type Card, calling, type Inline, type Span } from '../chat/message.ts';
import { clip, inert } from '../lib/text.ts';
import { shortDigest } from './digest.ts';
import type { GateFact } from './facts.ts';
import { planTitle, requestTitle, stateWords, TONES } from './headline.ts';
import type { GateRequest, Outcome } from './model.ts';
import { LONGEST_LINE, LONGEST_TEXT, line, worded } from './planBlocks.ts';

/** "✓ restic check: no errors", or what was expected instead: short enough for a phone. */
function checkLine({ what, expected, actual, ok }: Outcome['checks'][number]): Inline {
  if (!ok) return ['✗ ', { strong: `${line(what)}: ${line(actual)}` }, `, expected: ${line(expected)}`];
  return `✓ ${line(what)}: ${line(actual)}`;
}

/** The message that says how a request ended, with what was checked and counted, and what can be asked for next. Pure. */
export function endCard(request: GateRequest, buttons: Card['buttons'] = []): Card {
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
  return { tone: TONES[state], title: requestTitle(request), blocks, buttons };
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
    title: `${request.name} ${planTitle(request)}: the plan changed`,
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
    title: `${name} ${planTitle(request)}: approval asked of ${someOf(people)}`,
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

/** Says that somebody goes without approval, and why, to everybody: no buttons, they are on the request's own card. Pure. */
export function glassCard(request: GateRequest): Card {
  const { name, requester, digest, breakGlass, incident } = request;
  const thread = incident === undefined ? '' : ` in the thread of INC-${Number(incident)}`;
  return {
    tone: 'critical',
    title: `BREAK GLASS ${name}: ${requester} goes without approval`,
    blocks: [
      { kind: 'text', text: planTitle(request) },
      { kind: 'text', text: [{ strong: 'Reason: ' }, clip(inert(breakGlass?.reason ?? ''), LONGEST_LINE)] },
      {
        kind: 'quiet',
        text: [
          `Plan `,
          { code: shortDigest(digest) },
          `; its card${thread} stops it: Cancel, or `,
          { code: `/deny ${name}` },
        ],
      },
    ],
    buttons: [],
  };
}
