import { type JournalLine, parseJournal } from '../../host/parse/journal.ts';
import { type Reason, why } from '../../host/parse/why.ts';
import { clip, inert, inertLine } from '../../lib/text.ts';
import type { Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { ago, finding } from './kit.ts';

/** Newest entries that are read. */
const LINES = 300;
/** Reasons are looked for in what was written in this time before the newest entry: older trouble is another story. */
const RECENT_MS = 24 * 3_600_000;
/** The journal of a week: a backup that runs weekly has its last run in it. */
const SINCE_MS = 7 * 86_400_000;
const REASONS_SHOWN = 6;
const TAIL_LINES = 25;
const LINE_LETTERS = 400;
const SUMMARY_LETTERS = 170;
const DEADLINE_MS = 18_000;
/** syslog's error and worse. Source: syslog(3). */
const ERR = 3;

/** What a unit's journal says, the lines that say why before the tail. Pure. */
export function journalFinding(lines: readonly JournalLine[], unit: string, now: number): Finding {
  const newest = lines.at(-1);
  if (!newest) {
    return finding(
      'unknown',
      `The journal holds nothing of ${unit} in the last 7 days (no such unit, or not readable).`,
    );
  }
  const since = (newest.at ?? now) - RECENT_MS;
  const reasons = why(lines.filter(({ at }) => at === undefined || at >= since)).slice(0, REASONS_SHOWN);
  const first = reasons[0];
  const tail = lines.slice(-TAIL_LINES);
  const parts = [
    ...(first ? [{ kind: 'text' as const, text: reasons.map(reasonLine).join('\n') }] : []),
    { kind: 'text' as const, text: tail.map(lineOf).join('\n') },
  ];
  if (!first) {
    const last = newest.at === undefined ? '' : `, the newest entry ${ago(newest.at, now)}`;
    return finding('ok', `No line names a failure (${lines.length} read${last})`, parts);
  }
  const { line, times } = first;
  const often = times > 1 ? `${times} times, last ` : '';
  const when = line.at === undefined ? '' : ` (${often}${ago(line.at, now)})`;
  const status = reasons.some((one) => (one.line.priority ?? 6) <= ERR) ? 'bad' : 'warn';
  return finding(status, `${clip(inertLine(line.message), SUMMARY_LETTERS)}${when}`, parts);
}

function reasonLine({ line, times }: Reason): string {
  return times > 1 ? `${lineOf(line)}  [${times} times]` : lineOf(line);
}

/** `03:09:58 restic: message`, times in UTC; further lines of a message are indented. */
function lineOf({ at, identifier, message, lost }: JournalLine): string {
  const time = at === undefined ? '--:--:--' : new Date(at).toISOString().slice(5, 19).replace('T', ' ');
  const text = message === '' && lost ? `(message ${lost})` : inert(message).replaceAll('\n', '\n  ');
  return clip(`${time} ${inertLine(identifier)}: ${text}`, LINE_LETTERS);
}

/** The journal of a unit. Source: `journalctl -o json`. */
export function journal(host: string, unit: string): Probe {
  return {
    id: `journal:${host}:${unit}`,
    title: `Journal of ${unit}`,
    source: `journalctl on ${host}`,
    deadlineMs: DEADLINE_MS,
    host,
    look: async ({ hosts, clock }, signal) => {
      const sinceMs = clock.now() - SINCE_MS;
      const output = await hosts.run(host, { tool: 'journal', unit, lines: LINES, sinceMs }, signal);
      return journalFinding(parseJournal(output.stdout).lines, unit, clock.now());
    },
  };
}
