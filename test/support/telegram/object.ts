import type { Core } from './core.ts';
import { type Content, keyboardOf, type StoredMessage } from './history.ts';
import type { JsonObject } from './wire.ts';
import { chatObject } from './world.ts';

/** Unix time in seconds, which is how the Bot API tells dates. */
export function unix(ms: number): number {
  return Math.floor(ms / 1000);
}

function contentFields({ text, entities, photo, document, preview }: Content): JsonObject {
  const media = photo !== undefined || document !== undefined;
  const found = entities.length === 0 ? {} : { [media ? 'caption_entities' : 'entities']: entities };
  return {
    ...(photo === undefined ? {} : { photo: [photo] }),
    ...(document === undefined ? {} : { document }),
    ...(text === '' ? {} : { [media ? 'caption' : 'text']: text, ...found }),
    ...(preview === undefined ? {} : { link_preview_options: preview }),
  };
}

/** https://core.telegram.org/bots/api#message. A replied message is told once, without its own reply. */
export function messageObject(core: Core, message: StoredMessage, withReply = true): JsonObject {
  const chat = core.world.chats.get(message.chatId);
  const replied = message.replyToId === undefined ? undefined : core.history.find(message.chatId, message.replyToId);
  const keyboard = keyboardOf(message.markup);
  return {
    message_id: message.id,
    ...(message.threadId === undefined ? {} : { message_thread_id: message.threadId, is_topic_message: true }),
    ...(message.from === undefined ? {} : { from: message.from }),
    ...(message.senderChat === undefined ? {} : { sender_chat: message.senderChat }),
    chat: chat === undefined ? { id: message.chatId, type: 'private' } : chatObject(core.world, chat),
    date: unix(message.at),
    ...(message.editedAt === undefined ? {} : { edit_date: unix(message.editedAt) }),
    ...(message.origin === undefined ? {} : { forward_origin: message.origin }),
    ...(withReply && replied !== undefined ? { reply_to_message: messageObject(core, replied, false) } : {}),
    ...(message.albumId === undefined ? {} : { media_group_id: message.albumId }),
    ...contentFields(message.content),
    ...(message.service ?? {}),
    ...(keyboard === undefined ? {} : { reply_markup: { inline_keyboard: keyboard } }),
  };
}
