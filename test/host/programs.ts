import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

/** A folder of stand-ins for real programs, to be put before the others on a PATH. */
export interface Programs {
  readonly folder: string;
  /** The PATH with this folder first. */
  readonly path: string;
  /** A file that only a test's own program or a broken door makes. */
  readonly canary: string;
  /** Puts a script there under a program's name. `$HERE` is this folder. */
  add(name: string, script: string): Promise<void>;
  /** The process ids that a script wrote to `$HERE/NAME`. */
  pids(name: string): Promise<number[]>;
  remove(): Promise<void>;
}

/** Makes the folder. */
export async function makePrograms(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'programs-'));
  await mkdir(join(folder, 'bin'));
  return {
    folder,
    path: `${join(folder, 'bin')}:/usr/bin:/bin`,
    canary: join(folder, 'canary'),
    add: (name, script) =>
      writeFile(join(folder, 'bin', name), `#!/bin/sh\nHERE=${folder}\n${script}\n`, { mode: 0o755 }),
    pids: async (name) =>
      (await readFile(join(folder, name), 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A program that starts a child, says both process ids in `$HERE/tree`, and never ends; neither heeds SIGTERM. */
export const STUBBORN_TREE = [
  "trap '' TERM",
  "(trap '' TERM; while :; do sleep 0.2; done) &",
  'echo $! >> $HERE/tree',
  'echo $$ >> $HERE/tree',
  'while :; do sleep 0.2; done',
].join('\n');

/** Whether a process is alive; a zombie whose parent hasn't looked yet is not. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

/** Waits until the tree of STUBBORN_TREE is up, and gives its two process ids. */
export async function treeUp(programs: Programs): Promise<number[]> {
  await expect.poll(() => programs.pids('tree'), { timeout: 10_000 }).toHaveLength(2);
  return programs.pids('tree');
}

/** Waits until none of these is alive. */
export async function allGone(pids: readonly number[], timeoutMs: number): Promise<void> {
  await expect
    .poll(async () => (await Promise.all(pids.map(isAlive))).filter(Boolean).length, { timeout: timeoutMs })
    .toBe(0);
}
