import { createHash } from 'node:crypto';
import { DaytwoError } from '../../lib/errors.ts';

/** An index entry of PostgreSQL holds about 2,700 bytes (a third of a page); a kind, a name, a value and an id must fit. */
const MAX_ID_BYTES = 1000;
const MAX_VALUE_BYTES = 500;

/** What stands for itself: the printable part of ASCII but the space, the exclamation mark and the tilde, which begin escapes. */
const PLAIN = /^["-}]*$/;
const ESCAPE = /!([0-9a-f]{2})|~([0-9a-f]{4})/g;

/**
 * Writes any string of JavaScript as printable ASCII, so that the order of COLLATE "C" is the order of code units: a unit up to the
 * exclamation mark is `!` and two hex digits, one from the tilde on is `~` and four. Ordinary ids stay as they are.
 */
export function encodeText(text: string): string {
  if (PLAIN.test(text)) return text;
  let encoded = '';
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit <= 0x21) encoded += `!${unit.toString(16).padStart(2, '0')}`;
    else if (unit >= 0x7e) encoded += `~${unit.toString(16).padStart(4, '0')}`;
    else encoded += text[i];
  }
  return encoded;
}

/** Reads what `encodeText` wrote. */
export function decodeText(encoded: string): string {
  return encoded.replace(ESCAPE, (_, low: string | undefined, high: string | undefined) =>
    String.fromCharCode(Number.parseInt(low ?? high ?? '', 16)),
  );
}

/** An id as it is stored. @throws DaytwoError invalid for one that no index could hold */
export function encodeId(id: string): string {
  const encoded = encodeText(id);
  if (encoded.length > MAX_ID_BYTES) throw new DaytwoError('invalid', `a document id is over ${MAX_ID_BYTES} bytes`);
  return encoded;
}

/** A key's value as it is stored; a long one by its hash, for values are only compared. */
export function encodeValue(value: string): string {
  const encoded = encodeText(value);
  if (encoded.length <= MAX_VALUE_BYTES) return encoded;
  // No encoded text has this beginning.
  return `~#${createHash('sha256').update(encoded).digest('hex')}`;
}
