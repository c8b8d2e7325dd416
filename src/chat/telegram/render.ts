import type { Card, Mention } from '../message.ts';
import { fitInto } from './fit.ts';
import { layout, type Part, SIGNS } from './layout.ts';
import { CAPTION_MAX, ENTITIES_MAX, HTML_MAX_BYTES, TEXT_MAX } from './limits.ts';
import { clipUnits, type Piece, pieceEntities, pieceHtml, sealed, settled } from './pieces.ts';

/** A message as it is sent. */
export interface Rendered {
  /** For `parse_mode: HTML`. */
  readonly html: string;
  /** The same words without any markup, for {@link verbatim}. */
  readonly text: string;
  /** Something is missing; the last line says where it is. */
  readonly cut: boolean;
}

/** How a message is made. */
export interface RenderOptions {
  /** Where what is left out can be seen: plain words. */
  readonly where: string;
  /** How people are called; without it they are only named. */
  readonly mention?: Mention | undefined;
  readonly max?: number;
}

/** The longest last line, in UTF-16 code units. */
const NOTICE_MAX = 512;

/** Parts in one colour: a title, and all the rest as one verbatim block. For cards that would cost too many entities. */
function bare(parts: readonly Part[]): readonly Part[] {
  const [title, ...rest] = parts;
  if (title === undefined) return [];
  const text = rest.map((part) => part.pieces.map((piece) => piece.text).join('')).join('\n');
  const body: Part = {
    pieces: [{ text, as: 'pre' }],
    rank: 2,
    keep: 'head',
    quote: false,
    cut: rest.some(({ cut }) => cut),
  };
  const flat = title.pieces.map((piece) => piece.text).join('');
  return [{ ...title, pieces: sealed([{ text: flat, as: 'plain' }], 0) }, ...(text.trim() === '' ? [] : [body])];
}

function partHtml({ pieces, quote }: Part): string {
  const html = pieces.map(pieceHtml).join('');
  return quote ? `<blockquote expandable>${html}</blockquote>` : html;
}

/** Neighbouring quotes are one: folded together, and one entity. */
function joined(parts: readonly Part[]): readonly Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last?.quote && part.quote) {
      result[result.length - 1] = { ...last, pieces: [...last.pieces, { text: '\n', as: 'plain' }, ...part.pieces] };
    } else result.push(part);
  }
  return result;
}

const entitiesOf = (parts: readonly Part[]): number =>
  parts.reduce(
    (sum, { pieces, quote }) => pieces.reduce((many, piece) => many + pieceEntities(piece), sum) + (quote ? 1 : 0),
    0,
  );

/**
 * A card as one Telegram message: at most `max` UTF-16 code units (default: a message's) and 98 entities, with nothing in it that pings
 * or that Telegram makes touchable by itself, but for the people whom `mention` knows. Any card gives one.
 */
export function renderCard(card: Pick<Card, 'tone' | 'title' | 'blocks'>, options: RenderOptions): Rendered {
  const max = options.max ?? TEXT_MAX;
  const words: Piece = { text: clipUnits(settled(`✂ ${options.where}`), Math.min(NOTICE_MAX, max / 2)), as: 'italic' };
  const notice = sealed([words], 0);
  for (const detail of ['rich', 'sparse', 'bare'] as const) {
    const laid = layout(card, detail === 'bare' ? 'sparse' : detail, options.mention);
    const fitted = fitInto(detail === 'bare' ? bare(laid) : laid, max, notice);
    const parts = joined(fitted.parts);
    const html = parts.map(partHtml).join('\n');
    const fits = entitiesOf(parts) <= ENTITIES_MAX && Buffer.byteLength(html) <= HTML_MAX_BYTES;
    if (!fits && detail !== 'bare') continue;
    const text = parts.map(({ pieces }) => pieces.map((piece) => piece.text).join('')).join('\n');
    return { html, text, cut: fitted.cut };
  }
  throw new TypeError('the last way of rendering always fits');
}

/** A picture's caption. */
export function renderCaption(card: Pick<Card, 'tone' | 'title' | 'blocks'>, where: string): Rendered {
  return renderCard(card, { where, max: CAPTION_MAX });
}

/**
 * The same message when the vendor refuses its markup: the words as they are, as one `pre` told by offsets, so that there is nothing
 * to parse and still nothing in it pings. https://core.telegram.org/bots/api#messageentity
 */
export function verbatim({ text }: Rendered): { readonly text: string; readonly entities: readonly object[] } {
  const trimmed = text.trimEnd();
  return { text: trimmed, entities: [{ type: 'pre', offset: 0, length: trimmed.length }] };
}

/** A topic's name: sign and title on one line, within the vendor's length. */
export function topicName(card: Pick<Card, 'tone' | 'title'>, max: number): string {
  const line = settled(`${SIGNS[card.tone]} ${card.title}`).replace(/\s+/g, ' ').trim();
  return [...line].length <= max ? line : `${[...line].slice(0, max - 1).join('')}…`;
}
