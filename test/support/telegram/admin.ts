/** What owners and administrators do to chats and to the bot. */
import { randomBytes } from 'node:crypto';
import type { Core } from './core.ts';
import { emitMessage, emitMyMember, memberObject } from './emit.ts';
import type { StoredMessage } from './history.ts';
import type { JsonObject, TgUser } from './wire.ts';
import { botMember, type Chat, type Member, newChat, type Right } from './world.ts';

/** Account that stands for "an administrator did it". */
const OWNER: TgUser = { id: 777, is_bot: false, first_name: 'Owner' };

/** Supergroups' and channels' ids start here, downwards. https://core.telegram.org/api/bots/ids */
const SUPERGROUP_BASE = -1_000_000_000_000;

function service(core: Core, chat: Chat, fields: JsonObject): StoredMessage {
  const content = { text: '', entities: [] };
  const at = core.clock.now();
  return core.history.add(chat, {
    at,
    byBot: false,
    from: OWNER,
    silent: false,
    markup: undefined,
    content,
    service: fields,
  });
}

/** The administrator's hand. */
export class Admin {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  #change(chat: Chat, to: Member): void {
    const { world } = this.#core;
    const old = memberObject(world.bot, botMember(world, chat));
    chat.members.set(world.bot.id, to);
    emitMyMember(this.#core, chat, OWNER, old, memberObject(world.bot, to));
  }

  /** Removes the bot and forbids its return. */
  kickBot(chat: Chat): void {
    this.#change(chat, { status: 'kicked', rights: new Set() });
  }

  /** Takes the bot (back) in, as a member or with these rights as an administrator. */
  addBot(chat: Chat, rights?: readonly Right[]): void {
    this.#change(chat, { status: rights === undefined ? 'member' : 'administrator', rights: new Set(rights) });
  }

  /** Gives the bot a right, making it an administrator. */
  giveRight(chat: Chat, right: Right): void {
    this.#change(chat, {
      status: 'administrator',
      rights: new Set([...botMember(this.#core.world, chat).rights, right]),
    });
  }

  /** Takes a right away; without `can_send_messages` the bot is restricted. */
  takeRight(chat: Chat, right: Right): void {
    const { status, rights } = botMember(this.#core.world, chat);
    const left = new Set([...rights].filter((held) => held !== right));
    this.#change(chat, { status: right === 'can_send_messages' ? 'restricted' : status, rights: left });
  }

  /** Upgrades a group to a supergroup with a new id; posts to the old one say where it went. */
  migrate(chat: Chat): Chat {
    const { world } = this.#core;
    const id = SUPERGROUP_BASE + chat.id;
    const upgraded = newChat(world, { id, type: 'supergroup', title: chat.title });
    for (const [user, member] of chat.members) upgraded.members.set(user, member);
    chat.migratedTo = id;
    emitMessage(this.#core, service(this.#core, chat, { migrate_to_chat_id: id }), { force: true });
    emitMessage(this.#core, service(this.#core, upgraded, { migrate_from_chat_id: chat.id }), { force: true });
    return upgraded;
  }

  /** Deletes the chat for everyone. */
  deleteChat(chat: Chat): void {
    chat.deleted = true;
  }

  /** Closes or opens a topic as an administrator would. */
  setTopicClosed(chat: Chat, threadId: number, closed: boolean): void {
    const topic = chat.topics.get(threadId);
    if (topic !== undefined) topic.closed = closed;
  }

  /** Deletes a topic as an administrator would. */
  deleteTopic(chat: Chat, threadId: number): void {
    const topic = chat.topics.get(threadId);
    if (topic !== undefined) topic.deleted = true;
  }

  /** Deletes a message as an administrator would. */
  deleteMessage(message: StoredMessage): void {
    message.deletedAt = this.#core.clock.now();
  }

  /** Has BotFather revoke the token. Gives the new one. */
  revokeToken(): string {
    const [id] = this.#core.account.token.split(':');
    this.#core.account.token = `${id}:${randomBytes(26).toString('base64url')}`;
    this.#core.polling.interrupt(
      'terminated by other getUpdates request; make sure that only one bot instance is running',
    );
    return this.#core.account.token;
  }

  /** A person stops (or allows again) the private chat with the bot. */
  setBlocked(userId: number, blocked: boolean): void {
    const { world } = this.#core;
    const person = world.people.get(userId);
    const chat = world.chats.get(userId);
    if (person === undefined || chat === undefined) return;
    person.blocked = blocked;
    const status = (is: boolean): JsonObject =>
      memberObject(world.bot, { status: is ? 'kicked' : 'member', rights: new Set() });
    emitMyMember(this.#core, chat, person.user, status(!blocked), status(blocked));
  }

  /** Deletes a person's account. */
  deactivate(userId: number): void {
    const person = this.#core.world.people.get(userId);
    if (person !== undefined) person.deactivated = true;
  }
}
