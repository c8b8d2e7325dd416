import type { Block, Card, Inline, Mention, Tone } from '../message.ts';
import { textTable } from '../plainText.ts';
import { HREF_MAX } from './limits.ts';
import { clipUnits, isTouchable, type Look, type Piece, sealed, settled } from './pieces.ts';

/**
 * A part of a message, on lines of its own. `rank` tells what goes first when there is not room for all: 0 the title, 1 headings and
 * sentences, 2 what lies open, 3 what is folded. `keep`: which end of it matters (a log's newest lines are its last).
 */
export interface Part {
  readonly pieces: readonly Piece[];
  readonly rank: 0 | 1 | 2 | 3;
  readonly keep: 'head' | 'tail';
  readonly quote: boolean;
  /** Something was left out already. */
  readonly cut: boolean;
}

/** Signs of the tones: the colour that a thread has in Telegram. */
export const SIGNS: Readonly<Record<Tone, string>> = {
  critical: '🔴',
  warning: '🟠',
  info: '🔵',
  ok: '🟢',
  neutral: '⚪',
};

/** No string of a part is longer, in UTF-16 code units, and no list of it: what is beyond could never be shown. */
const STRING_MAX = 8192;
const ITEMS_MAX = 400;
/** The widest cell of a table in characters: a phone shows about forty in all. */
const CELL_MAX = 40;

/** How much formatting there may be: codes in one run of text, before the run becomes code as a whole. */
export type Detail = 'rich' | 'sparse';
const CODES: Readonly<Record<Detail, number>> = { rich: 6, sparse: 0 };

/** An http or https address that Telegram takes for a link (it drops those whose host has no dot), or undefined. */
function usableHref(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  const web = url.protocol === 'http:' || url.protocol === 'https:';
  return web && url.hostname.includes('.') && url.href.length <= HREF_MAX ? url.href : undefined;
}

class Layout {
  readonly parts: Part[] = [];
  readonly #codes: number;
  readonly #mention: Mention | undefined;
  /** Something was left out because no message could ever hold it. */
  dropped = false;

  constructor(detail: Detail, mention: Mention | undefined) {
    this.#codes = CODES[detail];
    this.#mention = mention;
  }

  text(text: string, as: Look = 'plain'): Piece {
    return { text: settled(text.slice(0, STRING_MAX)), as };
  }

  inline(inline: Inline, as: Look = 'plain'): readonly Piece[] {
    return typeof inline === 'string' ? [this.text(inline, as)] : inline.flatMap((span) => this.#span(span, as));
  }

  #span(span: Exclude<Inline, string>[number], as: Look): readonly Piece[] {
    if (typeof span === 'string') return [this.text(span, as)];
    if ('strong' in span) return [this.text(span.strong, 'bold')];
    if ('code' in span) return [this.text(span.code, 'code')];
    if ('person' in span) {
      const name = this.text(span.person, 'bold');
      const user = this.#mention?.(span.person);
      return [user !== undefined && /^[1-9]\d*$/.test(user) ? { text: name.text, as: 'mention', user } : name];
    }
    const text = this.text(span.link, as);
    const href = usableHref(span.href);
    // Where the vendor took the link away, its text would stand open.
    if (href !== undefined && text.text.trim() !== '' && !isTouchable(text.text))
      return [{ ...text, as: 'link', href }];
    if (!/^https?:\/\//i.test(span.href)) return [text];
    return [text, { text: ' ', as }, this.text(span.href.slice(0, HREF_MAX), 'code')];
  }

  /** The first of a list. */
  some<T>(items: readonly T[]): readonly T[] {
    if (items.length > ITEMS_MAX) this.dropped = true;
    return items.slice(0, ITEMS_MAX);
  }

  add(pieces: readonly Piece[], rank: Part['rank'], rest: Partial<Omit<Part, 'pieces' | 'rank'>> = {}): void {
    if (pieces.every(({ text }) => text.trim() === '')) return;
    this.parts.push({ keep: 'head', quote: false, cut: false, ...rest, pieces: sealed(pieces, this.#codes), rank });
  }

  block(block: Block, rank: 1 | 2 | 3): void {
    const folded = { quote: rank === 3 };
    const pre = rank === 3 ? 'code' : 'pre';
    const body = rank === 3 ? 3 : 2;
    switch (block.kind) {
      case 'text':
        this.add(this.inline(block.text), rank, folded);
        break;
      case 'quiet':
        this.add(this.inline(block.text, 'italic'), rank, folded);
        break;
      case 'pre': {
        this.add([{ text: settled(block.text.slice(-STRING_MAX)).replace(/\n+$/, ''), as: pre }], body, {
          ...folded,
          keep: 'tail',
        });
        break;
      }
      case 'fields':
        for (const { name, value } of this.some(block.fields))
          this.add([this.text(`${name}:`, 'bold'), { text: ' ', as: 'plain' }, ...this.inline(value)], rank, folded);
        break;
      case 'list': {
        const items = this.some(block.items).flatMap((item, at): Piece[] => [
          { text: at === 0 ? '• ' : '\n• ', as: 'plain' },
          ...this.inline(item),
        ]);
        this.add(items, body, folded);
        break;
      }
      case 'table': {
        const rows = this.some(block.rows).map((row) => row.map((cell) => oneLine(cell)));
        const columns = block.columns.map((column) => ({ ...column, label: oneLine(column.label) }));
        this.add([{ text: textTable(columns, rows, CELL_MAX), as: pre }], body, folded);
        if (block.more) this.add([this.text(block.more, 'italic')], rank, folded);
        break;
      }
      case 'picture':
        this.add([this.text(`(picture: ${block.picture.alt})`, 'italic')], rank, folded);
        break;
      case 'section': {
        const sign = block.stateless ? '' : `${SIGNS[block.tone]} `;
        const title: Piece = this.text(`${sign}${block.title}:`, 'bold');
        this.add([title, { text: ' ', as: 'plain' }, this.text(block.summary)], rank, folded);
        for (const inner of this.some(block.blocks)) this.block(inner, block.folded || rank === 3 ? 3 : 2);
      }
    }
  }
}

function oneLine(cell: string): string {
  return clipUnits(settled(cell.slice(0, STRING_MAX)).replace(/\s+/g, ' ').trim(), CELL_MAX);
}

/** A card as parts, top to bottom, every string of it inert and nothing in it touchable; `mention` says how people are called. */
export function layout(
  card: Pick<Card, 'tone' | 'title' | 'blocks'>,
  detail: Detail,
  mention?: Mention,
): readonly Part[] {
  const made = new Layout(detail, mention);
  made.add([{ text: `${SIGNS[card.tone]} `, as: 'plain' }, made.text(card.title, 'bold')], 0);
  for (const block of made.some(card.blocks)) made.block(block, 1);
  return made.parts.map((part, at) => (at === 0 && made.dropped ? { ...part, cut: true } : part));
}
