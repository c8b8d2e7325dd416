import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../lib/syncFolder.ts';

/** A state file by what its name says: `journal-00000007.log`. */
export interface StateFile {
  readonly name: string;
  readonly is: 'journal' | 'snapshot';
  readonly number: number;
}

const NAME = /^(journal|snapshot)-(\d{8})\.log$/;

/** The name of a state file. */
export function fileName(is: StateFile['is'], number: number): string {
  return `${is}-${String(number).padStart(8, '0')}.log`;
}

/** The state files of a folder, oldest first. */
export async function listFiles(dir: string): Promise<readonly StateFile[]> {
  const files: StateFile[] = [];
  for (const name of await readdir(dir)) {
    const found = NAME.exec(name);
    if (found) files.push({ name, is: found[1] as StateFile['is'], number: Number(found[2]) });
  }
  return files.sort((a, b) => a.number - b.number || a.name.localeCompare(b.name));
}

/** Moves a file into `set-aside/` under a name that nothing else has; never overwrites. Returns the new path. */
export async function setAside(dir: string, name: string, stamp: number): Promise<string> {
  const folder = join(dir, 'set-aside');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const target = join(folder, `${name}.${stamp}`);
  await rename(join(dir, name), target);
  await syncFolder(folder);
  return target;
}
