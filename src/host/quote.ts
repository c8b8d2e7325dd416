/** Words that no POSIX shell, csh or fish reads as anything but themselves. */
const PLAIN = /^[A-Za-z0-9_/.,:+@-][A-Za-z0-9_/.,:+@=-]*$/;

/**
 * Quotes one word for the shell at the far side of ssh: plain words stay as they are, all others go into single quotes, where nothing
 * is special but the single quote itself. Source: POSIX.1-2024, Shell Command Language, 2.2.2 "Single-Quotes".
 */
export function shellQuote(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Joins words into one command line for the far side of ssh, each quoted. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellQuote).join(' ');
}
