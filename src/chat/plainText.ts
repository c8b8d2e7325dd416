import { clip } from '../lib/text.ts';
import { type Block, type Card, plain, type Tone } from './message.ts';

const SIGNS: Readonly<Record<Tone, string>> = {
  critical: '[!!]',
  warning: '[! ]',
  info: '[i ]',
  ok: '[ok]',
  neutral: '[  ]',
};

/** The widest cell of a table, in characters, where nothing else is said. */
const CELL_MAX = 60;

/** Columns side by side, padded to their widest cell. `widest` bounds a cell in characters. */
export function textTable(
  columns: readonly { readonly label: string; readonly align?: 'left' | 'right' }[],
  rows: readonly (readonly string[])[],
  widest = CELL_MAX,
): string {
  const all = [columns.map(({ label }) => label), ...rows].map((row) =>
    columns.map((_, at) => clip(row[at] ?? '', widest)),
  );
  const widths = columns.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, at) =>
          columns[at]?.align === 'right' ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function blockText(block: Block, widest: number): string {
  switch (block.kind) {
    case 'text':
    case 'quiet':
      return plain(block.text);
    case 'pre':
      return block.text;
    case 'fields':
      return block.fields.map(({ name, value }) => `${name}: ${plain(value)}`).join('\n');
    case 'list':
      return block.items.map((item) => `- ${plain(item)}`).join('\n');
    case 'table':
      return [textTable(block.columns, block.rows, widest), ...(block.more ? [block.more] : [])].join('\n');
    case 'picture':
      return `(picture: ${block.picture.alt})`;
    case 'section': {
      const inner = block.blocks
        .map((one) => blockText(one, widest))
        .join('\n')
        .replace(/^/gm, '    ');
      const sign = block.stateless ? '' : `${SIGNS[block.tone]} `;
      return `${sign}${block.title}: ${block.summary}${inner.trim() ? `\n${inner}` : ''}`;
    }
  }
}

/** A card as plain text, for terminals, files and chats' fallbacks. `widest` bounds a table's cell in characters. Pure. */
export function cardText(card: Card, widest = CELL_MAX): string {
  const buttons = card.buttons.length > 0 ? [card.buttons.map(({ label }) => `<${label}>`).join(' ')] : [];
  return [
    `${SIGNS[card.tone]} ${card.title}`,
    ...card.blocks.map((block) => blockText(block, widest)),
    ...buttons,
  ].join('\n');
}
