/** Messages as the server keeps them, in the order they came. */
import type { Markup } from './keyboard.ts';
import type { JsonObject, TgChat, TgDocument, TgEntity, TgKeyboard, TgPhotoSize, TgUser } from './wire.ts';

/** What a message shows. `text` is the caption when there is a photo or a document. */
export interface Content {
  readonly text: string;
  readonly entities: readonly TgEntity[];
  readonly photo?: TgPhotoSize;
  readonly document?: TgDocument;
  /** link_preview_options as the bot gave them. https://core.telegram.org/bots/api#linkpreviewoptions */
  readonly preview?: JsonObject;
}

/** What a message showed before an edit. */
interface Revision {
  readonly at: number;
  readonly content: Content;
  readonly markup: Markup | undefined;
}

/** A message. Times are emulated UTC epoch milliseconds. */
export interface StoredMessage {
  readonly chatId: number;
  readonly id: number;
  readonly at: number;
  readonly byBot: boolean;
  readonly from?: TgUser;
  readonly senderChat?: TgChat;
  readonly threadId?: number;
  readonly replyToId?: number;
  readonly origin?: JsonObject;
  /** Fields of a service message, such as `migrate_to_chat_id`. */
  readonly service?: JsonObject;
  readonly silent: boolean;
  readonly albumId?: string;
  content: Content;
  markup: Markup | undefined;
  editedAt?: number;
  deletedAt?: number;
  /** The message was pinned with a notification to all. */
  pinnedLoudly: boolean;
  readonly revisions: Revision[];
}

/** Somebody that a message calls: by name, by id, by pinning for all. */
export interface Ping {
  readonly kind: 'mention' | 'text_mention' | 'pin';
  readonly target: string;
}

/** Messages by chat. Supergroups and channels count for themselves, private chats and groups share one counter. */
export class History {
  readonly #chats = new Map<number, StoredMessage[]>();
  readonly #byId = new Map<string, StoredMessage>();
  readonly #counters = new Map<string, number>();

  /** Keeps a new message and gives it the next id of its chat. */
  add(
    chat: Pick<TgChat, 'id' | 'type'>,
    message: Omit<StoredMessage, 'id' | 'chatId' | 'revisions' | 'pinnedLoudly'>,
  ): StoredMessage {
    const own = chat.type === 'supergroup' || chat.type === 'channel';
    const counter = own ? String(chat.id) : 'account';
    const id = (this.#counters.get(counter) ?? (own ? 1 : 0)) + 1; // their first message tells that they were made
    this.#counters.set(counter, id);
    const stored: StoredMessage = { ...message, chatId: chat.id, id, revisions: [], pinnedLoudly: false };
    this.#byId.set(`${chat.id}/${id}`, stored);
    const sofar = this.#chats.get(chat.id);
    if (sofar === undefined) this.#chats.set(chat.id, [stored]);
    else sofar.push(stored);
    return stored;
  }

  /** A message that is still there. */
  find(chatId: number, id: number): StoredMessage | undefined {
    const message = this.#byId.get(`${chatId}/${id}`);
    return message?.deletedAt === undefined ? message : undefined;
  }

  /** Every message of a chat in order, the deleted ones too (`deletedAt`). */
  of(chatId: number): readonly StoredMessage[] {
    return this.#chats.get(chatId) ?? [];
  }

  /** Ids of the chats with messages. */
  chats(): number[] {
    return [...this.#chats.keys()];
  }
}

/** The inline keyboard of a message, if it has one. */
export function keyboardOf(markup: Markup | undefined): TgKeyboard | undefined {
  return markup?.kind === 'inline' ? markup.rows : undefined;
}

/** Everybody that a message ever called, its edits included. Empty is what a bot that shows logs wants. */
export function pingsOf(message: StoredMessage): Ping[] {
  const contents = [...message.revisions.map((revision) => revision.content), message.content];
  const pings = contents.flatMap(({ text, entities }) =>
    entities.flatMap((entity): Ping[] => {
      if (entity.type === 'mention')
        return [{ kind: 'mention', target: text.slice(entity.offset, entity.offset + entity.length) }];
      return entity.type === 'text_mention' ? [{ kind: 'text_mention', target: String(entity.user?.id) }] : [];
    }),
  );
  return message.pinnedLoudly ? [...pings, { kind: 'pin', target: 'all' }] : pings;
}

/** What Telegram made touchable by itself in a message's text: commands, hashtags, cashtags, addresses, links. */
export function touchablesOf({ content }: StoredMessage): { readonly type: string; readonly text: string }[] {
  const kinds = ['bot_command', 'hashtag', 'cashtag', 'email', 'url'];
  return content.entities
    .filter((entity) => kinds.includes(entity.type))
    .map(({ type, offset, length }) => ({ type, text: content.text.slice(offset, offset + length) }));
}

/** True when a link in the message would show a preview: one that isn't disabled, and a link to preview. */
export function showsPreview({ content }: StoredMessage): boolean {
  const links = content.entities.some((entity) => entity.type === 'url' || entity.type === 'text_link');
  return (
    links && content.photo === undefined && content.document === undefined && content.preview?.['is_disabled'] !== true
  );
}
