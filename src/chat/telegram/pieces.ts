import { inert } from '../../lib/text.ts';

/** How a piece of a message looks. Everything but `plain` costs one entity. */
export type Look = 'plain' | 'bold' | 'italic' | 'code' | 'pre';

/** A run of text with one look; never nested, so `code` can hold anything (nothing is found inside of it). */
export type Piece =
  | { readonly text: string; readonly as: Look }
  | { readonly text: string; readonly as: 'link'; readonly href: string }
  /** Calls somebody by their user id. */
  | { readonly text: string; readonly as: 'mention'; readonly user: string };

/** Three combining marks that the server removes: what they stood between would close up. https://github.com/tdlib/td (clean_input_string) */
const REMOVED_BY_SERVER = /[\u030a\u0333\u033f]/g;

/** Untrusted text as it will stand in the message: inert, and without what the server would take out after we looked. */
export function settled(text: string): string {
  return inert(inert(text).normalize('NFC').replace(REMOVED_BY_SERVER, ''));
}

/**
 * What Telegram could make touchable by itself: a mention (which pings), a command (which a tap sends), a hashtag, a cashtag, an address,
 * a link. Deliberately wider than the vendor's patterns. https://github.com/tdlib/td (td/telegram/MessageEntity.cpp)
 */
const TOUCHABLE = new RegExp(
  [
    '@[A-Za-z0-9_]',
    '(?<![\\p{L}\\p{N}_/<>])/[A-Za-z0-9_]',
    '[#$][\\p{L}\\p{N}_\\u00b7\\u0d80-\\u0dff]',
    '://',
    '\\.\\p{L}[\\p{L}\\p{N}]',
    '\\d\\.\\d+\\.\\d+\\.\\d',
  ].join('|'),
  'u',
);

/** Whether Telegram could find something in the text by itself. */
export function isTouchable(text: string): boolean {
  return TOUCHABLE.test(text);
}

/** Nothing is found inside of these. https://github.com/tdlib/td (td/telegram/MessageEntity.cpp, find_entities) */
const isClosed = ({ as }: Piece): boolean => as === 'code' || as === 'pre' || as === 'link' || as === 'mention';

/** The same words, each of them on its own: no find of the vendor's crosses white space. */
const WORD = /[^ \n\t]+/gu;

/** Punctuation after a word, in which nothing can be found. */
const TRAILING = /[.,;:!?)\]'"…]+$/;

/** Adds a piece; neighbours of one look become one, codes also over the space between them. */
function join(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  const before = pieces.at(-2);
  if (piece.text === '') return;
  if (last !== undefined && last.as === piece.as && last.as !== 'link' && last.as !== 'mention') {
    pieces[pieces.length - 1] = { ...last, text: last.text + piece.text };
  } else if (piece.as === 'code' && before?.as === 'code' && last?.text === ' ') {
    pieces.splice(-2, 2, { text: `${before.text} ${piece.text}`, as: 'code' });
  } else pieces.push(piece);
}

/**
 * The same text, and nothing in it that Telegram would find by itself: every word that could be touchable becomes `code`, across the
 * borders of pieces too. Where more than `most` codes come of it, the whole becomes one. Pure.
 */
export function sealed(pieces: readonly Piece[], most: number): readonly Piece[] {
  const text = pieces.map((piece) => piece.text).join('');
  const words = [...text.matchAll(WORD)]
    .filter(([word]) => isTouchable(word))
    .map(({ 0: word, index }) => ({ from: index, to: index + (word.replace(TRAILING, '').length || word.length) }));
  if (words.length === 0) return pieces;
  const result: Piece[] = [];
  let at = 0;
  let next = 0;
  for (const piece of pieces) {
    const end = at + piece.text.length;
    let from = at;
    while (!isClosed(piece) && from < end) {
      const word = words[next];
      const start = word === undefined ? end : Math.min(end, Math.max(from, word.from));
      join(result, { ...piece, text: text.slice(from, start) });
      from = start;
      if (word === undefined || start >= end) break;
      const stop = Math.min(end, word.to);
      join(result, { text: text.slice(start, stop), as: 'code' });
      from = stop;
      if (stop === word.to) next += 1;
    }
    if (isClosed(piece)) {
      join(result, piece);
      while ((words[next]?.to ?? Number.POSITIVE_INFINITY) <= end) next += 1;
    }
    at = end;
  }
  const codes = result.filter(({ as }) => as === 'code').length - pieces.filter(({ as }) => as === 'code').length;
  return codes > most ? [{ text, as: 'code' }] : result;
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const TAGS: Readonly<Record<Exclude<Look, 'plain'>, string>> = { bold: 'b', italic: 'i', code: 'code', pre: 'pre' };

/** A piece in Telegram's HTML. https://core.telegram.org/bots/api#html-style */
export function pieceHtml(piece: Piece): string {
  const text = escapeHtml(piece.text);
  if (piece.as === 'plain' || piece.text.trim() === '') return text;
  if (piece.as === 'link') return `<a href="${escapeHtml(piece.href).replaceAll('"', '&quot;')}">${text}</a>`;
  if (piece.as === 'mention') return `<a href="tg://user?id=${piece.user}">${text}</a>`;
  const tag = TAGS[piece.as];
  return `<${tag}>${text}</${tag}>`;
}

/** Entities that a piece costs. */
export function pieceEntities(piece: Piece): number {
  return piece.as === 'plain' || piece.text.trim() === '' ? 0 : 1;
}

/** Cuts text to at most `max` UTF-16 code units, the last of which is then an ellipsis; never splits a surrogate pair. */
export function clipUnits(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = Math.max(0, max - 1);
  const whole = /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end;
  return max <= 0 ? '' : `${text.slice(0, whole)}…`;
}
