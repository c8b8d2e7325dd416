import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEBIAN_GO, findGo } from './machine/go.ts';

const isThere = existsSync(DEBIAN_GO);
if (!isThere) console.warn(`NOT TESTED: how a Go is fetched by an older one. Not installed: ${DEBIAN_GO}`);

describe('the Go that builds the cluster', () => {
  let cache: string;
  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'daytwo-go-'));
  });
  afterAll(() => rm(cache, { recursive: true, force: true }));

  it('says what to do where there is none', async () => {
    await expect(findGo(cache, ['/nowhere/go'])).rejects.toThrow(/apt-get install golang-1.19-go/);
  });

  it.skipIf(!isThere)(
    'is fetched by one that is too old, checked by its hash, and runs',
    async () => {
      const go = await findGo(cache, ['/nowhere/go', DEBIAN_GO]);
      expect((await execa(go, ['version'])).stdout).toMatch(/^go version go1\.26\./);
      expect(await findGo(cache, [DEBIAN_GO])).toBe(go);
    },
    300_000,
  );
});
