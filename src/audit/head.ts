import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../lib/canonical.ts';
import { syncFolder } from '../lib/syncFolder.ts';
import { BEGINNING, type Link } from './record.ts';

/** The last acknowledged entry, and where its line ends in the file. */
export interface Head extends Link {
  readonly bytes: number;
}

/** The file of the records. */
export const LOG_FILE = 'audit.jsonl';
/** The anchor of its head: canonical JSON `{bytes, hash, seq}` and a line feed. */
export const HEAD_FILE = 'audit.head';

/** The head of a chain without entries. */
export const NO_ENTRIES: Head = { ...BEGINNING, bytes: 0 };

/** What is found in place of the head. */
export type FoundHead = { readonly is: 'there'; readonly head: Head } | { readonly is: 'missing' | 'unreadable' };

const headText = ({ seq, hash, bytes }: Head): string => `${canonicalJson({ seq, hash, bytes })}\n`;

/** Reads a folder's anchor; it counts only byte for byte as it is written. Throws only what reading throws. */
export async function readHead(dir: string): Promise<FoundHead> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(dir, HEAD_FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { is: 'missing' };
    throw error;
  }
  try {
    const head = JSON.parse(bytes.toString('utf8')) as Head;
    const isSound =
      Buffer.from(headText(head)).equals(bytes) &&
      [head.seq, head.bytes].every((value) => Number.isSafeInteger(value) && value >= 0) &&
      /^[0-9a-f]{64}$/.test(head.hash) &&
      (head.seq > 0 || headText(head) === headText(NO_ENTRIES));
    return isSound ? { is: 'there', head } : { is: 'unreadable' };
  } catch {
    return { is: 'unreadable' };
  }
}

/** Writes the next head durably beside the one that holds; nothing changes before `replaceHead`. */
export async function prepareHead(dir: string, head: Head): Promise<void> {
  const file = await open(join(dir, `${HEAD_FILE}.part`), 'w', 0o600);
  try {
    await file.writeFile(headText(head));
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Puts the prepared head in place, at once and durably. */
export async function replaceHead(dir: string): Promise<void> {
  await rename(join(dir, `${HEAD_FILE}.part`), join(dir, HEAD_FILE));
  await syncFolder(dir);
}
