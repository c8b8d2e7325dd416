/** What stands where a secret stood. */
export const MARK = '[redacted]';

/** A piece of a text, from `start` up to but without `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Finds secrets in a text. Rules all look at the text as it came, so that none can spoil what another goes by. */
export type Rule = (text: string) => readonly Span[];

/**
 * Where a pattern of two groups, the first what stands before and the second the value, finds a value. `is` may refuse one.
 * The pattern is global; the groups follow each other from its beginning.
 */
export function valuesOf(text: string, pattern: RegExp, is: (value: string, before: string) => boolean): Span[] {
  return [...text.matchAll(pattern)].flatMap(({ index, 1: before = '', 2: value = '' }) => {
    const start = index + before.length;
    return is(value, before) ? { start, end: start + value.length } : [];
  });
}

/** Puts the mark in the place of each span, and counts the marks; spans that touch or overlap become one. They may come in any order. */
export function cutSpans(text: string, spans: readonly Span[]): { readonly text: string; readonly count: number } {
  const parts: string[] = [];
  let count = 0;
  let done = -1;
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    if (end <= done || end <= start) continue;
    if (start > done) {
      parts.push(text.slice(Math.max(0, done), start), MARK);
      count += 1;
    }
    done = end;
  }
  return { text: count === 0 ? text : parts.join('') + text.slice(done), count };
}
