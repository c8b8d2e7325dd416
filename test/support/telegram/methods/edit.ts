/** https://core.telegram.org/bots/api#updating-messages */
import { isDeepStrictEqual } from 'node:util';
import type { Core, Method } from '../core.ts';
import { badRequest } from '../failure.ts';
import { captionText, messageText } from '../formatted.ts';
import { type Content, keyboardOf, type StoredMessage } from '../history.ts';
import { inlineMarkup } from '../keyboard.ts';
import { DELETE_WINDOW_MS } from '../limits.ts';
import { messageObject } from '../object.ts';
import type { Params } from '../params.ts';
import { isArray, type JsonObject, type TgKeyboard } from '../wire.ts';
import { accessChat, botMay, type Chat } from '../world.ts';
import { mediaContent, previewOptions } from './send.ts';

const NOT_MODIFIED =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and ' +
  'reply markup of the message';

interface Editable {
  readonly chat: Chat;
  readonly message: StoredMessage;
}

/** The bot's own message that an edit names. Throws 400 for another's, a forced reply's, or one that isn't there. */
function editable(core: Core, params: Params): Editable {
  if (params.has('inline_message_id')) params.report('unsupported', 'inline_message_id');
  if (!params.has('chat_id')) throw badRequest('Message identifier is not specified');
  const chat = accessChat(core.world, params.text('chat_id'), 'edit');
  const message = core.history.find(chat.id, params.int('message_id'));
  if (message === undefined) throw badRequest('message to edit not found');
  const otherMarkup = message.markup !== undefined && message.markup.kind !== 'inline';
  if (!message.byBot || otherMarkup || message.service !== undefined || message.origin !== undefined) {
    throw badRequest("Message can't be edited");
  }
  return { chat, message };
}

/** Applies an edit: the keyboard is replaced with it, or goes when none was sent. Throws 400 when nothing changes. */
function apply(
  core: Core,
  { chat, message }: Editable,
  method: string,
  content: Content,
  rows: TgKeyboard | undefined,
): JsonObject {
  core.budgets.charge(chat, method);
  if (isDeepStrictEqual(message.content, content) && isDeepStrictEqual(keyboardOf(message.markup), rows)) {
    throw badRequest(NOT_MODIFIED);
  }
  const at = core.clock.now();
  message.revisions.push({ at, content: message.content, markup: message.markup });
  message.content = content;
  message.markup = rows === undefined ? undefined : { kind: 'inline', rows };
  if (method !== 'editMessageReplyMarkup') message.editedAt = at;
  return messageObject(core, message);
}

const editMessageText: Method = (core, params) => {
  const { text, entities } = messageText(params);
  const preview = previewOptions(params);
  const rows = inlineMarkup(params);
  const found = editable(core, params);
  const { photo, document } = found.message.content;
  if (photo !== undefined || document !== undefined) throw badRequest('There is no text in the message to edit');
  return apply(core, found, 'editMessageText', { text, entities, ...preview }, rows);
};

const editMessageCaption: Method = (core, params) => {
  const given = params.json('caption_entities', 'caption_entities');
  const words = captionText(params.text('caption'), params.text('parse_mode'), given, params);
  const rows = inlineMarkup(params);
  const found = editable(core, params);
  const { photo, document } = found.message.content;
  if (photo === undefined && document === undefined) throw badRequest('There is no caption in the message to edit');
  return apply(core, found, 'editMessageCaption', { ...found.message.content, ...words }, rows);
};

const editMessageMedia: Method = (core, params) => {
  const item = params.json('media', 'input media');
  if (item === undefined) throw badRequest("Can't parse InputMedia: media not found");
  const content = mediaContent(core, item, params);
  const rows = inlineMarkup(params);
  return apply(core, editable(core, params), 'editMessageMedia', content, rows);
};

const editMessageReplyMarkup: Method = (core, params) => {
  const rows = inlineMarkup(params);
  const found = editable(core, params);
  return apply(core, found, 'editMessageReplyMarkup', found.message.content, rows);
};

/** Deletes one message. Throws 400 for one that isn't there, is another's without the right to, or is too old. */
function remove(core: Core, chat: Chat, id: number): void {
  const message = core.history.find(chat.id, id);
  if (message === undefined) throw badRequest('message to delete not found');
  if (!message.byBot && chat.type !== 'private' && !botMay(core.world, chat, 'can_delete_messages')) {
    throw badRequest("Message can't be deleted");
  }
  const old = message.at + DELETE_WINDOW_MS < core.clock.now();
  if (old && !botMay(core.world, chat, 'can_delete_messages'))
    throw badRequest("Message can't be deleted for everyone");
  message.deletedAt = core.clock.now();
}

const deleteMessage: Method = (core, params) => {
  remove(core, accessChat(core.world, params.text('chat_id'), 'write'), params.int('message_id'));
  return true;
};

const deleteMessages: Method = (core, params) => {
  const chat = accessChat(core.world, params.text('chat_id'), 'write');
  const ids = params.json('message_ids', 'message_ids');
  if (!isArray(ids)) throw badRequest('Expected an Array of message identifiers');
  if (ids.length > 100) throw badRequest('Too many message identifiers specified');
  for (const id of ids) if (core.history.find(chat.id, Number(id)) !== undefined) remove(core, chat, Number(id));
  return true;
};

const pinChatMessage: Method = (core, params) => {
  const chat = accessChat(core.world, params.text('chat_id'), 'write');
  const message = core.history.find(chat.id, params.int('message_id'));
  if (message === undefined) throw badRequest('message to pin not found');
  if (!botMay(core.world, chat, 'can_pin_messages')) {
    throw badRequest('Not enough rights to manage pinned messages in the chat');
  }
  if (!params.bool('disable_notification') && chat.type !== 'private') message.pinnedLoudly = true;
  chat.pinned.add(message.id);
  return true;
};

const unpinChatMessage: Method = (core, params) => {
  const chat = accessChat(core.world, params.text('chat_id'), 'write');
  if (!botMay(core.world, chat, 'can_pin_messages')) {
    throw badRequest('Not enough rights to manage pinned messages in the chat');
  }
  const id = params.int('message_id') || ([...chat.pinned].at(-1) ?? 0);
  if (!chat.pinned.delete(id)) throw badRequest('Message to unpin not found');
  return true;
};

/** Methods that change messages. */
export const editMethods = {
  editMessageText,
  editMessageCaption,
  editMessageMedia,
  editMessageReplyMarkup,
  deleteMessage,
  deleteMessages,
  pinChatMessage,
  unpinChatMessage,
};
