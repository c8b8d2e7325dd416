import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { DaytwoError } from '../lib/errors.ts';
import { syncFolder } from '../lib/syncFolder.ts';
import { type Head, LOG_FILE, NO_ENTRIES, prepareHead, readHead, replaceHead } from './head.ts';
import { checkLine, hashOf, type Link, MAX_LINE_BYTES, readLine } from './record.ts';

/** More than this behind the head was not written by a crash. */
const MAX_BEHIND_BYTES = 64 * 1024 * 1024;

/** An opened log: its head, and what stands behind it, which nobody was ever told of. */
export interface Tail {
  readonly file: FileHandle;
  readonly inode: number;
  readonly head: Head;
  /** Whole entries behind the head, and the last of them (else the head). */
  readonly kept: Buffer;
  readonly at: Link;
  /** What follows them and is no entry. */
  readonly torn: Buffer;
}

const LF = 10;

/** That the audit is not as it was left: nothing is appended until a person has looked. */
export class AuditDamage extends DaytwoError {
  constructor(dir: string, what: string) {
    super(
      'store-unavailable',
      `the audit is not as it was left: ${what}. “daytwo audit verify” tells more; to begin a new one, move audit.jsonl and audit.head out of ${dir} together and keep them`,
      { retryable: false },
    );
  }
}

/**
 * Opens a folder's audit by its head and its last entries alone, whatever its length. `known` is the last entry that this process
 * itself acknowledged. Makes both files where there is none yet.
 * @throws AuditDamage when head and log don't fit, and what the file system throws
 */
export async function openTail(dir: string, known: Head | undefined): Promise<Tail> {
  const head = await headOf(dir, known);
  const flags = head.seq === 0 ? constants.O_RDWR | constants.O_CREAT : constants.O_RDWR;
  const file = await open(join(dir, LOG_FILE), flags, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new AuditDamage(dir, `${LOG_FILE} is missing`) : error;
  });
  try {
    const { size, ino } = await file.stat();
    if (size < head.bytes) throw new AuditDamage(dir, `${LOG_FILE} ends before entry ${head.seq} does`);
    if (size > head.bytes + MAX_BEHIND_BYTES) throw new AuditDamage(dir, `${LOG_FILE} is longer than it was written`);
    if (!(await holdsEntry(file, head)))
      throw new AuditDamage(dir, `the last entry is not the one that audit.head vouches for (entry ${head.seq})`);
    // Both files may have been written anew, and longer.
    if (known && !(await holdsEntry(file, known)))
      throw new AuditDamage(dir, `entry ${known.seq} is not the one that was written`);
    const behind = await read(file, head.bytes, size);
    return { file, inode: ino, head, ...split(behind, head) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function headOf(dir: string, known: Head | undefined): Promise<Head> {
  const found = await readHead(dir);
  if (found.is === 'unreadable') throw new AuditDamage(dir, 'audit.head is not as it was written');
  if (found.is === 'there') {
    const { head } = found;
    if (known && (head.seq < known.seq || (head.seq === known.seq && head.hash !== known.hash)))
      throw new AuditDamage(dir, `audit.head names entry ${head.seq}, but entry ${known.seq} was written`);
    return head;
  }
  const isEmpty = await open(join(dir, LOG_FILE), 'r').then(
    async (file) => {
      const { size } = await file.stat();
      await file.close();
      return size === 0;
    },
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return true;
      throw error;
    },
  );
  if (!isEmpty || known) throw new AuditDamage(dir, 'audit.head is missing');
  // The log first: a head without a log is damage.
  await (await open(join(dir, LOG_FILE), 'a', 0o600)).close();
  await syncFolder(dir);
  await prepareHead(dir, NO_ENTRIES);
  await replaceHead(dir);
  return NO_ENTRIES;
}

/** Whether the entry that ends at a place is the one that is meant. */
async function holdsEntry(file: FileHandle, { seq, hash, bytes: end }: Head): Promise<boolean> {
  if (seq === 0) return true;
  const bytes = await read(file, Math.max(0, end - MAX_LINE_BYTES), end);
  const record = readLine(bytes.subarray(bytes.lastIndexOf(LF, -2) + 1));
  return record?.seq === seq && record.hash === hash && hashOf(record) === hash;
}

async function read(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, from + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

/** Parts what stands behind the head into whole entries that go on with the chain, and the rest. Pure. */
export function split(behind: Buffer, head: Link): Pick<Tail, 'kept' | 'at' | 'torn'> {
  let at: Link = { seq: head.seq, hash: head.hash };
  let good = 0;
  for (let end = behind.indexOf(LF); end !== -1; end = behind.indexOf(LF, good)) {
    const check = checkLine(behind.subarray(good, end + 1), at);
    if (!check.ok) break;
    at = { seq: check.record.seq, hash: check.record.hash };
    good = end + 1;
  }
  return { kept: behind.subarray(0, good), at, torn: behind.subarray(good) };
}
