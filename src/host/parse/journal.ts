/** One entry of the journal. */
export interface JournalLine {
  /** Epoch ms; undefined where the entry has none. */
  readonly at: number | undefined;
  /** As written, not yet inert: may hold newlines and escape sequences. Empty where `lost` is set. */
  readonly message: string;
  /** 0 emergency … 7 debug. Source: syslog(3). */
  readonly priority: number | undefined;
  /** Who wrote it: the syslog identifier, else the program. */
  readonly identifier: string;
  readonly pid: number | undefined;
  /** Why the message, or part of it, isn't there. */
  readonly lost: 'too-long' | 'absent' | 'not-utf8' | undefined;
}

/** The journal of a unit, newest last. */
export interface Journal {
  readonly lines: readonly JournalLine[];
  /** Lines of output that were no entries: a last one cut by the bound, for instance. */
  readonly skipped: number;
}

/** What journalctl prints beside entries. */
const NO_ENTRY = /^(?:|-- .* --)$/;

/**
 * Parses `journalctl -o json`, in whichever order it came; newest last. A message may be a string, an array of bytes (not UTF-8, or with
 * control characters), null (over 4 KB without `--all`), an array of those (the field was there several times), or missing.
 * Source: https://systemd.io/JOURNAL_EXPORT_FORMATS/ "Journal JSON Format"; journalctl 252.
 */
export function parseJournal(text: string): Journal {
  const entries: JournalLine[] = [];
  let skipped = 0;
  for (const line of text.split('\n')) {
    if (NO_ENTRY.test(line)) continue;
    const fields = object(line);
    if (fields) entries.push(entry(fields));
    else skipped += 1;
  }
  // journalctl prints in one order or the other, so the two ends tell which.
  const times = entries.flatMap(({ at }) => at ?? []);
  const newestFirst = (times[0] ?? 0) > (times.at(-1) ?? 0);
  return { lines: newestFirst ? entries.reverse() : entries, skipped };
}

function object(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function entry(fields: Readonly<Record<string, unknown>>): JournalLine {
  const { message, lost } = text(fields['MESSAGE']);
  const microseconds = Number(fields['__REALTIME_TIMESTAMP'] ?? Number.NaN);
  const priority = Number(fields['PRIORITY'] ?? Number.NaN);
  const pid = Number(fields['_PID'] ?? Number.NaN);
  return {
    at: Number.isFinite(microseconds) ? Math.floor(microseconds / 1000) : undefined,
    message,
    priority: Number.isInteger(priority) && priority >= 0 && priority <= 7 ? priority : undefined,
    identifier: text(fields['SYSLOG_IDENTIFIER']).message || text(fields['_COMM']).message,
    pid: Number.isInteger(pid) ? pid : undefined,
    lost,
  };
}

function text(value: unknown): Pick<JournalLine, 'message' | 'lost'> {
  if (typeof value === 'string') return { message: value, lost: undefined };
  if (value === null) return { message: '', lost: 'too-long' };
  if (!Array.isArray(value) || value.length === 0) return { message: '', lost: 'absent' };
  if (value.every((byte) => typeof byte === 'number')) return bytes(value);
  // A nested array holds bytes only: one level is enough, and stops a hostile depth.
  const parts = value.map((part: unknown) => (typeof part === 'string' || isBytes(part) ? text(part) : text(null)));
  return {
    message: parts.map(({ message }) => message).join('\n'),
    lost: parts.find(({ lost }) => lost !== undefined)?.lost,
  };
}

function isBytes(value: unknown): boolean {
  return Array.isArray(value) && value.every((byte) => typeof byte === 'number');
}

function bytes(value: readonly number[]): Pick<JournalLine, 'message' | 'lost'> {
  const raw = Uint8Array.from(value);
  try {
    return { message: new TextDecoder('utf-8', { fatal: true }).decode(raw), lost: undefined };
  } catch {
    return { message: new TextDecoder().decode(raw), lost: 'not-utf8' };
  }
}
