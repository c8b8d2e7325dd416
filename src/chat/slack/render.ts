import { clip, inert, inertLine } from '../../lib/text.ts';
import { type Block, type Button, type Card, type Inline, type Mention, plain, type Tone } from '../message.ts';
import { pressable } from './asking.ts';
import { type ButtonElement, joined, pointsOf, type SlackBlock, textOfBlocks } from './blocks.ts';
import { ACTIONS, BUTTON, FALLBACK_TEXT, MESSAGE_BLOCKS, MESSAGE_TEXT, VIEW_BLOCKS, VIEW_TEXT } from './limits.ts';
import { blockOf, type Room, run, runs, sign } from './parts.ts';

/** A message as chat.postMessage and chat.update take it. */
export interface Rendered {
  /** For notifications and screen readers; escaped, so that nothing in it is markup. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  readonly attachments: readonly { readonly color: string; readonly blocks: readonly SlackBlock[] }[];
}

/** Bars of root messages. */
const COLOURS: Readonly<Record<Tone, string>> = {
  critical: '#c62828',
  warning: '#e69f00',
  info: '#1565c0',
  ok: '#2e7d32',
  neutral: '#8a8f98',
};
const WORDS: Readonly<Record<Tone, string>> = {
  critical: 'Critical: ',
  warning: 'Warning: ',
  info: '',
  ok: 'OK: ',
  neutral: '',
};

/** From all there is down to the beginnings: the first that fits is taken. */
const ROOMS: readonly Room[] = [
  { leaf: MESSAGE_TEXT, folded: MESSAGE_TEXT, items: 1000 },
  { leaf: 8000, folded: 2500, items: 400 },
  { leaf: 4500, folded: 1500, items: 120 },
  { leaf: 3000, folded: 900, items: 80 },
  { leaf: 2000, folded: 500, items: 50 },
  { leaf: 1200, folded: 300, items: 30 },
  { leaf: 700, folded: 200, items: 20 },
  { leaf: 300, folded: 120, items: 12 },
  { leaf: 120, folded: 80, items: 8 },
];
/** Kept for the title, the hint where the rest is, and buttons. */
const SPARE_BLOCKS = 8;
const TITLE = 300;
/** Buttons beyond these are left out: two rows of a phone's screen many times over. */
const MOST_BUTTONS = ACTIONS * 2;
/** Code points of the fallback before they are escaped, which makes up to five of one. */
const SPOKEN = FALLBACK_TEXT / 8;

/** Makes text inert where Slack reads markup. https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** What a notification says: the title and the first words below it. */
export function spoken(card: Card): string {
  const first = card.blocks.find((block) => block.kind === 'text');
  const title = inertLine(card.title) || 'A message';
  const below = first?.kind === 'text' ? `\n${inert(plain(first.text))}` : '';
  return escaped(clip(`${WORDS[card.tone]}${title}${below}`, SPOKEN));
}

/** The blocks of a card's body in the widest room in which they fit into `text` code points and `blocks` blocks. Pure but for `mention`. */
export function bodyOf(
  blocks: readonly Block[],
  bounds: { readonly text: number; readonly blocks: number; readonly mention?: Mention | undefined },
): { readonly shown: readonly SlackBlock[]; readonly cut: boolean } {
  const { mention } = bounds;
  for (const size of ROOMS) {
    const room = { ...size, mention };
    const each = blocks.map((block) => blockOf(block, room));
    const shown = joined(
      each.flatMap((one) => one.shown),
      bounds.blocks,
    );
    if (shown.length <= bounds.blocks && textOfBlocks(shown) <= bounds.text)
      return { shown, cut: each.some(({ cut }) => cut) };
  }
  // More parts than fit even by their beginnings: the first of them.
  const tightest = { ...(ROOMS.at(-1) ?? { leaf: 100, folded: 100, items: 5 }), mention };
  const shown: SlackBlock[] = [];
  let left = bounds.text;
  for (const block of blocks) {
    const next = blockOf(block, tightest).shown;
    left -= textOfBlocks(next);
    if (left < 0) break;
    const together = joined([...shown, ...next], bounds.blocks);
    if (together.length > bounds.blocks) break;
    shown.splice(0, shown.length, ...together);
  }
  return { shown, cut: true };
}

function button({ label, style, ...pressed }: Button, at: number): ButtonElement {
  const text = clip(inertLine(label) || '…', BUTTON.text);
  return {
    type: 'button',
    ...pressable(pressed, at),
    text: { type: 'plain_text', text, emoji: false },
    ...(style === 'plain' ? {} : { style }),
  };
}

function actionsOf(buttons: readonly Button[]): readonly SlackBlock[] {
  // A token is never cut: a press must say exactly what it meant.
  const usable = buttons.filter(({ token }) => token !== '' && pointsOf(token) <= BUTTON.value).slice(0, MOST_BUTTONS);
  const elements = usable.map(button);
  const rows: SlackBlock[] = [];
  for (let at = 0; at < elements.length; at += ACTIONS)
    rows.push({ type: 'actions', elements: elements.slice(at, at + ACTIONS) });
  return rows;
}

const titleOf = ({ tone, title }: Card): SlackBlock => ({
  type: 'rich_text',
  elements: [
    {
      type: 'rich_text_section',
      elements: [sign(tone), ...run(` ${clip(inertLine(title) || 'A message', TITLE)}`, { bold: true })],
    },
  ],
});

/**
 * A card as a message of Slack's. `bar` puts its body behind a bar in the tone's colour, which an edit can change; `rest` is said at
 * the end where something had to be left out; without `mention` people are only named. Any card comes out within every limit.
 */
export function renderMessage(
  card: Card,
  how: { readonly bar: boolean; readonly rest: Inline; readonly mention?: Mention | undefined },
): { readonly message: Rendered; readonly cut: boolean } {
  const title = titleOf(card);
  const actions = actionsOf(card.buttons);
  const hint = runs(how.rest, 500).shown;
  const fixed =
    textOfBlocks([title, ...actions]) + hint.reduce((sum, one) => sum + ('text' in one ? pointsOf(one.text) : 0), 0);
  const bounds = { text: MESSAGE_TEXT - fixed, blocks: MESSAGE_BLOCKS - SPARE_BLOCKS, mention: how.mention };
  const { shown, cut } = bodyOf(card.blocks, bounds);
  const rest: readonly SlackBlock[] =
    cut && hint.length > 0 ? [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: hint }] }] : [];
  const body = [...shown, ...rest, ...actions];
  const text = spoken(card);
  if (!how.bar || body.length === 0) return { message: { text, blocks: [title, ...body], attachments: [] }, cut };
  return { message: { text, blocks: [title], attachments: [{ color: COLOURS[card.tone], blocks: body }] }, cut };
}

/** A Home tab. https://docs.slack.dev/reference/views/home-tab-views */
export interface HomeView {
  readonly type: 'home';
  readonly blocks: readonly SlackBlock[];
}

/** Cards as a Home tab, one below the other; buttons belong to threads and are left out. Pure. */
export function renderHome(cards: readonly Card[]): HomeView {
  const blocks: SlackBlock[] = [];
  let left = VIEW_TEXT;
  for (const card of cards) {
    const title = titleOf(card);
    const room = VIEW_BLOCKS - 2 - blocks.length - 2;
    left -= textOfBlocks([title]);
    if (room < 1 || left < 0) {
      const more: SlackBlock = {
        type: 'context',
        elements: [{ type: 'plain_text', text: 'There is more: /incidents', emoji: false }],
      };
      return { type: 'home', blocks: [...blocks, more] };
    }
    const { shown } = bodyOf(card.blocks, { text: left, blocks: room });
    left -= textOfBlocks(shown);
    blocks.push(...(blocks.length > 0 ? [{ type: 'divider' as const }] : []), title, ...shown);
  }
  if (blocks.length === 0)
    blocks.push({ type: 'context', elements: [{ type: 'plain_text', text: 'Nothing to show.', emoji: false }] });
  return { type: 'home', blocks };
}
