import type { Block, Card, Tone } from '../chat/message.ts';
import type { Answer } from './command.ts';

/** A card of one sentence or a few blocks. */
export function card(title: string, blocks: readonly Block[] = [], tone: Tone = 'neutral'): Card {
  return { tone, title, blocks, buttons: [] };
}

/** An answer that only the asker sees. */
export function privately(title: string, blocks: readonly Block[] = [], tone: Tone = 'neutral'): Answer {
  return { to: 'asker', card: card(title, blocks, tone) };
}
