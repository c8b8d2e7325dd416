import { clip, inertLine } from '../../lib/text.ts';
import { type Block, type Card, plain } from '../message.ts';
import type { Delivery, MessageKey } from '../port.ts';
import { CHANNEL, type ConsoleMessage, type ConsoleThread } from './model.ts';
import type { Asked, Rank } from './views.ts';

/** Words that are searchable per thread: enough for names, nodes, units and reasons, bounded against logs. */
const MAX_WORDS = 400;
const MAX_WORD_CHARS = 60;
const MAX_SNIPPET_CHARS = 160;
const MAX_TITLE_CHARS = 300;

/** Keys of roots that open a thread of their own: `INC-42`, `REQ-17`. Other roots are messages of the channel. */
const OWN_THREAD = /^[A-Z]+-\d+$/;
const INCIDENT = /^INC-\d+$/;

/** The thread in which a delivery is shown. */
export function threadOf(delivery: Pick<Delivery, 'message' | 'thread'>): MessageKey {
  if (delivery.thread) return delivery.thread.root;
  return OWN_THREAD.test(delivery.message) ? delivery.message : CHANNEL;
}

function rankOf(key: MessageKey, card: Card): Rank {
  // An incident is over when its root turned green; anything else waits for someone as long as it has buttons.
  const isOpen = INCIDENT.test(key) ? card.tone !== 'ok' : card.buttons.length > 0;
  if (!isOpen) return 'closed';
  return card.tone === 'critical' || card.tone === 'warning' ? `open-${card.tone}` : 'open-other';
}

/** Every text of a block, its own first. */
function* textsOf(block: Block): Generator<string> {
  switch (block.kind) {
    case 'text':
    case 'quiet':
      yield plain(block.text);
      break;
    case 'pre':
      yield block.text;
      break;
    case 'fields':
      for (const { name, value } of block.fields) yield `${name} ${plain(value)}`;
      break;
    case 'list':
      for (const item of block.items) yield plain(item);
      break;
    case 'table':
      for (const row of block.rows) yield row.join(' ');
      break;
    case 'picture':
      yield block.picture.alt;
      break;
    case 'section':
      yield block.title;
      yield block.summary;
      for (const inner of block.blocks) yield* textsOf(inner);
  }
}

/** Lower-case words of a text for searching. */
export function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s,;()[\]{}"'`=<>|]+/u)
    .filter((word) => word !== '')
    .map((word) => word.slice(0, MAX_WORD_CHARS));
}

function withWords(known: readonly string[], card: Card): readonly string[] {
  const words = new Set(known);
  const add = (text: string): boolean => {
    for (const word of wordsOf(text)) if (words.size < MAX_WORDS) words.add(word);
    return words.size < MAX_WORDS;
  };
  if (!add(card.title)) return known;
  for (const block of card.blocks) for (const text of textsOf(block)) if (!add(text)) return [...words];
  return words.size === known.length ? known : [...words];
}

/** The first words of the alert's own, else the first of any. A run of spans is the state, which the list shows by itself. */
function snippetOf(card: Card): string {
  const own = card.blocks.find((block) => block.kind === 'text' && typeof block.text === 'string');
  for (const block of own ? [own] : card.blocks) {
    const [first] = textsOf(block);
    if (first?.trim()) return clip(inertLine(first), MAX_SNIPPET_CHARS);
  }
  return '';
}

/** The thread after a message was posted to it or edited. Pure; `before` is undefined for the first message. */
export function threadAfter(before: ConsoleThread | undefined, message: ConsoleMessage, at: number): ConsoleThread {
  const { card, thread: key } = message;
  const stub: ConsoleThread = {
    key,
    rank: 'hidden',
    title: key,
    tone: 'neutral',
    snippet: '',
    openedAt: at,
    lastAt: at,
    isIncident: INCIDENT.test(key),
    words: wordsOf(key),
  };
  const known = before ?? stub;
  // What one person alone may read moves nothing that others see.
  if (message.onlyFor !== undefined) return known;
  if (key === CHANNEL) return { ...known, title: 'Channel', lastAt: at };
  const next = { ...known, lastAt: at, words: withWords(known.words, card) };
  if (!message.isRoot) return next;
  return {
    ...next,
    rank: rankOf(key, card),
    title: clip(inertLine(card.title), MAX_TITLE_CHARS),
    tone: card.tone,
    snippet: snippetOf(card),
  };
}

/** Whether each word asked for stands somewhere in the thread. */
export function matches(thread: ConsoleThread, asked: readonly string[]): boolean {
  return asked.every(
    (word) => thread.words.some((own) => own.includes(word)) || thread.title.toLowerCase().includes(word),
  );
}

/** What was asked, packed into the opaque `replyTo` that the answer's delivery hands back. */
export function packAsked(asked: Asked): string {
  return JSON.stringify([asked.event, asked.by, clip(inertLine(asked.text), MAX_SNIPPET_CHARS)]);
}

/** The reverse of {@link packAsked}; undefined for anything else. */
export function unpackAsked(replyTo: string | undefined): Asked | undefined {
  if (replyTo === undefined) return undefined;
  try {
    const [event, by, text] = JSON.parse(replyTo) as unknown[];
    if (typeof event === 'string' && typeof by === 'string' && typeof text === 'string') return { event, by, text };
  } catch {
    // Not ours: the message is shown without it.
  }
  return undefined;
}
