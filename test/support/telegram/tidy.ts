/** What the server does to text before anyone sees it (TDLib's clean_input_string and trimming; https://github.com/tdlib/td). */
import type { Formatted } from './html.ts';

/** Removed without a trace: carriage returns, line and paragraph separators, direction overrides, three combining marks. */
const REMOVED = /[\r\u2028-\u202e]|\u030a|\u0333|\u033f/;
/** Shown as a space: every other control character (below U+0020) but the line feed. */
const blanked = (char: string): boolean => char < ' ' && char !== '\n';

/** Cleans and trims; entities move along and those left empty go. */
export function tidy({ text, entities }: Formatted): Formatted {
  const moved: number[] = [];
  let cleaned = '';
  for (const char of text.split('')) {
    moved.push(cleaned.length);
    if (!REMOVED.test(char)) cleaned += blanked(char) ? ' ' : char;
  }
  moved.push(cleaned.length);
  const place = (at: number): number => moved[Math.min(at, text.length)] ?? cleaned.length;

  const end = cleaned.trimEnd().length;
  const firstEntity = Math.min(end, ...entities.map((entity) => place(entity.offset)));
  const blank = /^[ \n]*/.exec(cleaned)?.[0].length ?? 0;
  const start = Math.min(blank, firstEntity);
  const kept = entities.flatMap((entity) => {
    const from = place(entity.offset) - start;
    const to = Math.min(place(entity.offset + entity.length), end) - start;
    return to > from ? [{ ...entity, offset: from, length: to - from }] : [];
  });
  return { text: cleaned.slice(start, end), entities: kept };
}
