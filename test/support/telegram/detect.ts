/**
 * What Telegram finds in plain text by itself: mentions, commands, hashtags, cashtags, addresses and links. The patterns are
 * those of TDLib (https://github.com/tdlib/td, td/telegram/MessageEntity.cpp); nothing is found inside code, pre and links.
 */
import { TOP_LEVEL_DOMAINS } from './tlds.ts';
import type { TgEntity } from './wire.ts';

const MENTION = /(?<![\p{L}\p{N}_])@([a-zA-Z0-9_]{2,32})(?![\p{L}\p{N}_])/gu;
/** Names shorter than four characters that exist all the same. */
const SHORT_NAMES: ReadonlySet<string> = new Set(['gif', 'nft', 'pic', 'ufc', 'vid']);
const COMMAND = /(?<![\p{L}\p{N}_/<>])\/([a-zA-Z0-9_]{1,64})(?:@([a-zA-Z0-9_]{3,32})|(?!@))(?![\p{L}\p{N}_/<>])/gu;
const HASHTAG =
  /(?<![\p{L}\p{Nd}_\u200c\u00b7\u0d80-\u0dff])#([\p{L}\p{Nd}_\u200c\u00b7\u0d80-\u0dff]{1,256})(?:@[a-zA-Z0-9_]{3,32})?(?!#)/gu;
const CASHTAG = /(?<![\p{L}\p{Nd}_$])\$(1INCH|[A-Z]{1,8})(?:@[a-zA-Z0-9_]{3,32})?(?![\p{L}\p{Nd}_$])/gu;
const LINK =
  /(?:[a-z][a-z0-9+-]*:\/\/)?(?:[^\s/@[\]{}()'`<>"]+@)?(?:[\p{L}\p{N}_~-]+\.)+[\p{L}\p{N}_-]+(?::\d{1,5})?(?:[/?#][^\s<>"«»]*)?/giu;
const APP_LINK = /(?<![\p{L}\p{N}_])(?:tg|ton):\/\/[a-z0-9_-]{1,253}(?:[/?#][^\s<>"«»]*)?/giu;
const EMAIL = /^(?:mailto:)?[a-z0-9_.+-]{1,64}@(?:[a-z0-9](?:[a-z0-9_-]{0,28}[a-z0-9])?\.){1,6}[a-z]{2,8}$/i;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;

/** Explicit entities that nothing is found inside of, nor across. */
const CLOSED: ReadonlySet<string> = new Set(['code', 'pre', 'text_link', 'text_mention', 'custom_emoji', 'date_time']);

/** Type, start and text of one find. */
type Find = { readonly type: string; readonly at: number; readonly text: string };

function finds(text: string, pattern: RegExp, type: string, keep: (match: RegExpExecArray) => boolean): Find[] {
  return [...text.matchAll(pattern)].filter(keep).map((match) => ({ type, at: match.index, text: match[0] }));
}

/** A link as it would be taken, without the punctuation behind it; `undefined` when it is none. */
function link({ at, text }: { at: number; text: string }): Find | undefined {
  const trimmed = text.replace(/[.:;,('?!`]+$/, '');
  if (EMAIL.test(trimmed)) {
    const skipped = trimmed.startsWith('mailto:') ? 7 : 0;
    return { type: 'email', at: at + skipped, text: trimmed.slice(skipped) };
  }
  const [, protocol, rest = ''] = /^([a-z][a-z0-9+-]*:\/\/)?(.*)$/is.exec(trimmed) ?? [];
  const known = protocol !== undefined && /^(https?|ftp|tonsite):/i.test(protocol);
  if (protocol !== undefined && !known) return undefined;
  const host = rest
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/, '')
    .replace(/:\d+$/, '');
  if (IPV4.test(host)) return { type: 'url', at, text: trimmed };
  const parts = host.split('.');
  const tld = parts.at(-1)?.toLowerCase() ?? '';
  if (parts.length < 2 || parts.some((part) => part === '' || part.length > 63 || part.endsWith('-'))) return undefined;
  if (tld.length < 2 || /^\d+$/.test(parts.join('')) || parts.at(-2)?.includes('_') || /[_-]/.test(tld))
    return undefined;
  return known || TOP_LEVEL_DOMAINS.has(tld) ? { type: 'url', at, text: trimmed } : undefined;
}

/** Everything found in `text` outside of the closed entities among `explicit`, in order, without overlaps. */
export function detect(text: string, explicit: readonly TgEntity[]): TgEntity[] {
  const found = [
    ...finds(text, MENTION, 'mention', ([, name = '']) => name.length >= 4 || SHORT_NAMES.has(name.toLowerCase())),
    ...finds(text, COMMAND, 'bot_command', () => true),
    ...finds(text, HASHTAG, 'hashtag', ([, tag = '']) => /\p{L}/u.test(tag)),
    ...finds(text, CASHTAG, 'cashtag', () => true),
    ...finds(text, APP_LINK, 'url', () => true),
    ...finds(text, LINK, 'url', () => true).flatMap((find) => link(find) ?? []),
  ];
  found.sort((a, b) => a.at - b.at || b.text.length - a.text.length);
  const closed = explicit.filter((entity) => CLOSED.has(entity.type));
  const result: TgEntity[] = [];
  let end = 0;
  for (const { type, at, text: piece } of found) {
    const stop = at + piece.length;
    if (at < end || closed.some((entity) => at < entity.offset + entity.length && entity.offset < stop)) continue;
    result.push({ type, offset: at, length: piece.length });
    end = stop;
  }
  return result;
}
