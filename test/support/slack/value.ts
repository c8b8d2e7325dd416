/** A JSON object of unknown make, as it came over the wire. */
export type Obj = Record<string, unknown>;

/** True for a plain JSON object. */
export function isObj(value: unknown): value is Obj {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one where it is something else. */
export function objOf(value: unknown): Obj {
  return isObj(value) ? value : {};
}

/** The array, or an empty one where it is something else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The string, or undefined where it is something else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A deep copy of JSON, so that nobody holds the emulator's own state. */
export function copyOf<T>(value: T): T {
  return structuredClone(value);
}

/** Length as Slack counts it: Unicode code points, not UTF-16 units (an emoji beyond the BMP is one). */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
