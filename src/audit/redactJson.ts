import type { Json } from '../lib/json.ts';

/** The same value with every text in it, names of keys too, put through `redact`. Pure. */
export function redactJson(value: Json, redact: (text: string) => string): Json {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item: Json) => redactJson(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      redact(key),
      item === undefined ? undefined : redactJson(item, redact),
    ]),
  );
}
