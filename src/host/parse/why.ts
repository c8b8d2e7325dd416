import type { JournalLine } from './journal.ts';

/** A line that says why, and how often it was said. */
export interface Reason {
  /** The newest of its kind. */
  readonly line: JournalLine;
  readonly times: number;
}

/** Only this much of a message is looked at, characters: reasons stand at the front. */
const LOOK_AT = 2_000;

/** Causes: a person who reads this knows what to do next. */
const CAUSES =
  /no space left|disk quota exceeded|read-only file system|input\/output error|i\/o error|out of memory|oom[- ]?kill|cannot allocate memory|too many open files|permission denied|access denied|operation not permitted|unauthorized|forbidden|authentication fail|wrong password|incorrect password|already locked|lock (?:file|held)|locked by|stale lock|connection refused|connection reset|no route to host|network is unreachable|no such host|could not resolve|name resolution|i\/o timeout|timed out|deadline exceeded|no such file|not found|does not exist|certificate (?:has expired|signed by|is not)|x509:|corrupt|checksum|bad magic|segmentation fault|segfault|address already in use|image pull|back-?off|evict/i;

/** Words of failure that name no cause by themselves. */
const FAILURES =
  /\b(?:fatal|panic(?:ked)?|emergency|critical|errors?|err|failed|failures?|fails|exception|traceback|abort(?:ed|ing)?|unable to|can(?:not|'t)|could not|couldn't|refused|denied|invalid|killed|crash(?:ed|ing)?)\b/i;

/** Words of failure that say the opposite: "0 errors", "error=nil", "without error". */
const NEGATED =
  /\b(?:no|0|zero|without) (?:errors?|failures?|failed)\b|\b(?:errors?|err|failed|failures?)["']?\s?[:=]\s?["']?(?:0|nil|null|none|false|<nil>)(?![\w.])/gi;

/** systemd's words about the unit: they repeat that it failed, and the program said why. */
const SYSTEMD_ECHO =
  /^(?:Failed to start |.{1,300}: (?:Main process exited|Control process exited|Failed with result|Scheduled restart job|Start request repeated|Consumed ))/;

/** syslog's error and worse. Source: syslog(3). */
const ERR = 3;
const WARNING = 4;

/** How much a line says about a cause; 0 is not at all. */
function weight({ message, priority, identifier }: JournalLine): number {
  const text = message.slice(0, LOOK_AT).replace(NEGATED, '');
  const byPriority = priority === undefined || priority > WARNING ? 0 : priority <= ERR ? 2 : 1;
  if (identifier === 'systemd' && SYSTEMD_ECHO.test(text)) return 1;
  const byWords = (CAUSES.test(text) ? 4 : 0) + (FAILURES.test(text) ? 2 : 0);
  return byPriority + byWords;
}

/** The same complaint with other numbers in it is the same complaint. */
function kind({ identifier, message }: JournalLine): string {
  return `${identifier}\u0000${message.slice(0, LOOK_AT).replace(/\d+/g, '#')}`;
}

/**
 * The lines that say why, most telling first, then newest first; repetitions are counted, not repeated. Lines that say nothing about a
 * failure are left out. Pure: priority, known causes and words of failure decide.
 */
export function why(lines: readonly JournalLine[]): Reason[] {
  const kinds = new Map<string, { line: JournalLine; times: number; weight: number; index: number }>();
  for (const [index, line] of lines.entries()) {
    const found = weight(line);
    if (found === 0 || line.message === '') continue;
    const key = kind(line);
    kinds.set(key, { line, times: (kinds.get(key)?.times ?? 0) + 1, weight: found, index });
  }
  return [...kinds.values()]
    .sort((a, b) => b.weight - a.weight || b.index - a.index)
    .map(({ line, times }) => ({ line, times }));
}
