import { nearest } from '../../lib/nearest.ts';
import type { Conversation, InboundEvent } from '../port.ts';
import { CALLBACK_DATA_MAX_BYTES } from './limits.ts';
import { encodeRef } from './refs.ts';
import type { TgChat, TgMessage, TgPress, TgUpdate, TgUser } from './wire.ts';

/** Why an update is not for us. */
export type Refusal =
  | 'unreadable'
  | 'other-chat'
  | 'channel-post'
  | 'edited'
  | 'forwarded'
  | 'bot'
  | 'anonymous'
  | 'via-bot'
  | 'no-message'
  | 'not-for-the-bot';

/** What an update is judged by. */
export interface JudgeContext {
  /** Our name of the chat that threads go to. */
  readonly home: Conversation;
  /** What Telegram calls it now, and the names it had: the configured id, the id after an upgrade, `@name`. */
  readonly homeIds: ReadonlySet<string>;
  readonly bot: { readonly id: number; readonly username: string };
  /** Words that are commands here. */
  readonly commands: readonly string[];
}

/** An event without its thread, and the ids of the messages that may tell which thread it is. */
export interface Taken {
  readonly event: InboundEvent;
  /** `chat:message` or `chat:tN`, the likeliest first. */
  readonly hints: readonly string[];
}

/** Words in reply to a message. */
export interface Reply {
  /** `chat:message` that was replied to. */
  readonly to: string;
  readonly text: string;
  /** Who replied, and where. */
  readonly by: Omit<InboundEvent, 'what'>;
}

/** What is to be done about an update. */
export type Judgement =
  | ({ readonly is: 'event' } & Taken)
  | { readonly is: 'refused'; readonly why: Refusal }
  /** Words in reply to a message of ours, perhaps to a question; `otherwise` is what they are where nothing was asked. */
  | ({ readonly is: 'reply'; readonly otherwise: Judgement } & Reply)
  /** The home group became a supergroup with another id. */
  | { readonly is: 'migrated'; readonly to: string }
  /** The bot's own place in the home chat changed. */
  | { readonly is: 'member' };

const refused = (why: Refusal): Judgement => ({ is: 'refused', why });

function conversationOf(chat: TgChat, context: JudgeContext): Conversation | undefined {
  if (chat.type === 'private') return { chat: 'telegram', id: String(chat.id) };
  const named = chat.username !== undefined && context.homeIds.has(`@${chat.username.toLowerCase()}`);
  return named || context.homeIds.has(String(chat.id)) ? context.home : undefined;
}

/** Who is no person that can be known: bots, groups and channels speaking as themselves. */
function notAPerson(from: TgUser | undefined): from is undefined {
  return from === undefined || from.is_bot === true || !Number.isSafeInteger(from.id);
}

/** The words that a message says to the bot; undefined when it says nothing to it. */
function wordsFor(text: string, isPrivate: boolean, { bot, commands }: JudgeContext): string | undefined {
  const me = bot.username.toLowerCase();
  const command = /^\/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{3,32}))?(?![^\s])\s*([\s\S]*)$/.exec(text);
  if (command) {
    const [, name = '', addressee, rest = ''] = command;
    if (addressee !== undefined && addressee.toLowerCase() !== me) return undefined;
    const word = name.toLowerCase();
    // Telegram's own first word in a private chat.
    if (word === 'start' && (isPrivate || addressee !== undefined)) return 'help';
    // A group's other bots have commands too, and an administrator bot sees those.
    const ours = isPrivate || addressee !== undefined || nearest(word, commands) !== undefined;
    return ours ? `${word} ${rest}`.trim() : undefined;
  }
  const [, mentioned, said = ''] = /^@([A-Za-z0-9_]{3,32})[,:]?(?:\s+([\s\S]*))?$/.exec(text) ?? [];
  if (mentioned?.toLowerCase() === me) return said.trim().replace(/^\//, '');
  return isPrivate ? text : undefined;
}

function judgeMessage(id: string, message: TgMessage, context: JudgeContext): Judgement {
  const { chat, from, text } = message;
  if (chat.type === 'channel') return refused('channel-post');
  const { migrate_from_chat_id: cameFrom } = message;
  if (cameFrom !== undefined && context.homeIds.has(String(cameFrom))) return { is: 'migrated', to: String(chat.id) };
  const conversation = conversationOf(chat, context);
  if (!conversation) return refused('other-chat');
  const isPrivate = chat.type === 'private';
  if (message.migrate_to_chat_id !== undefined && !isPrivate)
    return { is: 'migrated', to: String(message.migrate_to_chat_id) };
  if (message.edit_date !== undefined) return refused('edited');
  if (message.forward_origin !== undefined || message.forward_date !== undefined || message.is_automatic_forward)
    return refused('forwarded');
  if (message.sender_chat !== undefined) return refused('anonymous');
  if (message.via_bot !== undefined || message.sender_business_bot !== undefined) return refused('via-bot');
  if (notAPerson(from)) return refused('bot');
  const said = text?.trim();
  const words = said === undefined ? undefined : wordsFor(said, isPrivate, context);
  const topic = message.is_topic_message ? message.message_thread_id : undefined;
  const replied = message.reply_to_message?.message_id;
  const by = {
    id,
    identity: { chat: 'telegram', id: String(from.id) },
    conversation,
    isPrivate,
    replyTo: encodeRef({
      chat: String(chat.id),
      message: message.message_id,
      ...(topic === undefined ? {} : { topic }),
    }),
  } as const;
  const hints = [
    ...(replied === undefined ? [] : [`${chat.id}:${replied}`]),
    ...(topic === undefined ? [] : [`${chat.id}:t${topic}`]),
  ];
  const judged: Judgement =
    words === undefined
      ? refused('not-for-the-bot')
      : { is: 'event', event: { ...by, what: { kind: 'command', text: words } }, hints };
  // A command stays one, whatever it replies to.
  if (replied === undefined || !said || /^[/@]/.test(said)) return judged;
  return { is: 'reply', to: `${chat.id}:${replied}`, text: said, by, otherwise: judged };
}

function judgePress(id: string, press: TgPress, context: JudgeContext): Judgement {
  const { from, message, data } = press;
  if (message === undefined || data === undefined || Buffer.byteLength(data) > CALLBACK_DATA_MAX_BYTES)
    return refused('no-message');
  const { chat } = message;
  if (chat.type === 'channel') return refused('channel-post');
  const conversation = conversationOf(chat, context);
  if (!conversation) return refused('other-chat');
  if (notAPerson(from)) return refused('bot');
  const topic = message.is_topic_message ? message.message_thread_id : undefined;
  const pressed = { chat: String(chat.id), message: message.message_id, ...(topic === undefined ? {} : { topic }) };
  return {
    is: 'event',
    event: {
      id,
      identity: { chat: 'telegram', id: String(from.id) },
      conversation,
      isPrivate: chat.type === 'private',
      replyTo: encodeRef(pressed),
      what: { kind: 'button', token: data },
    },
    hints: [`${chat.id}:${message.message_id}`, ...(topic === undefined ? [] : [`${chat.id}:t${topic}`])],
  };
}

/**
 * The one place where updates are refused: other chats, channel posts, edited and forwarded messages, bots, anonymous administrators and
 * channels, messages made through another bot, and whatever isn't said to the bot. Private chats pass whoever writes: the core knows
 * people by their user id and turns strangers away. Pure; never throws.
 */
export function judge(update: TgUpdate, context: JudgeContext): Judgement {
  const id = String(update.update_id);
  try {
    if (update.channel_post || update.edited_channel_post) return refused('channel-post');
    if (update.edited_message) return refused('edited');
    if (update.message) return judgeMessage(id, update.message, context);
    if (update.callback_query) return judgePress(id, update.callback_query, context);
    if (update.my_chat_member)
      return conversationOf(update.my_chat_member.chat, context)?.id === context.home.id
        ? { is: 'member' }
        : refused('other-chat');
    return refused('not-for-the-bot');
  } catch (error) {
    // The shape is the vendor's promise; where it breaks, one update must not hold up those behind it.
    if (error instanceof TypeError) return refused('unreadable');
    throw error;
  }
}
