/** People, chats and who may do what in them. */
import { badRequest, forbidden } from './failure.ts';
import type { TgChat, TgUser } from './wire.ts';

/** https://core.telegram.org/bots/api#chatmember */
type MemberStatus = 'creator' | 'administrator' | 'member' | 'restricted' | 'left' | 'kicked';

/** Rights of an administrator, or of a member (`can_send_messages`). https://core.telegram.org/bots/api#chatadministratorrights */
export type Right =
  | 'can_send_messages'
  | 'can_delete_messages'
  | 'can_pin_messages'
  | 'can_manage_topics'
  | 'can_post_messages'
  | 'can_edit_messages'
  | 'can_restrict_members'
  | 'can_invite_users';

/** One account's place in one chat. */
export interface Member {
  status: MemberStatus;
  readonly rights: Set<Right>;
}

/** https://core.telegram.org/bots/api#forumtopic */
export interface Topic {
  readonly id: number;
  name: string;
  readonly iconColor: number;
  closed: boolean;
  deleted: boolean;
}

/** A chat. Private ones have the user's id. */
export interface Chat {
  readonly id: number;
  readonly type: TgChat['type'];
  title: string;
  readonly username?: string;
  readonly forum: boolean;
  readonly members: Map<number, Member>;
  readonly topics: Map<number, Topic>;
  readonly pinned: Set<number>;
  migratedTo?: number;
  deleted: boolean;
  /** The bot that wrote here last: privacy mode shows plain commands to that one alone. */
  lastBotId?: number;
}

/** A person (or another bot). */
export interface Person {
  readonly user: TgUser;
  /** Has written to the bot in private, so the bot may write back. */
  started: boolean;
  blocked: boolean;
  deactivated: boolean;
}

/** Everyone and everything. */
export interface World {
  readonly bot: TgUser;
  /** Privacy mode: https://core.telegram.org/bots/features#privacy-mode */
  readonly privacy: boolean;
  readonly people: Map<number, Person>;
  readonly chats: Map<number, Chat>;
}

/** https://core.telegram.org/bots/api#chat */
export function chatObject(world: World, chat: Chat): TgChat {
  if (chat.type === 'private') {
    const user = world.people.get(chat.id)?.user;
    return {
      id: chat.id,
      type: 'private',
      first_name: user?.first_name ?? '',
      ...(user?.username === undefined ? {} : { username: user.username }),
    };
  }
  return {
    id: chat.id,
    type: chat.type,
    title: chat.title,
    ...(chat.username === undefined ? {} : { username: chat.username }),
    ...(chat.forum ? { is_forum: true as const } : {}),
  };
}

/** The bot's own membership; it is `left` where it never was. */
export function botMember(world: World, chat: Chat): Member {
  return chat.members.get(world.bot.id) ?? { status: 'left', rights: new Set() };
}

/** True when the bot is in the chat. */
export function botIsIn(world: World, chat: Chat): boolean {
  return !['left', 'kicked'].includes(botMember(world, chat).status);
}

/** True when the bot holds the right there; in private chats and as a plain member only writing is free. */
export function botMay(world: World, chat: Chat, right: Right): boolean {
  if (chat.type === 'private') return true;
  const member = botMember(world, chat);
  if (right === 'can_send_messages') return member.status !== 'restricted' || member.rights.has(right);
  return member.status === 'administrator' && member.rights.has(right);
}

/** What a method wants of a chat, as the server tells them apart (Client::check_chat_access, https://github.com/tdlib/telegram-bot-api). */
export type Access = 'read' | 'edit' | 'write';

function findChat(world: World, reference: string): Chat | undefined {
  if (!reference.startsWith('@')) return world.chats.get(Number(reference));
  const name = reference.slice(1).toLowerCase();
  return [...world.chats.values()].find((chat) => chat.type !== 'private' && chat.username?.toLowerCase() === name);
}

/**
 * The chat that `chat_id` names. Throws 400 chat not found, 400 with migrate_to_chat_id, 403 kicked, left, blocked or deactivated.
 * A group that was upgraded refuses edits like posts: what the server says to an edit there isn't published.
 */
export function accessChat(world: World, reference: string, access: Access): Chat {
  if (reference === '') throw badRequest('chat_id is empty');
  const chat = findChat(world, reference);
  if (chat === undefined) {
    if (world.people.has(Number(reference)) && access !== 'read')
      throw forbidden("bot can't initiate conversation with a user");
    throw badRequest('chat not found');
  }
  if (chat.type === 'private') return accessPrivate(world, chat, access);
  const kind = chat.type;
  const { status } = botMember(world, chat);
  if (chat.migratedTo !== undefined && access !== 'read') {
    throw badRequest('group chat was upgraded to a supergroup chat', { migrate_to_chat_id: chat.migratedTo });
  }
  if (chat.deleted) throw access === 'read' ? badRequest('chat not found') : forbidden('the group chat was deleted');
  const open = kind === 'group' && access === 'read';
  if (status === 'kicked' && !open) throw forbidden(`bot was kicked from the ${kind} chat`);
  if (status === 'left' && !open) throw forbidden(`bot is not a member of the ${kind} chat`);
  return chat;
}

function accessPrivate(world: World, chat: Chat, access: Access): Chat {
  const person = world.people.get(chat.id);
  if (access === 'read') return chat;
  if (person?.deactivated) throw forbidden('user is deactivated');
  if (person?.user.is_bot) throw forbidden("the bot can't send messages to the bot");
  if (person?.blocked) throw forbidden('bot was blocked by the user');
  return chat;
}

/** Throws 400 unless the bot may write in the chat. */
export function mustWrite(world: World, chat: Chat): void {
  if (chat.type === 'channel' && !botMay(world, chat, 'can_post_messages')) {
    throw badRequest('need administrator rights in the channel chat');
  }
  if (!botMay(world, chat, 'can_send_messages'))
    throw badRequest('not enough rights to send text messages to the chat');
}

/** A new chat with these members; the bot is in it as a plain member unless said otherwise. */
export function newChat(
  world: World,
  chat: Pick<Chat, 'id' | 'type' | 'title'> & { username?: string; forum?: boolean; members?: readonly number[] },
): Chat {
  const members = new Map<number, Member>(
    (chat.members ?? []).map((id) => [id, { status: 'member', rights: new Set() }]),
  );
  if (!members.has(world.bot.id)) members.set(world.bot.id, { status: 'member', rights: new Set() });
  const made: Chat = {
    id: chat.id,
    type: chat.type,
    title: chat.title,
    ...(chat.username === undefined ? {} : { username: chat.username }),
    forum: chat.forum ?? false,
    members,
    topics: new Map(),
    pinned: new Set(),
    deleted: false,
  };
  world.chats.set(made.id, made);
  return made;
}
