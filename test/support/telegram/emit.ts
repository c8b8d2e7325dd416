/** What the bot gets to see of the world's events. */
import type { Core } from './core.ts';
import type { StoredMessage } from './history.ts';
import { messageObject, unix } from './object.ts';
import type { JsonObject, TgUser } from './wire.ts';
import { botIsIn, botMember, type Chat, chatObject, type Member } from './world.ts';

/**
 * Whether the bot sees a message. Without privacy mode, or as an administrator, all of a group; with it only commands to it,
 * plain commands when no other bot is meant, replies to it, mentions of it and service messages.
 * https://core.telegram.org/bots/features#privacy-mode. Never another bot's: https://core.telegram.org/bots/faq#why-doesn-39t-my-bot-see-messages-from-other-bots
 */
function botSees(core: Core, chat: Chat, message: StoredMessage): boolean {
  const { world, history } = core;
  if (message.byBot || (message.from?.is_bot === true && message.senderChat === undefined)) return false;
  if (chat.type === 'private') return world.people.get(chat.id)?.blocked !== true;
  if (!botIsIn(world, chat)) return false;
  if (chat.type === 'channel' || !world.privacy || message.service !== undefined) return true;
  if (botMember(world, chat).status === 'administrator') return true;
  const replied = message.replyToId === undefined ? undefined : history.find(chat.id, message.replyToId);
  if (replied?.byBot) return true;
  const me = `@${world.bot.username ?? ''}`.toLowerCase();
  const alone = ![...chat.members.keys()].some(
    (id) => id !== world.bot.id && world.people.get(id)?.user.is_bot === true,
  );
  return message.content.entities.some(({ type, offset, length }) => {
    const piece = message.content.text.slice(offset, offset + length).toLowerCase();
    if (type === 'mention') return piece === me;
    if (type !== 'bot_command') return false;
    return piece.includes('@') ? piece.endsWith(me) : alone || chat.lastBotId === world.bot.id;
  });
}

/** Puts a new or edited message into the queue if the bot sees it; `force` shows it anyway. */
export function emitMessage(
  core: Core,
  message: StoredMessage,
  options: { edited?: boolean; force?: boolean } = {},
): void {
  const chat = core.world.chats.get(message.chatId);
  if (chat === undefined || (options.force !== true && !botSees(core, chat, message))) return;
  const base = chat.type === 'channel' ? 'channel_post' : 'message';
  core.queue.push(options.edited === true ? `edited_${base}` : base, messageObject(core, message), `chat:${chat.id}`);
}

/** Tells the bot that its own place in a chat changed. https://core.telegram.org/bots/api#chatmemberupdated */
export function emitMyMember(core: Core, chat: Chat, by: TgUser, old: JsonObject, now: JsonObject): void {
  const date = unix(core.clock.now());
  const body = { chat: chatObject(core.world, chat), from: by, date, old_chat_member: old, new_chat_member: now };
  core.queue.push('my_chat_member', body, `chat:${chat.id}`);
}

const ADMIN_RIGHTS = [
  ...[
    'can_manage_chat',
    'can_delete_messages',
    'can_manage_video_chats',
    'can_restrict_members',
    'can_promote_members',
  ],
  ...['can_change_info', 'can_invite_users', 'can_post_stories', 'can_edit_stories', 'can_delete_stories'],
  ...['can_pin_messages', 'can_manage_topics', 'can_post_messages', 'can_edit_messages'],
];

/** https://core.telegram.org/bots/api#chatmember */
export function memberObject(user: TgUser, member: Member): JsonObject {
  const { status } = member;
  const rights: ReadonlySet<string> = member.rights;
  if (status === 'creator') return { status, user, is_anonymous: false };
  if (status === 'kicked') return { status, user, until_date: 0 };
  if (status === 'restricted') {
    return { status, user, is_member: true, can_send_messages: rights.has('can_send_messages'), until_date: 0 };
  }
  if (status !== 'administrator') return { status, user };
  const each = Object.fromEntries(
    ADMIN_RIGHTS.map((right) => [right, right === 'can_manage_chat' || rights.has(right)]),
  );
  return { status, user, can_be_edited: false, is_anonymous: false, ...each };
}
