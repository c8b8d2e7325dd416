/** Reply markups. https://core.telegram.org/bots/api#inlinekeyboardmarkup, #forcereply, #replykeyboardremove */
import { badRequest } from './failure.ts';
import {
  CALLBACK_DATA_MAX_BYTES,
  INLINE_BUTTONS_MAX,
  INLINE_ROW_BUTTONS_MAX,
  PLACEHOLDER_MAX,
  REPLY_MARKUP_MAX_BYTES,
} from './limits.ts';
import type { Params } from './params.ts';
import { isArray, isObject, type Json, type TgButton, type TgKeyboard } from './wire.ts';

/** A message's markup. `other` is a reply keyboard or its removal: sent, but no part of what the bot can edit. */
export type Markup =
  | { readonly kind: 'inline'; readonly rows: TgKeyboard }
  | { readonly kind: 'force-reply'; readonly placeholder?: string; readonly selective: boolean }
  | { readonly kind: 'other' };

const STYLES: readonly string[] = ['primary', 'danger', 'success'];

function textField(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function button(value: Json, params: Params): TgButton {
  const unparsable = (why: string): Error => badRequest(`Can't parse inline keyboard button: ${why}`);
  if (!isObject(value)) throw unparsable('InlineKeyboardButton must be an Object');
  params.knows('button', value);
  if (value['text'] === undefined) throw unparsable('Can\'t find field "text"');
  const text = textField(value['text']);
  const url = textField(value['url']);
  const data = textField(value['callback_data']);
  const style = textField(value['style']);
  if (style !== '' && !STYLES.includes(style)) throw unparsable('invalid button style specified');
  const rest = { text, ...(style === '' ? {} : { style }) };
  if (text === '') throw badRequest('Inline keyboard button text must be non-empty');
  if (url !== '') {
    if (data !== '') params.report('bad-request-shape', `button "${text}" has a url and callback_data`);
    if (!/^(https?|tg|ton):\/\/\S+$/i.test(url) && !/^[\w-]+(\.[\w-]+)+/.test(url)) {
      throw badRequest(`Inline keyboard button URL '${url}' is invalid: Unsupported URL protocol`);
    }
    return { ...rest, url };
  }
  if (data === '') {
    const other = Object.keys(value).find((key) => !['text', 'style', 'url', 'callback_data'].includes(key));
    if (other !== undefined) params.report('unsupported', `button field ${other}`);
    throw unparsable('Text buttons are unallowed in the inline keyboard');
  }
  if (Buffer.byteLength(data) > CALLBACK_DATA_MAX_BYTES) throw badRequest('BUTTON_DATA_INVALID');
  return { ...rest, callback_data: data };
}

function inline(value: Json, params: Params): Markup | undefined {
  if (!isArray(value)) throw badRequest('Field "inline_keyboard" must be of type Array');
  const rows = value.map((row) => {
    if (!isArray(row))
      throw badRequest('Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays');
    return row.map((item) => button(item, params));
  });
  const filled = rows.filter((row) => row.length > 0);
  if (filled.flat().length > INLINE_BUTTONS_MAX || Buffer.byteLength(JSON.stringify(value)) > REPLY_MARKUP_MAX_BYTES) {
    throw badRequest('reply markup is too long');
  }
  const wide = filled.find((row) => row.length > INLINE_ROW_BUTTONS_MAX);
  if (wide !== undefined) params.report('over-limit', `a row of ${wide.length} inline buttons`);
  return filled.length === 0 ? undefined : { kind: 'inline', rows: filled };
}

/** Reads `reply_markup`; `undefined` when there is none, or an empty keyboard. Throws 400 with the vendor's text. */
export function replyMarkup(params: Params): Markup | undefined {
  const value = params.object('reply_markup', 'reply markup');
  if (value === undefined) return undefined;
  if (value['inline_keyboard'] !== undefined && value['inline_keyboard'] !== null)
    return inline(value['inline_keyboard'], params);
  if (value['force_reply'] === true) {
    const placeholder = textField(value['input_field_placeholder']);
    if (placeholder.length > PLACEHOLDER_MAX)
      params.report('over-limit', `a placeholder of ${placeholder.length} characters`);
    const selective = value['selective'] === true;
    return { kind: 'force-reply', selective, ...(placeholder === '' ? {} : { placeholder }) };
  }
  return Object.keys(value).length === 0 ? undefined : { kind: 'other' };
}

/** As {@link replyMarkup}, for edits, which take inline keyboards alone. */
export function inlineMarkup(params: Params): TgKeyboard | undefined {
  const markup = replyMarkup(params);
  if (markup === undefined) return undefined;
  if (markup.kind !== 'inline') throw badRequest('Inline keyboard expected');
  return markup.rows;
}
