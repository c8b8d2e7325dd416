import { clip, inertLine } from '../../lib/text.ts';
import type { Button } from '../message.ts';
import { BUTTONS_MAX, CALLBACK_DATA_MAX_BYTES, MARKUP_MAX_BYTES } from './limits.ts';

/** https://core.telegram.org/bots/api#inlinekeyboardbutton */
export interface KeyboardButton {
  readonly text: string;
  readonly callback_data: string;
  readonly style?: 'primary' | 'danger';
}

/** https://core.telegram.org/bots/api#inlinekeyboardmarkup */
export interface Keyboard {
  readonly inline_keyboard: readonly (readonly KeyboardButton[])[];
}

/** Letters of a label; a phone shows about forty in a row. */
const LABEL_MAX = 40;
/** Labels up to these lengths stand three, or two, in a row. */
const THIRD = 11;
const HALF = 18;

/** Tokens are ours: base64url, or anything printable that fits. What doesn't fit can't be a button here. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Buttons as an inline keyboard, one to three a row by their widest label; undefined without any. Buttons beyond the vendor's bounds
 * (100, 10 KiB, a token of 64 bytes) are left out. Pure.
 */
export function keyboardOf(buttons: readonly Button[]): Keyboard | undefined {
  const made: KeyboardButton[] = [];
  let bytes = 100;
  for (const { label, token, style } of buttons) {
    if (!TOKEN.test(token) || token.length > CALLBACK_DATA_MAX_BYTES || made.length === BUTTONS_MAX) continue;
    const button: KeyboardButton = {
      text: clip(inertLine(label), LABEL_MAX) || '…',
      callback_data: token,
      ...(style === 'plain' ? {} : { style }),
    };
    bytes += Buffer.byteLength(JSON.stringify(button)) + 4;
    if (bytes > MARKUP_MAX_BYTES) break;
    made.push(button);
  }
  if (made.length === 0) return undefined;
  const rows: KeyboardButton[][] = [];
  let widest = 0;
  for (const button of made) {
    const row = rows.at(-1);
    widest = Math.max(row === undefined ? 0 : widest, button.text.length);
    const places = widest <= THIRD ? 3 : widest <= HALF ? 2 : 1;
    if (row !== undefined && row.length < places) row.push(button);
    else {
      rows.push([button]);
      widest = button.text.length;
    }
  }
  return { inline_keyboard: rows };
}
