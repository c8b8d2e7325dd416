/** Where a message goes and what it answers: the part that all sending methods share. */
import type { Core } from '../core.ts';
import { badRequest } from '../failure.ts';
import type { Content, StoredMessage } from '../history.ts';
import { type Markup, replyMarkup } from '../keyboard.ts';
import { messageObject } from '../object.ts';
import type { Params } from '../params.ts';
import type { JsonObject } from '../wire.ts';
import { accessChat, botMay, type Chat, chatObject, mustWrite } from '../world.ts';

/** The topic that every forum has; its id can't be named in a post. https://core.telegram.org/api/forum#forum-topics */
const GENERAL_TOPIC = 1;

/** A place that takes a message. */
export interface Target {
  readonly chat: Chat;
  readonly threadId?: number;
  readonly replyToId?: number;
  readonly markup: Markup | undefined;
  readonly silent: boolean;
}

/** The topic of a post, if the chat has topics. Throws 400 for one that isn't there or is closed. */
export function threadIn(core: Core, chat: Chat, threadId: number): number | undefined {
  if (threadId === 0) return undefined;
  if (chat.type === 'private') throw badRequest('message thread not found');
  if (!chat.forum) return undefined; // the server sends it to the chat itself
  const topic = chat.topics.get(threadId);
  if (threadId === GENERAL_TOPIC || topic === undefined || topic.deleted) throw badRequest('message thread not found');
  if (topic.closed && !botMay(core.world, chat, 'can_manage_topics')) throw badRequest('TOPIC_CLOSED');
  return threadId;
}

/** The message that is answered. https://core.telegram.org/bots/api#replyparameters */
function replied(core: Core, chat: Chat, params: Params): StoredMessage | undefined {
  const given = params.object('reply_parameters', 'reply parameters');
  const id = Number(given?.['message_id'] ?? params.int('reply_to_message_id'));
  if (given !== undefined && given['message_id'] === undefined && Object.keys(given).length > 0) {
    throw badRequest('Can\'t find field "message_id"');
  }
  if (!(id > 0)) return undefined;
  const without = given?.['allow_sending_without_reply'] === true || params.bool('allow_sending_without_reply');
  const other = given?.['chat_id'];
  if (other !== undefined && String(other) !== String(chat.id)) params.report('unsupported', 'a reply to another chat');
  const message = core.history.find(chat.id, id);
  if (message === undefined && !without) throw badRequest('message to be replied not found');
  return message;
}

/** Reads chat, topic, reply and markup. Throws what the server says when one of them is wrong. */
export function target(core: Core, params: Params): Target {
  for (const name of ['business_connection_id', 'direct_messages_topic_id', 'suggested_post_parameters']) {
    if (params.has(name)) params.report('unsupported', name);
  }
  const markup = replyMarkup(params);
  const chat = accessChat(core.world, params.text('chat_id'), 'write');
  const given = threadIn(core, chat, params.int('message_thread_id'));
  const answered = replied(core, chat, params);
  const threadId = given ?? (answered?.threadId === undefined ? undefined : threadIn(core, chat, answered.threadId));
  mustWrite(core.world, chat);
  return {
    chat,
    ...(threadId === undefined ? {} : { threadId }),
    ...(answered === undefined ? {} : { replyToId: answered.id }),
    markup,
    silent: params.bool('disable_notification'),
  };
}

/** Keeps a message of the bot and gives it as the server answers. */
export function post(
  core: Core,
  to: Target,
  content: Content,
  extra: { albumId?: string; service?: JsonObject } = {},
): JsonObject {
  const { chat, markup, ...place } = to;
  chat.lastBotId = core.world.bot.id;
  const from = chat.type === 'channel' ? { senderChat: chatObject(core.world, chat) } : { from: core.world.bot };
  const message = core.history.add(chat, {
    ...place,
    ...from,
    ...extra,
    at: core.clock.now(),
    byBot: true,
    content,
    markup,
  });
  return messageObject(core, message);
}
