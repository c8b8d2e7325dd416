import type { Card } from '../../src/chat/message.ts';
import { cardText } from '../../src/chat/plainText.ts';
import { type Part, type Run, type SlackBlock, textOfBlocks } from '../../src/chat/slack/blocks.ts';
import { MESSAGE_BLOCKS, MESSAGE_TEXT } from '../../src/chat/slack/limits.ts';
import { renderMessage } from '../../src/chat/slack/render.ts';
import { keyboardOf } from '../../src/chat/telegram/keyboard.ts';
import { CALLBACK_DATA_MAX_BYTES, HTML_MAX_BYTES, TEXT_MAX } from '../../src/chat/telegram/limits.ts';
import { renderCard } from '../../src/chat/telegram/render.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What the chats' signs are drawn as: shapes that any font has, in their colours. By Slack's name and by character. */
const SIGNS: readonly (readonly [string, string, string, string])[] = [
  ['rotating_light', '🚨', '⬤', '#c62828'],
  ['', '🔴', '⬤', '#c62828'],
  ['warning', '⚠️', '⚠', '#c77700'],
  ['', '🟠', '⬤', '#e69f00'],
  ['information_source', 'ℹ️', 'ℹ', '#1565c0'],
  ['', '🔵', '⬤', '#1565c0'],
  ['white_check_mark', '✅', '✔', '#2e7d32'],
  ['', '🟢', '⬤', '#2e7d32'],
  ['small_blue_diamond', '🔹', '◆', '#1565c0'],
  ['', '⚪', '◯', '#8a8f98'],
];

const drawn = (html: string): string =>
  SIGNS.reduce(
    (all, [, sign, shape, colour]) => all.replaceAll(sign, `<span style="color:${colour}">${shape}</span>`),
    html,
  );

/** Text as HTML that is only text. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? '');
}

const counts = (parts: readonly (readonly [string, number, number])[]): string =>
  `<p class="counts">${parts.map(([what, is, most]) => `<span${is > most ? ' class="over"' : ''}>${what} ${is} / ${most}</span>`).join('')}</p>`;

function runHtml(run: Run): string {
  if (run.type === 'emoji') return drawn(escaped(SIGNS.find(([name]) => name === run.name)?.[1] ?? `:${run.name}:`));
  if (run.type === 'user') return `<b>@${escaped(run.user_id)}</b>`;
  if (run.type === 'link') return `<u title="${escaped(run.url)}">${escaped(run.text)}</u>`;
  const text = escaped(run.text);
  if (run.style?.code) return `<code>${text}</code>`;
  return run.style?.bold ? `<b>${text}</b>` : text;
}

const runsHtml = (runs: readonly Run[]): string => runs.map(runHtml).join('');

function partHtml(part: Part): string {
  if (part.type === 'rich_text_preformatted') return `<pre>${runsHtml(part.elements)}</pre>`;
  if (part.type === 'rich_text_section') return `<p>${runsHtml(part.elements)}</p>`;
  return `<ul>${part.elements.map(({ elements }) => `<li>${runsHtml(elements)}</li>`).join('')}</ul>`;
}

function blockHtml(block: SlackBlock): string {
  switch (block.type) {
    case 'divider':
      return '<hr>';
    case 'rich_text':
      return block.elements.map(partHtml).join('');
    case 'context':
      return `<p class="quiet">${block.elements.map(({ text }) => escaped(text)).join(' ')}</p>`;
    case 'actions':
      return `<p>${block.elements.map(({ text, style }) => `<span class="button ${style ?? ''}">${escaped(text.text)}</span>`).join(' ')}</p>`;
  }
}

/** A card as Slack would show it, roughly, with its size against the limits. */
export function slackHtml(card: Card, root: boolean): string {
  const { message } = renderMessage(card, { bar: root, rest: 'The rest is in the console.' });
  const attached = message.attachments.map(
    ({ color, blocks }) =>
      `<div class="bar" style="border-color:${escaped(color)}">${blocks.map(blockHtml).join('')}</div>`,
  );
  const all = [...message.blocks, ...message.attachments.flatMap(({ blocks }) => blocks)];
  return `<div class="slack"><b class="who">daytwo <i>APP</i></b>${message.blocks.map(blockHtml).join('')}${attached.join('')}</div>${counts(
    [
      ['blocks', all.length, MESSAGE_BLOCKS],
      ['characters', textOfBlocks(all), MESSAGE_TEXT],
    ],
  )}`;
}

/** Telegram's markup as HTML: the few tags there are, links without their target; anything else stays text. */
export function telegramMarkup(html: string): string {
  const safe = escaped(html)
    .replaceAll(/&lt;(\/?(?:b|i|code|pre|blockquote))(?: expandable)?&gt;/g, '<$1>')
    .replaceAll(/&lt;a href=&quot;.*?&quot;&gt;/g, '<u>')
    .replaceAll('&lt;/a&gt;', '</u>')
    .replaceAll(/&amp;(amp|lt|gt|quot);/g, '&$1;')
    .replaceAll(/(<\/(?:pre|blockquote)>)\n/g, '$1');
  return drawn(safe);
}

/** A card as Telegram would show it, roughly, with its size against the limits. */
export function telegramHtml(card: Card): string {
  const { html, text } = renderCard(card, { where: 'The rest is in the console.' });
  const rows = keyboardOf(card.buttons)?.inline_keyboard ?? [];
  const keyboard = rows.map(
    (row) => `<div class="row">${row.map((one) => `<span>${escaped(one.text)}</span>`).join('')}</div>`,
  );
  const widest = Math.max(0, ...rows.flat().map(({ callback_data }) => Buffer.byteLength(callback_data)));
  return `<div class="telegram"><div class="bubble">${telegramMarkup(html)}</div>${keyboard.join('')}</div>${counts([
    ['UTF-16 units', text.length, TEXT_MAX],
    ['bytes of HTML', Buffer.byteLength(html), HTML_MAX_BYTES],
    ['bytes of a button', widest, CALLBACK_DATA_MAX_BYTES],
  ])}`;
}

/** A card as the plain text of console and files. */
export function plainHtml(card: Card): string {
  return `<pre class="plain">${escaped(cardText(card))}</pre>`;
}
