import { codePoints, isObj, type Obj, textOf } from '../value.ts';

/** Where blocks stand. https://docs.slack.dev/reference/block-kit/blocks lists which block is allowed where. */
export type Surface = 'message' | 'modal' | 'home';

/** One thing wrong with blocks; shown as `message [json-pointer:at]`, which is the vendor's own form. */
export interface Problem {
  readonly at: string;
  readonly message: string;
}

/** What a check needs to know and where it puts its findings. */
export interface Check {
  readonly surface: Surface;
  /** Why a file can't be shown in an image block, or undefined when it can. Keyed by id or by URL. */
  readonly fileProblem: (ref: { readonly id?: string; readonly url?: string }) => string | undefined;
  readonly problems: Problem[];
}

/** Notes a problem. */
export function fail(check: Check, at: string, message: string): void {
  check.problems.push({ at, message });
}

/** The vendor's line for a problem. */
export function lineOf(problem: Problem): string {
  return `${problem.message} [json-pointer:${problem.at}]`;
}

/** Holds an object to its fields: the required ones are there, no unknown one is. Undefined where it is no object. */
export function fieldsOf(
  check: Check,
  value: unknown,
  at: string,
  shape: { readonly required?: readonly string[]; readonly optional?: readonly string[] },
): Obj | undefined {
  if (!isObj(value)) {
    fail(check, at, 'must provide an object');
    return undefined;
  }
  const required = shape.required ?? [];
  for (const key of required) {
    if (value[key] === undefined || value[key] === null) fail(check, at, `missing required field: ${key}`);
  }
  const known = new Set(['type', ...required, ...(shape.optional ?? [])]);
  for (const key of Object.keys(value)) {
    if (!known.has(key)) fail(check, at, `invalid additional property: ${key}`);
  }
  return value;
}

/** Holds a string to its bounds, in code points. Absent is fine. */
export function boundedString(
  check: Check,
  value: unknown,
  at: string,
  bounds: { readonly max: number; readonly min?: number },
): void {
  if (value === undefined) return;
  const text = textOf(value);
  if (text === undefined) {
    fail(check, at, 'must provide a string');
    return;
  }
  const length = codePoints(text);
  if (length > bounds.max) fail(check, at, `must be less than ${bounds.max + 1} characters`);
  if (length < (bounds.min ?? 0)) fail(check, at, `must be more than ${(bounds.min ?? 0) - 1} characters`);
}

/** Holds a list to its bounds and gives its items. Absent gives none. */
export function boundedList(
  check: Check,
  value: unknown,
  at: string,
  bounds: { readonly max?: number; readonly min?: number },
): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    fail(check, at, 'must provide an array');
    return [];
  }
  if (bounds.max !== undefined && value.length > bounds.max)
    fail(check, at, `no more than ${bounds.max} items allowed`);
  if (value.length < (bounds.min ?? 0)) fail(check, at, `no fewer than ${bounds.min ?? 0} items allowed`);
  return value;
}

/** Holds a value to a closed set. Absent is fine. */
export function oneOf(check: Check, value: unknown, at: string, allowed: readonly unknown[]): void {
  if (value !== undefined && !allowed.includes(value)) fail(check, at, 'must be a valid enum value');
}

/** Holds a value to a boolean. Absent is fine. */
export function flag(check: Check, value: unknown, at: string): void {
  if (value !== undefined && typeof value !== 'boolean') fail(check, at, 'must provide a boolean');
}

/** Holds a value to an http or https URL within its length. Absent is fine. */
export function webUrl(check: Check, value: unknown, at: string, max: number): void {
  if (value === undefined) return;
  boundedString(check, value, at, { max, min: 1 });
  const text = textOf(value);
  if (text === undefined) return;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:', 'mailto:', 'slack:'].includes(url.protocol)) fail(check, at, 'must be a valid URL');
}
