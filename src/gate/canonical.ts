import { canonicalJson } from '../lib/canonical.ts';
import { DaytwoError } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';

/** Deeper values are refused: nothing that people read and approve nests like that, and a circle ends here. */
const MAX_DEPTH = 64;

/**
 * The canonical JSON (RFC 8785) of what an approval is bound to. Stricter than `canonicalJson`, because here two different values must
 * never share a text: refuses what JSON would silently drop or bend. That is undefined (also as a property), numbers that aren't finite,
 * lone surrogates, holes in lists, symbols as keys, and every object that isn't plain.
 * @throws DaytwoError invalid, with the path of what can't be told (`$.effects.paths[2]`)
 */
export function exactJson(value: unknown): string {
  check(value, '$', 0);
  return canonicalJson(value);
}

function check(value: unknown, path: string, depth: number): asserts value is Json {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') {
    if (!value.isWellFormed()) refuse(path, 'a lone surrogate');
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(path, 'a number that is not finite');
  } else if (typeof value !== 'object') refuse(path, `a value of type ${typeof value}`);
  else if (depth >= MAX_DEPTH) refuse(path, 'a value nested too deep, or in a circle');
  else if (Array.isArray(value)) {
    // By index: iteration methods skip holes.
    for (let index = 0; index < value.length; index += 1) check(value[index], `${path}[${index}]`, depth + 1);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) refuse(path, 'an object that is not plain');
    if (Object.getOwnPropertySymbols(value).length > 0) refuse(path, 'an object with a symbol as a key');
    for (const [key, one] of Object.entries(value)) {
      if (!key.isWellFormed()) refuse(path, 'a key with a lone surrogate');
      check(one, `${path}.${key}`, depth + 1);
    }
  }
}

function refuse(path: string, what: string): never {
  throw new DaytwoError('invalid', `no canonical JSON for ${what} at ${path}`);
}
