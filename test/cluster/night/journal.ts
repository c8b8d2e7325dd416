import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJournal } from '../../support/real/journal.ts';

/** Files of the journal, entries of each, and letters of an entry: five times some 12 MiB. */
const FILES = 5;
const ENTRIES = 300;
const LETTERS = 40_000;
const SINCE = 1_700_000_000_000;

const hex = (value: number): string => value.toString(16).padStart(16, '0');

/** A folder of real journal files below `folder`, all of them archived, as a host has them that writes a lot. */
export async function archivedJournal(folder: string): Promise<string> {
  const path = join(folder, 'journal');
  await mkdir(path);
  for (let file = 0; file < FILES; file += 1) {
    const entries = Array.from({ length: ENTRIES }, (_, entry) => ({
      at: SINCE + file * 1_000_000 + entry,
      fields: {
        MESSAGE: Buffer.alloc(LETTERS, `${file} ${entry} `).toString(),
        PRIORITY: '6',
        _SYSTEMD_UNIT: 'kubelet.service',
      },
    }));
    const written = await writeJournal(entries);
    // As journald calls an archived file: machine, first sequence number, first time.
    const name = `system@${'0'.repeat(31)}${file}-${hex(file * 1000 + 1)}-${hex(SINCE * 1000 + file)}.journal`;
    await copyFile(join(written.path, 'test.journal'), join(path, name));
    await written.remove();
  }
  return path;
}
