import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { warn } from './say.ts';
import { toolFolder } from './tools.ts';

/** Where Debian 12 puts its Go, which is too old to build Kubernetes. */
export const DEBIAN_GO = '/usr/lib/go-1.19/bin/go';
/** Where Go is: on the PATH, where its own installer puts it, where Debian does. */
const PLACES = ['go', '/usr/local/go/bin/go', DEBIAN_GO];
/** From this minor on Go fetches by itself the version that a go.mod asks for. Source: go.dev/doc/toolchain. */
const FETCHES_ITSELF = 21;
const LOOK_MS = 10_000;
const FETCH_MS = 10 * 60_000;

/** The minor version of a Go: 26 of `go version go1.26.8 linux/amd64`; undefined where there is none. */
async function minorOf(go: string): Promise<number | undefined> {
  const { stdout } = await execa(go, ['version'], { reject: false, timeout: LOOK_MS, stderr: 'ignore' });
  const minor = /^go version go1\.(\d+)/.exec(stdout ?? '')?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/**
 * The go command: one that is there, or, where only an older one is (Debian 12's), the version that `tools/go` pins, fetched by the older as
 * the module that Go publishes it as, checked against go.sum and kept in the cache.
 * @throws Error that says what to do where there is none at all
 */
export async function findGo(cache: string, places: readonly string[] = PLACES): Promise<string> {
  let older: string | undefined;
  for (const go of places) {
    const minor = await minorOf(go);
    if (minor !== undefined && minor >= FETCHES_ITSELF) return go;
    if (minor !== undefined) older ??= go;
  }
  if (older === undefined)
    throw new Error(
      'Go is needed to build Kubernetes, and there is none here: apt-get install golang-1.19-go, or see go.dev/doc/install.',
    );
  return fetched(older, cache);
}

async function fetched(older: string, cache: string): Promise<string> {
  const folder = join(cache, 'go');
  const go = join(folder, 'bin', 'go');
  if (existsSync(go)) return go;
  warn('fetching a newer Go (once)');
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, '.go-'));
  try {
    const options = { cwd: toolFolder('go'), timeout: FETCH_MS };
    const { stdout } = await execa(older, ['mod', 'download', '-json', 'golang.org/toolchain'], options);
    const { Dir: source } = JSON.parse(stdout) as { readonly Dir: string };
    // What comes out of the module cache may neither be written nor run.
    await execa('cp', ['-r', '--no-preserve=mode', `${source}/.`, fresh]);
    await runnable(join(fresh, 'bin'));
    for (const system of await readdir(join(fresh, 'pkg', 'tool'))) await runnable(join(fresh, 'pkg', 'tool', system));
    await rename(fresh, folder).catch((error: unknown) => {
      if (!existsSync(go)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return go;
}

async function runnable(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o755);
}
