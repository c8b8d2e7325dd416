import { crc32 } from 'node:zlib';

/**
 * One line of a state file is one atomic commit: `CRC<TAB>HEAD<TAB>BODY[<TAB>HEAD<TAB>BODY…]<LF>`. CRC is the CRC-32 of everything
 * between the first tab and the line feed, as 8 hex digits. HEAD is JSON `[kind, id, version, keys]`; BODY is the document's
 * JSON, empty for a deletion. JSON escapes tabs and line feeds, so both separate safely, and a body needn't be parsed to be indexed.
 */
export interface Change {
  readonly kind: string;
  readonly id: string;
  /** 0 for a deletion. */
  readonly version: number;
  readonly keys: Readonly<Record<string, string>>;
  /** The document as JSON; undefined for a deletion. */
  readonly text: string | undefined;
}

/** The first line of a state file, inside the same framing. */
export interface FileHead {
  readonly daytwo: 'journal' | 'snapshot';
  readonly schema: number;
  /** The number of the file; a snapshot N holds everything before journal N. */
  readonly file: number;
  /** The highest id handed out by `append` when the file was begun. */
  readonly seq: number;
}

const hex = (crc: number): string => crc.toString(16).padStart(8, '0');

function frame(payload: string): string {
  return `${hex(crc32(payload))}\t${payload}\n`;
}

/** Frames one atomic commit. */
export function encodeCommit(changes: readonly Change[]): string {
  const parts: string[] = [];
  for (const { kind, id, version, keys, text } of changes) {
    parts.push(JSON.stringify([kind, id, version, keys]), text ?? '');
  }
  return frame(parts.join('\t'));
}

/** Frames a file's first line. */
export function encodeHead(head: FileHead): string {
  return frame(JSON.stringify(head));
}

/** What scanning a file found. Offsets are bytes. */
export interface Scan {
  readonly head: FileHead | undefined;
  readonly commits: readonly (readonly Change[])[];
  /** Where the last intact line ends; what follows is a torn tail. */
  readonly goodUntil: number;
  /** Lines that are not intact although an intact one follows: damage, not a torn write. */
  readonly damaged: number;
}

const LF = 10;
const TAB = 9;
/** 8 hex digits and a tab. */
const FRAME = 9;

function payloadOf(bytes: Buffer, from: number, to: number): string | undefined {
  if (to - from <= FRAME || bytes[from + FRAME - 1] !== TAB) return undefined;
  const body = bytes.subarray(from + FRAME, to);
  return bytes.toString('latin1', from, from + FRAME - 1) === hex(crc32(body)) ? body.toString('utf8') : undefined;
}

function changesOf(payload: string): readonly Change[] | undefined {
  const parts = payload.split('\t');
  if (parts.length % 2 !== 0) return undefined;
  const changes: Change[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const [kind, id, version, keys] = JSON.parse(parts[i] ?? '') as [string, string, number, Record<string, string>];
    changes.push({ kind, id, version, keys, text: parts[i + 1] || undefined });
  }
  return changes;
}

/** Reads a whole state file. Never throws: what can't be read is counted. */
export function scan(bytes: Buffer): Scan {
  let head: FileHead | undefined;
  const commits: (readonly Change[])[] = [];
  let goodUntil = 0;
  let damaged = 0;
  let pendingBad = 0;
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(LF, from);
    const to = end === -1 ? bytes.length : end;
    const payload = end === -1 ? undefined : payloadOf(bytes, from, to);
    const changes = payload === undefined || from === 0 ? undefined : changesOf(payload);
    if (from === 0 && payload !== undefined) head = headOf(payload);
    if (changes) commits.push(changes);
    if (changes || (from === 0 && head)) {
      damaged += pendingBad;
      pendingBad = 0;
      goodUntil = to + 1;
    } else pendingBad += 1;
    from = to + 1;
  }
  return { head, commits, goodUntil, damaged };
}

function headOf(payload: string): FileHead | undefined {
  try {
    const head = JSON.parse(payload) as FileHead;
    return head.daytwo === 'journal' || head.daytwo === 'snapshot' ? head : undefined;
  } catch {
    return undefined;
  }
}
