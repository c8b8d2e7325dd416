/** https://core.telegram.org/bots/api#sendmessage, #sendphoto, #senddocument, #sendmediagroup, #sendchataction */
import type { Core, Method } from '../core.ts';
import { badRequest } from '../failure.ts';
import { documentObject, photoObject } from '../files.ts';
import { captionText, messageText } from '../formatted.ts';
import type { Content } from '../history.ts';
import { ALBUM_MAX_ITEMS, ALBUM_MIN_ITEMS } from '../limits.ts';
import type { Params } from '../params.ts';
import { isArray, isObject, type Json, type JsonObject } from '../wire.ts';
import { accessChat } from '../world.ts';
import { post, target, threadIn } from './target.ts';

/** https://core.telegram.org/bots/api#sendchataction */
const ACTIONS: ReadonlySet<string> = new Set([
  ...['typing', 'upload_photo', 'record_video', 'upload_video', 'record_voice', 'upload_voice', 'upload_document'],
  ...['choose_sticker', 'find_location', 'record_video_note', 'upload_video_note'],
]);

/** Link preview options as sent, the old switch included. https://core.telegram.org/bots/api#linkpreviewoptions */
export function previewOptions(params: Params): { preview?: JsonObject } {
  const given = params.object('link_preview_options', 'link preview options');
  if (given !== undefined) return { preview: given };
  return params.bool('disable_web_page_preview') ? { preview: { is_disabled: true } } : {};
}

const sendMessage: Method = (core, params) => {
  const { text, entities } = messageText(params);
  const preview = previewOptions(params);
  const to = target(core, params);
  core.budgets.charge(to.chat, 'sendMessage');
  return post(core, to, { text, entities, ...preview });
};

function caption(params: Params): Pick<Content, 'text' | 'entities'> {
  const entities = params.json('caption_entities', 'caption_entities');
  return captionText(params.text('caption'), params.text('parse_mode'), entities, params);
}

const sendPhoto: Method = (core, params) => {
  const file = core.files.take('Photo', params, 'photo');
  const words = caption(params);
  const to = target(core, params);
  core.budgets.charge(to.chat, 'sendPhoto');
  return post(core, to, { ...words, photo: photoObject(file) });
};

const sendDocument: Method = (core, params) => {
  const file = core.files.take('Document', params, 'document');
  const words = caption(params);
  const to = target(core, params);
  core.budgets.charge(to.chat, 'sendDocument');
  return post(core, to, { ...words, document: documentObject(file) });
};

/** The content of an InputMedia object. https://core.telegram.org/bots/api#inputmedia. Throws 400 when it is unusable. */
export function mediaContent(core: Core, item: Json, params: Params): Content {
  if (!isObject(item)) throw badRequest("Can't parse InputMedia: InputMedia must be an Object");
  const { type, media } = item;
  if (type !== 'photo' && type !== 'document') {
    params.report('unsupported', `InputMedia of type ${String(type)}`);
    throw badRequest(`Can't parse InputMedia: type "${String(type)}" is unsupported`);
  }
  if (typeof media !== 'string' || media === '') throw badRequest("Can't parse InputMedia: media not found");
  const words = captionText(
    String(item['caption'] ?? ''),
    String(item['parse_mode'] ?? ''),
    item['caption_entities'],
    params,
  );
  if (type === 'photo') return { ...words, photo: photoObject(core.files.take('Photo', params, 'media', media)) };
  return { ...words, document: documentObject(core.files.take('Document', params, 'media', media)) };
}

const sendMediaGroup: Method = (core, params) => {
  const media = params.json('media', 'media');
  if (!isArray(media)) throw badRequest('Expected an Array of InputMedia');
  const contents = media.map((item) => mediaContent(core, item, params));
  if (contents.length < ALBUM_MIN_ITEMS) throw badRequest('There must be at least two messages in the album');
  if (contents.length > ALBUM_MAX_ITEMS) throw badRequest('Too many messages to send as an album');
  if (new Set(contents.map((content) => content.photo === undefined)).size > 1) {
    throw badRequest("document can't be mixed with other media types");
  }
  const to = target(core, params);
  core.budgets.charge(to.chat, 'sendMediaGroup', contents.length);
  const albumId = String(core.clock.now());
  return contents.map((content) => post(core, to, content, { albumId }));
};

const sendChatAction: Method = (core, params) => {
  const action = params.text('action');
  if (!ACTIONS.has(action)) throw badRequest('Wrong parameter action in request');
  const chat = accessChat(core.world, params.text('chat_id'), 'write');
  threadIn(core, chat, params.int('message_thread_id'));
  core.actions.push({ chatId: chat.id, action, at: core.clock.now() });
  return true;
};

/** Methods that send. */
export const sendMethods = { sendMessage, sendPhoto, sendDocument, sendMediaGroup, sendChatAction };
