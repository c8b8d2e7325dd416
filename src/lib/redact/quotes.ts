/**
 * Where a quoted string ends: the index of its closing quote, or of the line's, or the text's end where that is missing. `quote` is the opening quote with the
 * backslashes before it (`"`, `\"` in JSON within JSON, `\\\"` one deeper). One pass. Source: RFC 8259 section 7, applied once per level.
 */
export function stringEnd(
  text: string,
  from: number,
  { quote, multiline }: { quote: string; multiline: boolean },
): number {
  const level = quote.length - 1;
  const sign = quote.at(-1);
  let at = from;
  while (at < text.length) {
    const start = at;
    while (text[at] === '\\') at += 1;
    if (text[at] === '\n' && !multiline) return at;
    if (text[at] === sign) {
      const slashes = at - start;
      // As many of the string's own backslashes as are left once the quote has its share: an odd one escapes the quote.
      const own = Math.floor((slashes - level) / (level + 1));
      if (slashes < level || own % 2 === 0) return Math.max(start, at - level);
    }
    at += 1;
  }
  return text.length;
}
