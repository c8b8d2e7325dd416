import { DaytwoError } from './errors.ts';
import type { Json } from './json.ts';

/**
 * The one text of a JSON value, for digests and hash chains: no white space, the keys of each object in code-unit order, keys whose
 * value is undefined left out, numbers and strings as `JSON.stringify` writes them (RFC 8785, "JSON Canonicalization Scheme"). Two
 * values have the same text exactly when they are the same JSON.
 * @throws DaytwoError invalid for what JSON can't hold: NaN, infinities, functions, an undefined item of a list
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts: string[] = [];
    // Without a locale: the order must be the same on every machine.
    for (const key of Object.keys(value).sort()) {
      const item = (value as { readonly [key: string]: Json | undefined })[key];
      if (item !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(item)}`);
    }
    return `{${parts.join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new DaytwoError('invalid', `${value} can't be written as JSON`);
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new DaytwoError('invalid', `a ${typeof value} can't be written as JSON`);
  return text;
}
