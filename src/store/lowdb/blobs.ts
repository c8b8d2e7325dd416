import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DaytwoError, messageOf } from '../../lib/errors.ts';

const ID = /^[0-9a-f]{64}$/;

/** Files named by the SHA-256 of their content, in 256 folders. */
export class Blobs {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  #path(id: string): string {
    return join(this.#dir, id.slice(0, 2), id);
  }

  /** @throws DaytwoError store-unavailable */
  async put(bytes: Uint8Array): Promise<string> {
    const id = createHash('sha256').update(bytes).digest('hex');
    const path = this.#path(id);
    const part = `${path}.${randomBytes(6).toString('hex')}.part`;
    try {
      await mkdir(join(this.#dir, id.slice(0, 2)), { recursive: true });
      const file = await open(part, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(part, path);
      return id;
    } catch (cause) {
      await rm(part, { force: true }).catch(() => {});
      throw new DaytwoError('store-unavailable', `a picture can't be stored: ${messageOf(cause)}`, { cause });
    }
  }

  async get(id: string): Promise<Uint8Array | undefined> {
    if (!ID.test(id)) return undefined;
    return readFile(this.#path(id)).catch(() => undefined);
  }

  /** Deletes what is neither in `keep` nor newer than `olderThan`; also what a crash left half-written. */
  async sweep(keep: ReadonlySet<string>, olderThan: number): Promise<number> {
    let gone = 0;
    for (const folder of await readdir(this.#dir).catch(() => [])) {
      for (const name of await readdir(join(this.#dir, folder))) {
        if (keep.has(name)) continue;
        const path = join(this.#dir, folder, name);
        const { mtimeMs } = await stat(path);
        if (mtimeMs >= olderThan) continue;
        await rm(path, { force: true });
        gone += 1;
      }
    }
    return gone;
  }
}
