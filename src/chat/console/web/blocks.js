import { useState } from './hooks.js';
import { html } from './html.js';
import { ToneBadge } from './tone.js';

/**
 * @import { Block as AnyBlock, Inline as Text, Picture as AnyPicture, Span } from '../../message.ts'
 * @template {AnyBlock['kind']} Kind
 * @typedef {Extract<AnyBlock, { readonly kind: Kind }>} BlockOf
 */

/** Parts of a card. Every string becomes a text node; a link is one only when it is http or https. */

/** Beyond this many lines a text is shown as one piece. */
const MAX_LINES = 2000;

/** @param {string} href */
function safeUrl(href) {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
}

/** @param {Span} span */
function spanOf(span) {
  if (typeof span === 'string') return span;
  if ('strong' in span) return html`<strong>${span.strong}</strong>`;
  if ('code' in span) return html`<code>${span.code}</code>`;
  if ('person' in span) return html`<strong>${span.person}</strong>`;
  const url = safeUrl(span.href);
  if (!url) return span.link;
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">${span.link}</a>`;
}

/** @param {{ text: Text }} props */
export function Inline({ text }) {
  return typeof text === 'string' ? text : text.map(spanOf);
}

/** @param {{ text: string, label: string }} props */
function Pre({ text, label }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  const lines = text.replace(/\n+$/, '').split('\n');
  const shown =
    lines.length > MAX_LINES ? text : lines.map((line) => html`<span class="line-of">${`${line}\n`}</span>`);
  // Without a secure context a page has no clipboard.
  const canCopy = window.isSecureContext && navigator.clipboard;
  return html`<div class="verbatim">
    <pre tabindex="0" role="region" aria-label=${label}>${shown}</pre>
    ${canCopy && html`<button type="button" class="copy" onClick=${copy}>${copied ? 'Copied' : 'Copy'}<span class="unseen"> ${label}</span></button>`}
  </div>`;
}

/** @param {{ block: BlockOf<'table'>, label: string }} props */
function Table({ block, label }) {
  const side = (/** @type {number} */ i) => (block.columns[i]?.align === 'right' ? 'number' : undefined);
  return html`<div class="scroller" tabindex="0" role="region" aria-label=${`${label}, table`}>
      <table>
        <thead><tr>${block.columns.map((column, i) => html`<th scope="col" class=${side(i)}>${column.label}</th>`)}</tr></thead>
        <tbody>${block.rows.map((row) => html`<tr>${row.map((cell, i) => html`<td class=${side(i)}>${cell}</td>`)}</tr>`)}</tbody>
      </table>
    </div>
    ${block.more && html`<p class="quiet">${block.more}</p>`}`;
}

/** @param {{ picture: AnyPicture }} props */
function Picture({ picture }) {
  const { light, dark, alt, width, height } = picture;
  return html`<picture>
    <source media="(prefers-color-scheme: dark)" srcset=${`/api/blob/${dark}`} />
    <img src=${`/api/blob/${light}`} alt=${alt} width=${width} height=${height} decoding="async" />
  </picture>`;
}

/**
 * A piece of evidence: its state and what matters in one line, the proof below, folded where all is well. In a root message a
 * neutral section is no evidence that is missing, just a section; a stateless one is that anywhere.
 * @param {{ block: BlockOf<'section'>, isRoot: boolean }} props
 */
function Section({ block, isRoot }) {
  const hasBadge = !block.stateless && !(isRoot && block.tone === 'neutral');
  return html`<details class=${`section ${block.tone}${hasBadge ? '' : ' bare'}`} open=${!block.folded}>
    <summary>
      ${hasBadge && html`<${ToneBadge} tone=${block.tone} of="evidence" />`}
      <span class="section-title">${block.title}</span>
      <span class="section-summary">${block.summary}</span>
    </summary>
    <div class="section-body"><${Blocks} blocks=${block.blocks} label=${block.title} isRoot=${isRoot} /></div>
  </details>`;
}

/** @param {{ blocks: readonly AnyBlock[], label: string, isRoot?: boolean }} props */
export function Blocks({ blocks, label, isRoot = false }) {
  return blocks.map(
    (block, i) =>
      html`<${Block} key=${block.kind === 'section' ? block.title : i} block=${block} label=${label} isRoot=${isRoot} />`,
  );
}

/** @param {{ block: AnyBlock, label: string, isRoot: boolean }} props */
function Block({ block, label, isRoot }) {
  switch (block.kind) {
    case 'text':
      return html`<p class="text"><${Inline} text=${block.text} /></p>`;
    case 'quiet':
      return html`<p class="quiet"><${Inline} text=${block.text} /></p>`;
    case 'pre':
      return html`<${Pre} text=${block.text} label=${label} />`;
    case 'list':
      return html`<ul class="items">${block.items.map((item) => html`<li><${Inline} text=${item} /></li>`)}</ul>`;
    case 'fields':
      return html`<dl class="fields">${block.fields.map(
        (field) => html`<div><dt>${field.name}</dt><dd><${Inline} text=${field.value} /></dd></div>`,
      )}</dl>`;
    case 'table':
      return html`<${Table} block=${block} label=${label} isRoot=${isRoot} />`;
    case 'picture':
      return html`<${Picture} picture=${block.picture} />`;
    case 'section':
      return html`<${Section} block=${block} isRoot=${isRoot} />`;
    default:
      return undefined;
  }
}
