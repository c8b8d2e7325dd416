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
  readonly text: DocumentText | undefined;
}

/** A document's JSON: at hand, or where it stands in a file that was read. Most documents are never looked at again. */
export type DocumentText = string | Passage;

/** A passage of a file in memory. Plain fields: hundreds of thousands are made at a start. */
export class Passage {
  private readonly bytes: Buffer;
  private readonly from: number;
  private readonly to: number;

  constructor(bytes: Buffer, from: number, to: number) {
    this.bytes = bytes;
    this.from = from;
    this.to = to;
  }

  toString(): string {
    return this.bytes.toString('utf8', this.from, this.to);
  }
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
    parts.push(JSON.stringify([kind, id, version, keys]), text === undefined ? '' : String(text));
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
  /** Where the last intact line ends; what follows is a torn tail. */
  readonly goodUntil: number;
  /** Lines that are not intact although an intact one follows: damage, not a torn write. */
  readonly damaged: number;
}

const LF = 10;
const TAB = 9;
const CRC_DIGITS = 8;
/** 8 hex digits and a tab. */
const FRAME = CRC_DIGITS + 1;

/** The checksum that stands before a line's payload; -1 where there is none. */
function crcAt(bytes: Buffer, at: number): number {
  let crc = 0;
  for (let i = at; i < at + CRC_DIGITS; i += 1) {
    const char = bytes[i] ?? 0;
    // '0' to '9' and 'a' to 'f'.
    const digit = char >= 48 && char <= 57 ? char - 48 : char >= 97 && char <= 102 ? char - 87 : -1;
    if (digit === -1) return -1;
    crc = crc * 16 + digit;
  }
  return crc;
}

/** Where the payload of an intact line begins; undefined for any other line. */
function payloadAt(bytes: Buffer, from: number, to: number): number | undefined {
  const start = from + FRAME;
  if (to <= start || bytes[start - 1] !== TAB) return undefined;
  return crcAt(bytes, from) === crc32(bytes.subarray(start, to)) ? start : undefined;
}

/** The changes of a payload. Bodies stay where they are. */
function changesOf(bytes: Buffer, start: number, to: number): readonly Change[] | undefined {
  const changes: Change[] = [];
  for (let at = start; ; ) {
    const body = bytes.indexOf(TAB, at) + 1;
    if (body === 0 || body > to) return undefined;
    const next = bytes.indexOf(TAB, body);
    const end = next === -1 || next > to ? to : next;
    const [kind, id, version, keys] = JSON.parse(bytes.toString('utf8', at, body - 1)) as [
      string,
      string,
      number,
      Record<string, string>,
    ];
    changes.push({ kind, id, version, keys, text: end === body ? undefined : new Passage(bytes, body, end) });
    if (end === to) return changes;
    at = end + 1;
  }
}

/**
 * Reads a whole state file and hands out its head and its commits in their order. Throws only what they who take them throw: what
 * can't be read is counted.
 */
export function scan(
  bytes: Buffer,
  take: { readonly head: (head: FileHead) => void; readonly commit: (changes: readonly Change[]) => void },
): Scan {
  let head: FileHead | undefined;
  let goodUntil = 0;
  let damaged = 0;
  let pendingBad = 0;
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(LF, from);
    const to = end === -1 ? bytes.length : end;
    const payload = end === -1 ? undefined : payloadAt(bytes, from, to);
    const changes = payload === undefined || from === 0 ? undefined : changesOf(bytes, payload, to);
    if (from === 0 && payload !== undefined) head = headOf(bytes.toString('utf8', payload, to));
    if (head && from === 0) take.head(head);
    if (changes) take.commit(changes);
    if (changes || (from === 0 && head)) {
      damaged += pendingBad;
      pendingBad = 0;
      goodUntil = to + 1;
    } else pendingBad += 1;
    from = to + 1;
  }
  return { head, goodUntil, damaged };
}

function headOf(payload: string): FileHead | undefined {
  try {
    const head = JSON.parse(payload) as FileHead;
    return head.daytwo === 'journal' || head.daytwo === 'snapshot' ? head : undefined;
  } catch {
    return undefined;
  }
}
