/** The Bot API's objects as far as the emulator speaks them. Names are the vendor's: https://core.telegram.org/bots/api#available-types */
import type { Json } from '../../../src/lib/json.ts';

export type { Json };

/** https://core.telegram.org/bots/api#user */
export type TgUser = {
  readonly id: number;
  readonly is_bot: boolean;
  readonly first_name: string;
  readonly last_name?: string;
  readonly username?: string;
  readonly language_code?: string;
};

/** https://core.telegram.org/bots/api#chat */
export type TgChat = {
  readonly id: number;
  readonly type: 'private' | 'group' | 'supergroup' | 'channel';
  readonly title?: string;
  readonly username?: string;
  readonly first_name?: string;
  readonly is_forum?: true;
};

/** https://core.telegram.org/bots/api#messageentity. Offsets and lengths are UTF-16 code units. */
export type TgEntity = {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly user?: TgUser;
  readonly language?: string;
  readonly custom_emoji_id?: string;
  readonly unix_time?: number;
};

/** https://core.telegram.org/bots/api#inlinekeyboardbutton, the two kinds a bot for chat operations uses. */
export type TgButton = {
  readonly text: string;
  readonly callback_data?: string;
  readonly url?: string;
  readonly style?: string;
};

/** Rows of buttons. https://core.telegram.org/bots/api#inlinekeyboardmarkup */
export type TgKeyboard = readonly (readonly TgButton[])[];

/** One size of a photo. https://core.telegram.org/bots/api#photosize */
export type TgPhotoSize = {
  readonly file_id: string;
  readonly file_unique_id: string;
  readonly width: number;
  readonly height: number;
  readonly file_size: number;
};

/** https://core.telegram.org/bots/api#document */
export type TgDocument = {
  readonly file_id: string;
  readonly file_unique_id: string;
  readonly file_name: string;
  readonly mime_type: string;
  readonly file_size: number;
};

/** A JSON object as a bot sends or gets it. */
export type JsonObject = { readonly [key: string]: Json | undefined };

/** True when the value is a JSON object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True when the value is a JSON array. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
