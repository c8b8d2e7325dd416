import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FoundHead, HEAD_FILE, type Head, LOG_FILE, readHead } from './head.ts';
import { readLines } from './lines.ts';
import { BEGINNING, checkLine, type LineFault, type Link } from './record.ts';

/** What is wrong with an audit: a line's own fault, or what only the head or a head noted elsewhere shows. */
export type AuditFault =
  | LineFault
  | 'nothing-there'
  | 'log-missing'
  | 'head-missing'
  | 'head-unreadable'
  | 'head-differs'
  | 'truncated'
  | 'anchor-differs';

/** How a verification ended. `seq` is the first entry that can't be vouched for. */
export type Verification =
  | {
      readonly ok: true;
      /** The last whole entry; it vouches for all before it. */
      readonly head: Link;
      /** ISO 8601; undefined without entries. */
      readonly lastAt: string | undefined;
      /** Whole entries after the anchored head: written, but nobody was told before the process ended (or it is writing now). */
      readonly unacknowledged: number;
      /** Bytes at the end that are no whole entry and were never acknowledged; the next start cuts them off and records that. */
      readonly tornBytes: number;
    }
  | { readonly ok: false; readonly seq: number; readonly fault: AuditFault; readonly text: string };

/** A head that was noted elsewhere (log, chat): its number and at least the first 8 hex digits of its hash. */
export interface Anchor {
  readonly seq: number;
  readonly hash: string;
}

/** A head as it is noted elsewhere and given to `daytwo audit verify`: `120:3fa9…`, the hash whole. */
export function anchorText({ seq, hash }: Link): string {
  return `${seq}:${hash}`;
}

/** Hex digits of a short anchor: what a person compares, and what nobody finds a second record for in a lifetime. */
const SHORT_DIGITS = 16;

/** The same with a short hash, for chats. */
export function shortAnchor({ seq, hash }: Link): string {
  return `${seq}:${hash.slice(0, SHORT_DIGITS)}`;
}

/** Reads what `anchorText` wrote, also with the hash cut to 8 or more digits; undefined for anything else. */
export function readAnchor(text: string): Anchor | undefined {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{8,64})$/.exec(text) ?? [];
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
}

/** The first fault of a chain: at which sequence number, of which kind, in words. */
export const broken = (seq: number, fault: AuditFault, text: string): Verification => ({ ok: false, seq, fault, text });

/**
 * Reads a folder's whole audit and tells whether it is what was written: every line unchanged, in order, chained, and ending no earlier
 * than the anchored head says. Takes no lock and changes nothing; a bot may be stopped or writing. Heads noted elsewhere (`anchors`)
 * also show a rewriting of both files. Throws only what reading throws.
 */
export async function verifyFile(dir: string, anchors: readonly Anchor[] = []): Promise<Verification> {
  // The head first: a bot that writes meanwhile only makes the log longer than it says.
  const found = await readHead(dir);
  const sizeBytes = await stat(join(dir, LOG_FILE)).then(
    ({ size }) => size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (found.is !== 'there') return headFault(found.is, dir, sizeBytes);
  if (sizeBytes === undefined)
    return broken(1, 'log-missing', `${LOG_FILE} is missing; ${HEAD_FILE} says that it held ${found.head.seq} entries`);
  return walk(dir, sizeBytes, found.head, anchors);
}

function headFault(is: Exclude<FoundHead['is'], 'there'>, dir: string, sizeBytes: number | undefined): Verification {
  if (is === 'unreadable') return broken(1, 'head-unreadable', `${HEAD_FILE} is not as it was written`);
  if ((sizeBytes ?? 0) === 0) return broken(1, 'nothing-there', `there is no audit in ${dir}`);
  return broken(1, 'head-missing', `${HEAD_FILE} is missing: nobody can tell whether the last entries are all here`);
}

async function walk(dir: string, sizeBytes: number, head: Head, anchors: readonly Anchor[]): Promise<Verification> {
  let at: Link = BEGINNING;
  let lastAt: string | undefined;
  let good = 0;
  for await (const { bytes, end, whole } of readLines(dir)) {
    const check = whole ? checkLine(bytes, at) : undefined;
    if (!check?.ok) {
      // Behind the head nobody was told of anything: what a crash tore there may be there.
      if (at.seq >= head.seq) break;
      return check
        ? broken(at.seq + 1, check.fault, check.text)
        : broken(at.seq + 1, 'unreadable', 'it is not a whole line');
    }
    const { seq, hash } = check.record;
    at = { seq, hash };
    lastAt = check.record.at;
    good = end;
    if (seq === head.seq && (hash !== head.hash || end !== head.bytes))
      return broken(seq, 'head-differs', `it is not the entry that ${HEAD_FILE} vouches for`);
    if (anchors.some((anchor) => anchor.seq === seq && !hash.startsWith(anchor.hash)))
      return broken(seq, 'anchor-differs', 'it is not the entry whose hash was noted elsewhere');
  }
  const noted = Math.max(0, ...anchors.map(({ seq }) => seq));
  if (at.seq < head.seq)
    return broken(at.seq + 1, 'truncated', `the file ends here, but ${HEAD_FILE} names entry ${head.seq}`);
  if (at.seq < noted)
    return broken(at.seq + 1, 'anchor-differs', `the audit ends here, but entry ${noted} was noted elsewhere`);
  return { ok: true, head: at, lastAt, unacknowledged: at.seq - head.seq, tornBytes: Math.max(0, sizeBytes - good) };
}
