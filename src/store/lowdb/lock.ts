import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DaytwoError, messageOf } from '../../lib/errors.ts';

/**
 * Owns a data folder for one process. The lock is SQLite's exclusive file lock: the kernel frees it whenever the process ends, so a
 * kill leaves nothing stale behind, and it holds between containers that share the volume, which a process id in a file does not.
 * @throws DaytwoError store-locked with who holds it; store-unavailable when the folder can't be used
 */
export async function lockFolder(dir: string): Promise<{ release: () => void }> {
  const { DatabaseSync } = await import('node:sqlite');
  const holder = join(dir, 'lock.holder');
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new DaytwoError('store-unavailable', `the data folder ${dir} can't be made: ${messageOf(cause)}`, { cause });
  }
  let db: InstanceType<typeof DatabaseSync> | undefined;
  try {
    db = new DatabaseSync(join(dir, 'lock'));
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    db?.close();
    if (/locked|busy/i.test(messageOf(cause))) {
      throw new DaytwoError(
        'store-locked',
        `the data folder ${dir} is in use by ${holderOf(holder)}; stop that one, or give this one a folder of its own (DAYTWO_DATA_DIR)`,
        { cause },
      );
    }
    throw new DaytwoError('store-unavailable', `the data folder ${dir} can't be locked: ${messageOf(cause)}`, {
      cause,
    });
  }
  const held = db;
  try {
    writeFileSync(holder, `process ${process.pid} on ${hostname()}\n`);
  } catch {
    // Only the words of another process's refusal depend on it; a full disk must not keep the bot down.
  }
  return {
    release: () => {
      rmSync(holder, { force: true });
      held.close();
    },
  };
}

function holderOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim() || 'another process';
  } catch {
    return 'another process';
  }
}
