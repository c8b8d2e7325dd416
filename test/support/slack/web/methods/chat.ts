import { POST_TEXT_CUT, UPDATE_TEXT_LENGTH } from '../../limits.ts';
import type { ParseMode } from '../../mentions.ts';
import { edit, post, remove, shown } from '../../messages.ts';
import { codePoints, listOf, type Obj } from '../../value.ts';
import { directMessage, findMessage, type StoredChannel, type StoredMessage, type World } from '../../world.ts';
import { channelOf, type Method, type MethodCall, need, noScope, str, wrong, yes } from '../method.ts';
import { Refusal } from '../refusal.ts';
import { checkedContent } from './content.ts';
import { metadataOf } from './metadata.ts';

const CONTENT = {
  text: 'string',
  blocks: 'list',
  attachments: 'list',
  parse: 'string',
  link_names: 'boolean',
} as const;
const AUTHOR = { username: 'string', icon_emoji: 'string', icon_url: 'string', as_user: 'boolean' } as const;
const WRITE = (): readonly string[] => ['chat:write'];

/** Where a post goes: a conversation's id or name, or a user's id for the direct message. https://docs.slack.dev/reference/methods/chat.postMessage#channels */
function target(call: MethodCall): StoredChannel {
  const { world } = call;
  const wanted = need(call, 'channel');
  if (world.users.has(wanted)) return directMessage(world, wanted);
  const named = [...world.channels.values()].find(
    (channel) => channel.name === wanted.replace(/^#/, '') && channel.kind !== 'im',
  );
  const channel = named ?? channelOf(call);
  if (channel.archived) throw new Refusal('is_archived');
  if (!channel.members.has(world.seed.app.botUserId)) {
    if (channel.kind !== 'public') throw new Refusal('channel_not_found');
    if (!call.token.scopes.has('chat:write.public')) throw new Refusal('not_in_channel');
  }
  return channel;
}

/** The root that a reply belongs to. https://docs.slack.dev/messaging/sending-and-scheduling-messages#threading */
export function rootOf(call: MethodCall, channel: StoredChannel, ts: string | undefined): string | undefined {
  if (ts === undefined) return undefined;
  const message = channel.messages.find((other) => other.ts === ts && other.ephemeralFor === undefined);
  if (!message) throw wrong(call, 'bad-thread', 'thread_not_found', `no message ${ts} in ${channel.id}`);
  if (message.deleted) throw new Refusal('cannot_reply_to_message');
  if (message.threadTs !== undefined) {
    call.world.report('bad-thread', call.method, `thread_ts ${ts} is a reply's; its parent's is ${message.threadTs}`);
    return message.threadTs;
  }
  return ts;
}

function parseMode(call: MethodCall, fallback: ParseMode): ParseMode {
  const parse = str(call, 'parse');
  if (parse === undefined) return fallback;
  if (parse === 'none' || parse === 'full') return parse;
  throw wrong(call, 'bad-argument', 'invalid_arguments', `parse: ${parse}`);
}

function content(call: MethodCall): {
  readonly blocks?: readonly unknown[];
  readonly attachments?: readonly unknown[];
} {
  checkedContent(call);
  return {
    ...(call.args['blocks'] === undefined ? {} : { blocks: listOf(call.args['blocks']) }),
    ...(call.args['attachments'] === undefined ? {} : { attachments: listOf(call.args['attachments']) }),
  };
}

/** The text of a new message: needed for notifications even beside blocks; cut where it is too long. */
function newText(call: MethodCall, hasMore: boolean): { readonly text: string; readonly warnings: readonly string[] } {
  const text = str(call, 'text') ?? '';
  if (text === '' && !hasMore) throw wrong(call, 'missing-text', 'no_text', 'neither text nor blocks');
  if (text === '')
    call.world.report('missing-text', call.method, 'blocks without a text for notifications and screen readers');
  const length = codePoints(text);
  if (length > UPDATE_TEXT_LENGTH)
    call.world.report('too-long', call.method, `text of ${length} characters; best is at most ${UPDATE_TEXT_LENGTH}`);
  if (length <= POST_TEXT_CUT) return { text, warnings: [] };
  return { text: [...text].slice(0, POST_TEXT_CUT).join(''), warnings: ['message_truncated'] };
}

function customAuthor(call: MethodCall): readonly string[] {
  const custom = ['username', 'icon_emoji', 'icon_url'].some((name) => call.args[name] !== undefined);
  return custom ? ['chat:write', 'chat:write.customize'] : ['chat:write'];
}

function answer(world: World, channel: StoredChannel, message: StoredMessage, warnings: readonly string[]): Obj {
  return {
    channel: channel.id,
    ts: message.ts,
    message: shown(world, message, true),
    ...(warnings.length > 0 ? { warning: warnings.join(','), response_metadata: { warnings } } : {}),
  };
}

const postMessage: Method = {
  args: {
    ...CONTENT,
    ...AUTHOR,
    channel: 'string',
    thread_ts: 'ts',
    reply_broadcast: 'boolean',
    metadata: 'object',
    mrkdwn: 'boolean',
    unfurl_links: 'boolean',
    unfurl_media: 'boolean',
  },
  required: ['channel'],
  tier: 'post',
  json: true,
  token: 'bot',
  scopes: customAuthor,
  run: (call) => {
    const { world } = call;
    const channel = target(call);
    const parts = content(call);
    const { text, warnings } = newText(call, (parts.blocks?.length ?? 0) + (parts.attachments?.length ?? 0) > 0);
    const message = post(world, channel, {
      ...parts,
      text,
      user: world.seed.app.botUserId,
      threadTs: rootOf(call, channel, str(call, 'thread_ts')),
      metadata: metadataOf(call),
      broadcast: yes(call, 'reply_broadcast'),
      unfurl: {
        links: call.args['unfurl_links'] as boolean | undefined,
        media: call.args['unfurl_media'] as boolean | undefined,
      },
      parse: parseMode(call, 'none'),
      linkNames: yes(call, 'link_names'),
      kind: 'post',
    });
    return answer(world, channel, message, warnings);
  },
};

const postEphemeral: Method = {
  args: { ...CONTENT, ...AUTHOR, channel: 'string', user: 'string', thread_ts: 'ts' },
  required: ['channel', 'user'],
  tier: 't4',
  json: true,
  token: 'bot',
  scopes: customAuthor,
  run: (call) => {
    const { world } = call;
    const channel = target(call);
    const user = need(call, 'user');
    if (!channel.members.has(user)) throw new Refusal('user_not_in_channel');
    const parts = content(call);
    const { text } = newText(call, (parts.blocks?.length ?? 0) + (parts.attachments?.length ?? 0) > 0);
    if (codePoints(text) > UPDATE_TEXT_LENGTH)
      throw wrong(call, 'too-long', 'msg_too_long', `text over ${UPDATE_TEXT_LENGTH}`);
    const message = post(world, channel, {
      ...parts,
      text,
      user: world.seed.app.botUserId,
      threadTs: rootOf(call, channel, str(call, 'thread_ts')),
      ephemeralFor: user,
      parse: parseMode(call, 'none'),
      linkNames: yes(call, 'link_names'),
      kind: 'ephemeral',
    });
    return { message_ts: message.ts };
  },
};

/** A message of the bot's own that is neither gone nor ephemeral. */
function ownMessage(call: MethodCall, channel: StoredChannel, denied: string): StoredMessage {
  const message = findMessage(channel, need(call, 'ts'));
  if (!message || message.ephemeralFor !== undefined) throw new Refusal('message_not_found');
  if (message.user !== call.world.seed.app.botUserId)
    throw wrong(call, 'bad-argument', denied, `${message.ts} is not the bot's`);
  return message;
}

const update: Method = {
  args: {
    ...CONTENT,
    channel: 'string',
    ts: 'ts',
    metadata: 'object',
    as_user: 'boolean',
    reply_broadcast: 'boolean',
    file_ids: 'list',
  },
  required: ['channel', 'ts'],
  tier: 't3',
  json: true,
  token: 'bot',
  scopes: WRITE,
  run: (call) => {
    const { world } = call;
    const channel = channelOf(call);
    if (channel.archived) throw new Refusal('is_inactive');
    const message = ownMessage(call, channel, 'cant_update_message');
    const parts = content(call);
    const text = str(call, 'text');
    if (text !== undefined && codePoints(text) > UPDATE_TEXT_LENGTH) {
      throw wrong(call, 'too-long', 'msg_too_long', `text of ${codePoints(text)} characters`);
    }
    if (!text && parts.blocks === undefined && parts.attachments === undefined) {
      throw wrong(call, 'missing-text', 'no_text', 'neither text nor blocks');
    }
    if (parts.blocks !== undefined && !text) world.report('missing-text', call.method, 'blocks without a text');
    // "If the text argument is provided and blocks are not provided, the blocks will be removed."
    const blocks = parts.blocks ?? (text === undefined ? undefined : []);
    const metadata = metadataOf(call);
    edit(world, message, {
      text,
      blocks,
      attachments: parts.attachments,
      metadata,
      parse: parseMode(call, 'client'),
      linkNames: yes(call, 'link_names'),
      kind: 'edit',
    });
    return { channel: channel.id, ts: message.ts, text: message.text, message: shown(world, message, true) };
  },
};

const deleteMessage: Method = {
  args: { channel: 'string', ts: 'ts', as_user: 'boolean' },
  required: ['channel', 'ts'],
  tier: 't3',
  json: true,
  token: 'bot',
  scopes: WRITE,
  run: (call) => {
    const channel = channelOf(call);
    const message = ownMessage(call, channel, 'cant_delete_message');
    remove(call.world, message);
    return { channel: channel.id, ts: message.ts };
  },
};

const getPermalink: Method = {
  args: { channel: 'string', message_ts: 'ts' },
  required: ['channel', 'message_ts'],
  tier: 'hundreds',
  json: false,
  token: 'bot',
  scopes: noScope,
  run: (call) => {
    const channel = channelOf(call);
    const message = findMessage(channel, need(call, 'message_ts'));
    if (!message) throw new Refusal('message_not_found');
    const path = `https://${call.world.seed.domain}.slack.com/archives/${channel.id}/p${message.ts.replace('.', '')}`;
    const thread = message.threadTs === undefined ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
    return { channel: channel.id, permalink: path + thread };
  },
};

/** https://docs.slack.dev/reference/methods#chat */
export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': postMessage,
  'chat.postEphemeral': postEphemeral,
  'chat.update': update,
  'chat.delete': deleteMessage,
  'chat.getPermalink': getPermalink,
};
