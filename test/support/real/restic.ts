import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { cheapKey } from './resticKey.ts';

/** A real repository with a password's file and some live data beside it. */
export interface ResticLab {
  readonly folder: string;
  readonly repository: string;
  readonly passwordFile: string;
  /** The live data: some files, a link, a name with blanks and quotes. */
  readonly source: string;
  /** Where restores go. */
  readonly restoreRoot: string;
  /** Runs restic on the repository; fails where it does. */
  restic(...args: readonly string[]): Promise<string>;
  /** Ids of the locks that lie there. */
  locks(): Promise<readonly string[]>;
  /** Starts a slow restic, waits for its lock, and kills it with SIGKILL. */
  leaveLock(kind: 'shared' | 'exclusive'): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Makes a repository and its source in a temporary folder. Its password costs next to nothing to check, unless `real` asks for a key as
 * restic makes it.
 */
export async function makeResticLab(options: { readonly real?: boolean } = {}): Promise<ResticLab> {
  const folder = await mkdtemp(join(tmpdir(), 'restic-lab-'));
  const at = (name: string): string => join(folder, name);
  const [repository, passwordFile, source] = [at('repository'), at('password'), at('source')];
  await writeFile(passwordFile, 'correct horse battery staple\n', { mode: 0o600 });
  await mkdir(join(source, 'deep'), { recursive: true });
  await mkdir(at('cache'));
  for (let file = 0; file < 20; file += 1) await writeFile(join(source, `file-${file}`), `content ${file}\n`);
  await writeFile(join(source, 'deep', `a name with blanks, 'quotes' and "more"`), 'odd');
  await writeFile(join(source, 'deep', 'large'), Buffer.alloc(300_000, 'abcdefg'));
  await execa('ln', ['-s', 'file-1', join(source, 'link')]);
  const base = ['--repo', repository, '--password-file', passwordFile];
  const env = { XDG_CACHE_HOME: at('cache') };
  const restic = async (...args: readonly string[]): Promise<string> =>
    (await execa('restic', [...base, ...args], { env })).stdout;
  await restic('init');
  if (!options.real) await cheapKey(repository, passwordFile);
  // While it is written a lock has another name.
  const locks = async (): Promise<readonly string[]> =>
    (await readdir(join(repository, 'locks'))).filter((name) => /^[0-9a-f]{64}$/.test(name));

  return {
    folder,
    repository,
    passwordFile,
    source,
    restoreRoot: at('restores'),
    restic,
    locks,
    async leaveLock(kind) {
      const before = new Set(await locks());
      if (kind === 'exclusive') return leaveExclusive(before);
      // Standard input that never ends keeps a backup, and with it its lock, for as long as is needed.
      const args = ['backup', '--stdin'];
      const child = execa('restic', [...base, ...args], { env, reject: false, stdin: 'pipe' });
      for (let tries = 0; (await locks()).every((id) => before.has(id)) && tries < 400; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 25));
      child.kill('SIGKILL');
      await child;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };

  /** `check` takes an exclusive lock for as long as it reads; it is killed as soon as the lock is seen. */
  async function leaveExclusive(before: ReadonlySet<string>): Promise<void> {
    for (let tries = 0; tries < 20; tries += 1) {
      const child = execa('restic', [...base, 'check', '--read-data'], { env, reject: false });
      while ((await locks()).every((id) => before.has(id))) {
        if (await gone(child.pid)) break;
      }
      child.kill('SIGKILL');
      await child;
      if ((await locks()).some((id) => !before.has(id))) return;
    }
    throw new Error('no exclusive lock was left behind');
  }
}

async function gone(pid: number | undefined): Promise<boolean> {
  return readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => / Z /.test(stat),
    () => true,
  );
}
