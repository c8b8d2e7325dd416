import type { Core, Press } from './core.ts';
import { emitMessage } from './emit.ts';
import { typedText } from './formatted.ts';
import { keyboardOf, type StoredMessage } from './history.ts';
import { messageObject, unix } from './object.ts';
import type { JsonObject, TgUser } from './wire.ts';
import { type Chat, chatObject, newChat, type Person } from './world.ts';

/** How a person sends. */
export interface SendOptions {
  /** The message that is answered. */
  readonly replyTo?: StoredMessage | number;
  /** The topic to write in. */
  readonly thread?: number;
  /** As the group itself (an anonymous administrator) or as a channel of theirs. https://core.telegram.org/bots/api#message */
  readonly as?: 'anonymous' | { readonly channel: Chat };
  /** Shows the message to the bot even if Telegram wouldn't. */
  readonly force?: boolean;
}

/** Who posts for anonymous administrators. https://core.telegram.org/bots/api#message (`from`) */
const GROUP_ANONYMOUS_BOT: TgUser = {
  id: 1087968824,
  is_bot: true,
  first_name: 'Group',
  username: 'GroupAnonymousBot',
};
/** Who posts for channels in groups. Same page. */
const CHANNEL_BOT: TgUser = { id: 136817688, is_bot: true, first_name: 'Channel', username: 'Channel_Bot' };

/** A person at a Telegram client. */
export class Actor {
  readonly #core: Core;
  readonly person: Person;

  constructor(core: Core, person: Person) {
    this.#core = core;
    this.person = person;
  }

  /** The person's id. */
  get id(): number {
    return this.person.user.id;
  }

  #chat(id: number): Chat {
    if (id === this.id) {
      this.person.started = true;
      return this.privateChat;
    }
    const chat = this.#core.world.chats.get(id);
    if (chat === undefined) throw new Error(`The emulator has no chat ${id}`);
    return chat;
  }

  /** The private chat with the bot; opened by the first message. */
  get privateChat(): Chat {
    const { world } = this.#core;
    const members = [this.id];
    return world.chats.get(this.id) ?? newChat(world, { id: this.id, type: 'private', title: '', members });
  }

  /** Opens the private chat with /start. */
  start(): StoredMessage {
    return this.send(this.privateChat.id, '/start');
  }

  /** Writes into a chat (by id; one's own id is the private chat with the bot). */
  send(chatId: number, text: string, options: SendOptions = {}): StoredMessage {
    return this.#write(this.#chat(chatId), { content: typedText(text) }, options);
  }

  #write(
    chat: Chat,
    message: Pick<StoredMessage, 'content'> & { origin?: JsonObject },
    { replyTo, thread, as, force }: SendOptions,
  ): StoredMessage {
    const { world, history, clock } = this.#core;
    const replyToId = typeof replyTo === 'object' ? replyTo.id : replyTo;
    const threadId = thread ?? (replyToId === undefined ? undefined : history.find(chat.id, replyToId)?.threadId);
    const anonymous = { from: GROUP_ANONYMOUS_BOT, senderChat: chatObject(world, chat) };
    const sender =
      chat.type === 'channel'
        ? { senderChat: chatObject(world, chat) }
        : as === 'anonymous'
          ? anonymous
          : as === undefined
            ? { from: this.person.user }
            : { from: CHANNEL_BOT, senderChat: chatObject(world, as.channel) };
    const stored = history.add(chat, {
      ...message,
      ...sender,
      at: clock.now(),
      byBot: false,
      silent: false,
      markup: undefined,
      ...(replyToId === undefined ? {} : { replyToId }),
      ...(threadId === undefined ? {} : { threadId }),
    });
    if (this.person.user.is_bot) chat.lastBotId = this.id;
    emitMessage(this.#core, stored, { force: force === true });
    return stored;
  }

  /** Answers a message, such as the bot's forced reply. */
  reply(message: StoredMessage, text: string, options: SendOptions = {}): StoredMessage {
    return this.send(message.chatId, text, { ...options, replyTo: message });
  }

  /** Changes a message of one's own; the bot gets it as edited. */
  edit(message: StoredMessage, text: string): void {
    const at = this.#core.clock.now();
    message.revisions.push({ at, content: message.content, markup: message.markup });
    message.content = typedText(text);
    message.editedAt = at;
    emitMessage(this.#core, message, { edited: true });
  }

  /** Forwards a message; it carries where it is from. https://core.telegram.org/bots/api#messageorigin */
  forward(message: StoredMessage, toChatId: number, options: SendOptions = {}): StoredMessage {
    const date = unix(message.at);
    const origin: JsonObject =
      message.from === undefined
        ? { type: 'channel', date, chat: { ...message.senderChat }, message_id: message.id }
        : { type: 'user', date, sender_user: message.from };
    return this.#write(this.#chat(toChatId), { content: message.content, origin }, options);
  }

  /** Presses a button by its label. Throws when the message shows no such button now. */
  press(message: StoredMessage, label: string): Press {
    const buttons = keyboardOf(message.markup)?.flat() ?? [];
    const button = buttons.find(({ text }) => text === label);
    if (button?.callback_data === undefined || message.deletedAt !== undefined) {
      throw new Error(
        `Message ${message.id} has no button "${label}", only: ${buttons.map(({ text }) => text).join(', ')}`,
      );
    }
    return this.pressData(message, button.callback_data);
  }

  /** Sends a callback query with any data, as a doctored client could. */
  pressData(message: StoredMessage, data: string): Press {
    const core = this.#core;
    const press: Press = {
      id: String(4_000_000_000_000 + core.presses.size),
      at: core.clock.now(),
      by: this.person.user,
      message,
      data,
    };
    core.presses.set(press.id, press);
    const body: JsonObject = {
      id: press.id,
      from: press.by,
      message: messageObject(core, message),
      chat_instance: String(message.chatId),
      data,
    };
    core.queue.push('callback_query', body, `press:${press.by.id}`);
    return press;
  }
}
