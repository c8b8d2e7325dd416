import { createHash } from 'node:crypto';
import { canonicalJson } from '../lib/canonical.ts';
import type { Json } from '../lib/json.ts';

/** Something that was asked, shown, decided, refused or done. Names, not accounts: people are those of the configuration. */
export interface AuditEntry {
  /** Dotted, lower case: `request.approved`. */
  readonly kind: string;
  /** Who; nobody for what the bot does by itself. */
  readonly by?: string | undefined;
  /** Through which chat. */
  readonly chat?: string | undefined;
  /** `REQ-17`. */
  readonly request?: string | undefined;
  /** `INC-42`. */
  readonly incident?: string | undefined;
  readonly details?: Json | undefined;
}

/** An entry in its place in the chain. */
export interface AuditRecord {
  /** 1 for the first, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly kind: string;
  readonly by: string | null;
  readonly chat: string | null;
  readonly request: string | null;
  readonly incident: string | null;
  readonly details: Json;
  /** The hash of the record before; zeros for the first. */
  readonly prev: string;
  /** SHA-256, in hex, over the canonical JSON (src/lib/canonical.ts) of the record without this key. */
  readonly hash: string;
}

/** A place in the chain; its hash vouches for everything up to it. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

/** Where every chain begins. */
export const BEGINNING: Link = { seq: 0, hash: '0'.repeat(64) };

/** No line is longer than this, its line feed included, so that looking for the last one is bounded. */
export const MAX_LINE_BYTES = 256 * 1024;

/**
 * Characters that would hide or reorder what a terminal shows of a line; in it they are written as JSON escapes. The classes are
 * those of `inert` (src/lib/text.ts), without what JSON escapes by itself.
 */
const HIDING = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The hash that belongs to a record's other keys. */
export function hashOf({ hash: _, ...rest }: Omit<AuditRecord, 'hash'> & { readonly hash?: string }): string {
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}

/** The only line, its line feed included, that this record may stand as. */
export function lineOf(record: AuditRecord): string {
  const { seq, at, kind, by, chat, request, incident, details, prev, hash } = record;
  const first = JSON.stringify({ seq, at, kind, by, chat, request, incident });
  const rest = `"details":${canonicalJson(details)},"prev":${JSON.stringify(prev)},"hash":${JSON.stringify(hash)}}`;
  return `${first.slice(0, -1)},${rest}\n`.replace(HIDING, escaped);
}

/** Puts an entry behind a link of the chain. */
export function follow(before: Link, entry: AuditEntry, atMs: number): AuditRecord {
  const { kind, by = null, chat = null, request = null, incident = null, details = null } = entry;
  const at = new Date(atMs).toISOString();
  const rest = { seq: before.seq + 1, at, kind, by, chat, request, incident, details, prev: before.hash };
  return { ...rest, hash: hashOf(rest) };
}

/** Why a line is not the record that belongs in its place. */
export type LineFault = 'unreadable' | 'altered' | 'order' | 'chain';

/** What a line was found to be. */
export type LineCheck =
  | { readonly ok: true; readonly record: AuditRecord }
  | { readonly ok: false; readonly fault: LineFault; readonly text: string };

const bad = (fault: LineFault, text: string): LineCheck => ({ ok: false, fault, text });

/**
 * Judges one line (its line feed included) in its place: it must be byte for byte what a record is written as, fit its own hash, have
 * the next number and name the hash before it. Pure.
 */
export function checkLine(line: Buffer, before: Link): LineCheck {
  const record = readLine(line);
  if (!record) return bad('unreadable', 'it is not a record as records are written');
  if (record.hash !== hashOf(record)) return bad('altered', 'what it says does not fit its hash');
  if (record.seq !== before.seq + 1) return bad('order', `entry ${record.seq} stands where ${before.seq + 1} belongs`);
  if (record.prev !== before.hash)
    return bad('chain', `it does not follow upon entry ${before.seq} as that one is now`);
  return { ok: true, record };
}

/** Reads a line; undefined unless it is exactly as `lineOf` writes it. The hash isn't judged. */
export function readLine(line: Buffer): AuditRecord | undefined {
  try {
    const record = JSON.parse(line.toString('utf8')) as AuditRecord;
    return isRecord(record) && Buffer.from(lineOf(record)).equals(line) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isRecord({ seq, at, kind, by, chat, request, incident, prev, hash }: AuditRecord): boolean {
  const isText = (value: unknown): boolean => typeof value === 'string';
  return (
    Number.isSafeInteger(seq) &&
    [at, kind, prev, hash].every(isText) &&
    [by, chat, request, incident].every((value) => value === null || isText(value))
  );
}
