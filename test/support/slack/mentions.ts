import { isObj, listOf, type Obj, textOf } from './value.ts';

/** Somebody that a message would notify. */
export interface Ping {
  /** `channel`, `here`, `everyone`, a user id, a user group id, or a name that automatic parsing would resolve. */
  readonly whom: string;
  readonly by: 'control-sequence' | 'automatic-parsing' | 'rich-text';
  /** JSON pointer into the message. */
  readonly at: string;
}

/** Something that Slack would turn into a link by itself or by markup. */
interface Linked {
  readonly what: 'url' | 'channel';
  readonly target: string;
  readonly at: string;
}

/** What a message would do beyond standing there. */
export interface Reach {
  readonly pings: readonly Ping[];
  readonly links: readonly Linked[];
}

/** How the top-level text is treated. `client` is chat.update's default and is taken to parse. */
export type ParseMode = 'none' | 'full' | 'client';

/** https://docs.slack.dev/messaging/formatting-message-text#special-mentions and #mentioning-users, #mentioning-groups */
const CONTROL =
  /<(!(?:channel|here|everyone|group)|!subteam\^[A-Z0-9]+|@[UWB][A-Z0-9]+|#C[A-Z0-9]+|(?:https?|mailto):[^>|]+)(?:\|[^>]*)?>/g;
/** https://docs.slack.dev/messaging/formatting-message-text#automatic-parsing */
const SPECIAL = /(?<![\w&/])@(channel|here|everyone)\b/g;
const NAME = /(?<![\w&/])@([a-z0-9][a-z0-9._-]*)/g;
const CHANNEL = /(?<![\w&/])#([a-z0-9][a-z0-9_-]*)/g;
const BARE_URL = /(?<![<|\w])https?:\/\/[^\s<>|]+/g;

/**
 * Tells whom a message would notify and what it would link.
 * - control sequences work in every mrkdwn text, verbatim or not, and in the top-level text;
 * - text objects of mrkdwn that aren't verbatim, and the top-level text under `parse: full` or `link_names`, are parsed for @here, #channel and URLs;
 * - plain_text and the text elements of rich_text are inert; rich_text's own mention elements aren't.
 * Sources: https://docs.slack.dev/messaging/formatting-message-text and
 * https://docs.slack.dev/reference/block-kit/composition-objects/text-object (`verbatim`).
 */
export function reachOf(
  message: { readonly text?: string; readonly blocks?: unknown; readonly attachments?: unknown },
  how: { readonly parse: ParseMode; readonly linkNames: boolean },
): Reach {
  const pings: Ping[] = [];
  const links: Linked[] = [];
  const sink = { pings, links };
  if (message.text !== undefined) {
    const auto = how.parse !== 'none' || how.linkNames;
    scan(message.text, '/text', { auto, names: how.parse === 'full' || how.linkNames }, sink);
  }
  walk(message.blocks, '/blocks', sink);
  listOf(message.attachments).forEach((attachment, index) => {
    attachmentReach(attachment, `/attachments/${index}`, sink);
  });
  return { pings, links };
}

interface Sink {
  readonly pings: Ping[];
  readonly links: Linked[];
}

function scan(text: string, at: string, mode: { readonly auto: boolean; readonly names: boolean }, sink: Sink): void {
  for (const [, inner = ''] of text.matchAll(CONTROL)) {
    if (inner.startsWith('!subteam^'))
      sink.pings.push({ whom: inner.slice('!subteam^'.length), by: 'control-sequence', at });
    else if (inner.startsWith('!')) {
      const whom = inner === '!group' ? 'channel' : inner.slice(1);
      sink.pings.push({ whom, by: 'control-sequence', at });
    } else if (inner.startsWith('@')) sink.pings.push({ whom: inner.slice(1), by: 'control-sequence', at });
    else if (inner.startsWith('#')) sink.links.push({ what: 'channel', target: inner.slice(1), at });
    else sink.links.push({ what: 'url', target: inner, at });
  }
  if (!mode.auto) return;
  const bare = text.replaceAll(CONTROL, ' ');
  for (const [, whom = ''] of bare.matchAll(SPECIAL)) sink.pings.push({ whom, by: 'automatic-parsing', at });
  if (mode.names) {
    for (const [, whom = ''] of bare.matchAll(NAME)) {
      if (!/^(channel|here|everyone)$/.test(whom)) sink.pings.push({ whom, by: 'automatic-parsing', at });
    }
  }
  for (const [, target = ''] of bare.matchAll(CHANNEL)) sink.links.push({ what: 'channel', target, at });
  for (const [target] of bare.matchAll(BARE_URL)) sink.links.push({ what: 'url', target, at });
}

function attachmentReach(value: unknown, at: string, sink: Sink): void {
  if (!isObj(value)) return;
  walk(value['blocks'], `${at}/blocks`, sink);
  for (const key of ['text', 'pretext', 'fallback', 'title', 'footer', 'author_name']) {
    const text = textOf(value[key]);
    if (text !== undefined) scan(text, `${at}/${key}`, { auto: true, names: false }, sink);
  }
  listOf(value['fields']).forEach((field, index) => {
    const text = isObj(field) ? textOf(field['value']) : undefined;
    if (text !== undefined) scan(text, `${at}/fields/${index}/value`, { auto: true, names: false }, sink);
  });
}

function walk(value: unknown, at: string, sink: Sink): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      walk(item, `${at}/${index}`, sink);
    });
    return;
  }
  if (!isObj(value)) return;
  element(value, at, sink);
  for (const [key, inner] of Object.entries(value)) walk(inner, `${at}/${key}`, sink);
}

function element(value: Obj, at: string, sink: Sink): void {
  const type = value['type'];
  const text = textOf(value['text']);
  if (type === 'mrkdwn' && text !== undefined) {
    scan(text, `${at}/text`, { auto: value['verbatim'] !== true, names: false }, sink);
  } else if (type === 'markdown' && text !== undefined) {
    scan(text, `${at}/text`, { auto: true, names: false }, sink);
  } else if (type === 'broadcast') {
    sink.pings.push({ whom: textOf(value['range']) ?? '', by: 'rich-text', at });
  } else if (type === 'user' || type === 'usergroup' || type === 'team') {
    sink.pings.push({ whom: textOf(value[`${type}_id`]) ?? '', by: 'rich-text', at });
  } else if (type === 'channel' && textOf(value['channel_id']) !== undefined) {
    sink.links.push({ what: 'channel', target: textOf(value['channel_id']) ?? '', at });
  } else if (type === 'link' && textOf(value['url']) !== undefined) {
    sink.links.push({ what: 'url', target: textOf(value['url']) ?? '', at });
  }
}
