import type { Card } from '../chat/message.ts';
import { clip, inert, inertLine } from '../lib/text.ts';
import { shortDigest } from './digest.ts';
import type { GateRequest } from './model.ts';

const LONGEST_LINE = 500;
const LONGEST_TITLE = 120;

/** Says that somebody goes without approval, and why, to everybody: no buttons, they are on the request's own card. Pure. */
export function glassCard({ name, requester, plan, digest, breakGlass, incident }: GateRequest): Card {
  const thread = incident === undefined ? '' : ` in the thread of INC-${Number(incident)}`;
  return {
    tone: 'critical',
    title: `BREAK GLASS ${name}: ${requester} goes without approval`,
    blocks: [
      { kind: 'text', text: clip(inertLine(plan.title), LONGEST_TITLE) },
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
