/**
 * Telegram's HTML style: https://core.telegram.org/bots/api#html-style. Error texts and their byte offsets are those of
 * TDLib's parser (https://github.com/tdlib/td, td/telegram/MessageEntity.cpp), which the Bot API server runs.
 */
import { badRequest } from './failure.ts';
import type { TgEntity } from './wire.ts';

/** Supported tags and the entity each makes. */
const TAGS: Readonly<Record<string, string>> = {
  a: 'text_link',
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  u: 'underline',
  ins: 'underline',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  'tg-emoji': 'custom_emoji',
  'tg-time': 'date_time',
  pre: 'pre',
  code: 'code',
  blockquote: 'blockquote',
};
/** The four named entities; any other stays as it is. */
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };
/** A numeric reference longer than this in characters, `&#` included, stays as it is. */
const NUMERIC_MAX_CHARS = 9;

/** Text without its markup, and what the markup said. */
export interface Formatted {
  readonly text: string;
  readonly entities: readonly TgEntity[];
}

interface Open {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly offset: number;
}

function fail(text: string): Error {
  return badRequest(`Can't parse entities: ${text}`);
}

/** The character that starts at `at`, which is a `&`, and where it ends; `undefined` when it is only a `&`. */
function reference(html: string, at: number): { char: string; end: number } | undefined {
  const match = /^&(?:#(x[0-9a-fA-F]*|\d*)|([a-zA-Z]*))/.exec(html.slice(at, at + 64));
  if (match === null) return undefined;
  const [whole, numeric, name] = match;
  const after = at + whole.length;
  const end = html[after] === ';' ? after + 1 : after;
  if (numeric === undefined) {
    const char = NAMED[name ?? ''];
    return char === undefined ? undefined : { char, end };
  }
  const code = numeric.startsWith('x') ? Number.parseInt(numeric.slice(1), 16) : Number.parseInt(numeric, 10);
  if (!(code > 0 && code < 0x10ffff) || whole.length > NUMERIC_MAX_CHARS) return undefined;
  return { char: String.fromCodePoint(code), end };
}

function decode(value: string): string {
  let out = '';
  for (let at = 0; at < value.length; ) {
    const found = value[at] === '&' ? reference(value, at) : undefined;
    out += found?.char ?? value[at];
    at = found?.end ?? at + 1;
  }
  return out;
}

/** Attributes from after the tag's name up to its `>`. */
function attributes(
  html: string,
  start: number,
  tag: string,
  byte: number,
): { found: Map<string, string>; end: number } {
  const found = new Map<string, string>();
  let at = start;
  const space = (): void => {
    while (at < html.length && /\s/.test(html.charAt(at))) at++;
  };
  for (;;) {
    space();
    if (html[at] === '>') return { found, end: at + 1 };
    const name = /^[^\s=>/"']*/.exec(html.slice(at))?.[0] ?? '';
    if (name === '') throw fail(`Empty attribute name in the tag "${tag}" at byte offset ${byte}`);
    at += name.length;
    space();
    if (html[at] !== '=') {
      if (at >= html.length) throw fail(`Unclosed start tag "${tag}" at byte offset ${byte}`);
      found.set(name, '');
      continue;
    }
    at++;
    space();
    const quote = html.charAt(at);
    if (quote === '"' || quote === "'") {
      const close = html.indexOf(quote, at + 1);
      if (close < 0 || close + 1 >= html.length) throw fail(`Unclosed start tag at byte offset ${byte}`);
      found.set(name, decode(html.slice(at + 1, close)));
      at = close + 1;
    } else {
      const token = /^[A-Za-z0-9.-]*/.exec(html.slice(at))?.[0] ?? '';
      const valueAt = at;
      at += token.length;
      if (at < html.length && !/[\s>]/.test(html.charAt(at))) {
        throw fail(`Unexpected end of name token at byte offset ${Buffer.byteLength(html.slice(0, valueAt))}`);
      }
      if (at >= html.length) throw fail(`Unclosed start tag "${tag}" at byte offset ${byte}`);
      found.set(name, token.toLowerCase());
    }
  }
}

function link(url: string, at: { offset: number; length: number }): TgEntity | undefined {
  const user = /^tg:(?:\/\/)?user\?id=(\d+)/i.exec(url)?.[1];
  if (user !== undefined) {
    return { type: 'text_mention', ...at, user: { id: Number(user), is_bot: false, first_name: '' } };
  }
  const full = /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `http://${url}`;
  const usable = /^(https?|ftp|tg|ton|tonsite):\/\/\S+$/i.test(full) && (URL.canParse(full) || full.startsWith('tg:'));
  return usable ? { type: 'text_link', ...at, url: full } : undefined;
}

/** Adds the entity that a closed tag makes. `entities` are those made so far; `<pre><code class="language-x">` is one. */
function close(open: Open, text: string, entities: TgEntity[]): void {
  const at = { offset: open.offset, length: text.length - open.offset };
  if (at.length === 0) return;
  const type = TAGS[open.tag] ?? open.tag;
  const last = entities.at(-1);
  const same = last !== undefined && last.offset === at.offset && last.length === at.length;
  if (type === 'text_link') {
    const made = link(open.attributes.get('href') || text.slice(open.offset), at);
    if (made !== undefined) entities.push(made);
  } else if (type === 'pre' && same && last.type === 'code' && last.language !== undefined) {
    entities[entities.length - 1] = { ...last, type: 'pre' };
  } else if (type === 'code') {
    const language = /^language-(.+)$/.exec(open.attributes.get('class') ?? '')?.[1];
    if (same && last.type === 'pre' && language !== undefined) entities[entities.length - 1] = { ...last, language };
    else entities.push({ type, ...at, ...(language === undefined ? {} : { language }) });
  } else if (type === 'custom_emoji') {
    const id = open.attributes.get('emoji-id') ?? '';
    if (!/^[1-9]\d*$/.test(id)) throw fail('Invalid custom emoji identifier specified');
    entities.push({ type, ...at, custom_emoji_id: id });
  } else if (type === 'date_time') {
    const unix = Number(open.attributes.get('unix'));
    if (unix > 0) entities.push({ type, ...at, unix_time: unix });
  } else {
    const expandable = open.tag === 'blockquote' && open.attributes.has('expandable');
    entities.push({ type: expandable ? 'expandable_blockquote' : type, ...at });
  }
}

/** Parses HTML into text and entities. Throws 400 "can't parse entities: …" with the byte offset of what is wrong. */
export function parseHtml(html: string): Formatted {
  let text = '';
  const entities: TgEntity[] = [];
  const open: Open[] = [];
  for (let at = 0; at < html.length; ) {
    const char = html.charAt(at);
    if (char !== '<') {
      const found = char === '&' ? reference(html, at) : undefined;
      text += found?.char ?? char;
      at = found?.end ?? at + 1;
      continue;
    }
    const byte = Buffer.byteLength(html.slice(0, at));
    const closing = html[at + 1] === '/';
    const nameAt = at + (closing ? 2 : 1);
    const name = /^[^\s>]*/.exec(html.slice(nameAt))?.[0] ?? '';
    const tag = name.toLowerCase();
    at = nameAt + name.length;
    if (!closing) {
      if (at >= html.length) throw fail(`Unclosed start tag at byte offset ${byte}`);
      if (!Object.hasOwn(TAGS, tag)) throw fail(`Unsupported start tag "${tag}" at byte offset ${byte}`);
      const { found, end } = attributes(html, at, tag, byte);
      if (tag === 'span' && found.get('class') !== 'tg-spoiler') {
        throw fail(`Tag "span" must have class "tg-spoiler" at byte offset ${byte}`);
      }
      open.push({ tag, attributes: found, offset: text.length });
      at = end;
      continue;
    }
    const top = open.pop();
    if (top === undefined) throw fail(`Unexpected end tag at byte offset ${byte}`);
    while (/\s/.test(html.charAt(at))) at++;
    if (html[at] !== '>') throw fail(`Unclosed end tag at byte offset ${byte}`);
    if (tag !== '' && tag !== top.tag) {
      throw fail(`Unmatched end tag at byte offset ${byte}, expected "</${top.tag}>", found "</${tag}>"`);
    }
    close(top, text, entities);
    at++;
  }
  const left = open.at(-1);
  if (left !== undefined) throw fail(`Can't find end tag corresponding to start tag "${left.tag}"`);
  return { text, entities: entities.map((entity) => (entity.type === 'code' ? withoutLanguage(entity) : entity)) };
}

/** Inline code has no language. */
function withoutLanguage(entity: TgEntity): TgEntity {
  const { language: _, ...rest } = entity;
  return rest;
}
