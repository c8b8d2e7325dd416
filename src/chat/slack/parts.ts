import { clip, inert, inertLine } from '../../lib/text.ts';
import type { Block, Inline, Mention, Tone } from '../message.ts';
import { plain, wordsOf } from '../message.ts';
import { textTable } from '../plainText.ts';
import type { Paragraph, Part, Run, SlackBlock } from './blocks.ts';
import { BUTTON, PLAIN_TEXT } from './limits.ts';

/** How much of a card is shown. Lengths are code points. */
export interface Room {
  /** One verbatim text, table or paragraph. */
  readonly leaf: number;
  /** The same within a part that other chats fold. */
  readonly folded: number;
  /** Items of a list, fields, rows. */
  readonly items: number;
  /** How people are called; without it they are only named. */
  readonly mention?: Mention | undefined;
}

/** What came of rendering: `cut` tells that something is missing. */
export interface Shown<T> {
  readonly shown: T;
  readonly cut: boolean;
}

/** Signs by tone: each of another shape, since not everybody sees colours. Names of https://docs.slack.dev/messaging/formatting-message-text#emoji */
const SIGNS: Readonly<Record<Tone, string>> = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
  ok: 'white_check_mark',
  neutral: 'small_blue_diamond',
};

/** The sign of a tone. */
export const sign = (tone: Tone): Run => ({ type: 'emoji', name: SIGNS[tone] });

/** Plain text as a run; none for an empty one, which Slack refuses. */
export function run(text: string, style?: { readonly bold?: true; readonly code?: true }): readonly Run[] {
  const safe = inert(text);
  return safe === '' ? [] : [{ type: 'text', text: safe, ...(style ? { style } : {}) }];
}

/** A link where the URL is one of http or https, else its text. */
function link(text: string, href: string): readonly Run[] {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.href.length > BUTTON.url) return run(text);
  return [{ type: 'link', url: url.href, text: inert(text) || url.href }];
}

/** A person of the configuration as a run that calls them, else their name. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
function person(name: string, mention: Mention | undefined): readonly Run[] {
  const id = mention?.(name);
  return id !== undefined && /^[UW][A-Z0-9]+$/.test(id) ? [{ type: 'user', user_id: id }] : run(name, { bold: true });
}

/** Runs of a text within `max` code points. A name that doesn't fit in whole calls nobody. */
export function runs(inline: Inline, max: number, mention?: Mention): Shown<readonly Run[]> {
  const shown: Run[] = [];
  let left = max;
  let cut = false;
  for (const span of typeof inline === 'string' ? [inline] : inline) {
    const whole = wordsOf(span);
    if (left <= 0) {
      cut ||= whole !== '';
      continue;
    }
    const text = clip(whole, left);
    cut ||= text !== whole;
    left -= [...text].length;
    if (typeof span === 'string') shown.push(...run(text));
    else if ('strong' in span) shown.push(...run(text, { bold: true }));
    else if ('code' in span) shown.push(...run(text, { code: true }));
    else if ('person' in span) shown.push(...person(text, mention));
    else shown.push(...link(text, span.href));
  }
  return { shown, cut };
}

const paragraph = (elements: readonly Run[]): Paragraph => ({ type: 'rich_text_section', elements });
const rich = (elements: readonly Part[]): readonly SlackBlock[] =>
  elements.length > 0 ? [{ type: 'rich_text', elements }] : [];

/** Verbatim text within `max`: where it is longer its middle goes, for logs say at their end what went wrong. */
export function middleCut(text: string, max: number): Shown<string> {
  const points = [...text];
  if (points.length <= max) return { shown: text, cut: false };
  const note = '\n… left out here …\n';
  const room = Math.max(0, max - note.length);
  const head = Math.floor(room / 3);
  return {
    shown: `${points.slice(0, head).join('')}${note}${points.slice(points.length - (room - head)).join('')}`,
    cut: true,
  };
}

function verbatim(text: string, max: number): Shown<readonly Part[]> {
  const { shown, cut } = middleCut(inert(text), max);
  return { shown: shown === '' ? [] : [{ type: 'rich_text_preformatted', elements: run(shown) }], cut };
}

/** A table as aligned text: whole rows from its top while they fit. */
function table(block: Block & { readonly kind: 'table' }, max: number, items: number): Shown<readonly Part[]> {
  const label = block.columns.map((column) => ({ ...column, label: inertLine(column.label) }));
  const all = block.rows.map((row) => row.map(inertLine));
  const lines = textTable(label, all.slice(0, items)).split('\n');
  let used = 0;
  const fitting = lines.filter((line) => {
    used += [...line].length + 1;
    return used <= max;
  });
  const rows = Math.max(0, fitting.length - 1);
  const left = all.length - rows;
  const under = [
    ...(left > 0 ? [`… and ${left} more ${left === 1 ? 'row' : 'rows'}`] : []),
    ...(block.more ? [block.more] : []),
  ];
  const text = run(fitting.join('\n'));
  return {
    shown: [
      ...(text.length > 0 ? [{ type: 'rich_text_preformatted' as const, elements: text }] : []),
      ...(under.length > 0 ? [paragraph(run(clip(under.join('. '), 400)))] : []),
    ],
    cut: left > 0,
  };
}

/** One part of a card as parts of a rich text. */
function parts(block: Block, room: Room): Shown<readonly Part[]> {
  switch (block.kind) {
    case 'text':
    case 'quiet': {
      const { shown, cut } = runs(block.text, room.leaf, room.mention);
      return { shown: shown.length > 0 ? [paragraph(shown)] : [], cut };
    }
    case 'pre':
      return verbatim(block.text, room.leaf);
    case 'table':
      return table(block, room.leaf, room.items);
    case 'picture':
      return { shown: [paragraph(run(clip(`(picture: ${block.picture.alt})`, room.leaf)))], cut: false };
    case 'fields': {
      const some = block.fields.slice(0, room.items);
      const each = some.map(({ name, value }) => {
        const text = runs(value, room.leaf, room.mention);
        return { shown: [...run(`${clip(inertLine(name), 100)}: `, { bold: true }), ...text.shown], cut: text.cut };
      });
      const lines = each.flatMap(({ shown }, at) => (at === 0 ? shown : [...run('\n'), ...shown]));
      const cut = some.length < block.fields.length || each.some((one) => one.cut);
      return { shown: lines.length > 0 ? [paragraph(lines)] : [], cut };
    }
    case 'list': {
      const some = block.items.slice(0, room.items).map((item) => runs(item, room.leaf, room.mention));
      const elements = some.flatMap(({ shown }) => (shown.length > 0 ? [paragraph(shown)] : []));
      const cut = some.length < block.items.length || some.some((one) => one.cut);
      return { shown: elements.length > 0 ? [{ type: 'rich_text_list', style: 'bullet', elements }] : [], cut };
    }
    case 'section': {
      const { tone, title, summary, folded, blocks, stateless } = block;
      const head = [
        ...(stateless ? [] : [sign(tone)]),
        ...run(`${stateless ? '' : ' '}${clip(inertLine(title), 200)}`, { bold: true }),
        ...run(summary === '' ? '' : `: ${clip(inertLine(summary), 500)}`),
      ];
      const within = blocks.map((one) => parts(one, folded ? { ...room, leaf: room.folded } : room));
      return { shown: [paragraph(head), ...within.flatMap(({ shown }) => shown)], cut: within.some(({ cut }) => cut) };
    }
  }
}

/** One part of a card as Slack's blocks: small print as context, all else as rich text. Pure. */
export function blockOf(block: Block, room: Room): Shown<readonly SlackBlock[]> {
  const isPlain =
    block.kind === 'quiet' && (typeof block.text === 'string' || block.text.every((span) => typeof span === 'string'));
  if (block.kind === 'quiet' && isPlain) {
    const whole = inert(plain(block.text));
    const text = clip(whole, Math.min(room.leaf, PLAIN_TEXT));
    const cut = text !== whole;
    return {
      shown: text === '' ? [] : [{ type: 'context', elements: [{ type: 'plain_text', text, emoji: false }] }],
      cut,
    };
  }
  const { shown, cut } = parts(block, room);
  return { shown: rich(shown), cut };
}
