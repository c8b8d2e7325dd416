import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** One entry: field names to values; a value of bytes may be anything. */
export interface JournalEntry {
  /** When, epoch ms. */
  readonly at: number;
  readonly fields: Readonly<Record<string, string | Uint8Array>>;
}

/** A folder with a real journal file in it, for `journalctl --directory`. */
export interface JournalFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const REMOTE = '/lib/systemd/systemd-journal-remote';

/** Says why no journal can be written here; undefined where one can. */
export async function journalMissing(): Promise<string | undefined> {
  const writes = await access(REMOTE).then(
    () => true,
    () => false,
  );
  if (!writes) return `${REMOTE} is not installed (Debian: systemd-journal-remote)`;
  const reads = await execa('journalctl', ['--version'], { reject: false });
  return reads.failed ? 'journalctl is not installed (Debian: systemd)' : undefined;
}

/** Writes entries into a fresh journal file by systemd-journal-remote, oldest first. */
export async function writeJournal(entries: readonly JournalEntry[]): Promise<JournalFolder> {
  const path = await mkdtemp(join(tmpdir(), 'journal-'));
  const input = Buffer.concat(entries.map(exported));
  await execa(REMOTE, [`--output=${join(path, 'test.journal')}`, '-'], { input, stdout: 'ignore' });
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * One entry in the export format: `NAME=value` lines, or the name, a little-endian 64-bit length and the bytes where the value isn't
 * plain text. Source: https://systemd.io/JOURNAL_EXPORT_FORMATS/ "Journal Export Format".
 */
function exported({ at, fields }: JournalEntry, index: number): Buffer {
  const all = {
    __REALTIME_TIMESTAMP: String(at * 1000),
    __MONOTONIC_TIMESTAMP: String(index + 1),
    _BOOT_ID: '4c122b930b3a8fc5f66301cfc30bfc7e',
    ...fields,
  };
  const parts = Object.entries(all).flatMap(([name, value]) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return [Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')];
  });
  // The times and the boot must be plain; all other fields may be binary.
  const plain = Object.entries(all)
    .filter(([name]) => name.startsWith('__') || name === '_BOOT_ID')
    .map(([name, value]) => `${name}=${String(value)}\n`);
  return Buffer.concat([Buffer.from(plain.join('')), ...parts.slice(plain.length * 4), Buffer.from('\n')]);
}
