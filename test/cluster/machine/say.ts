/** Progress goes to stderr: stdout is the answer alone, for scripts. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What a reader must not miss: something is not tested here. */
export function warn(text: string): void {
  say(`\n!!! ${text}\n`);
}

/** Seconds since `from` (performance.now()), for people: `1.2 s`, `3 min 20 s`. */
export function took(from: number): string {
  const seconds = (performance.now() - from) / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
