import { utc } from '../alerting/cards.ts';
import type { Block, Card } from '../chat/message.ts';
import { planTitle, stateWords } from './headline.ts';
import type { GateRequest } from './model.ts';

/** The list of requests: those that are open, oldest first, and the last that ended. Pure. */
export function listCard(open: readonly GateRequest[], recent: readonly GateRequest[]): Card {
  const row = (request: GateRequest): readonly string[] => [
    request.name,
    planTitle(request),
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
