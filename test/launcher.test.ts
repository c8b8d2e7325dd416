import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BotProcess, startBot } from './support/botProcess.ts';

describe('bin/daytwo.js', () => {
  let dir: string;
  let bot: BotProcess | undefined;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-launcher-'));
  });
  afterEach(async () => {
    await bot?.kill();
    rmSync(dir, { recursive: true, force: true });
  });
  const marks = (cache: string): string[] =>
    readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => /daytwo-[0-9a-f]{16}$/.test(name));

  it('compiles once for all later starts, and the process that was started stays the one', async () => {
    const cache = join(dir, 'cache');
    for (const start of ['first', 'second']) {
      bot = await startBot({ dir: join(dir, start), env: { NODE_COMPILE_CACHE: cache } });
      expect(marks(cache)).toHaveLength(1);
      // SIGTERM to the process id that was started reaches the bot itself.
      expect(await bot.stop()).toBe(0);
    }
  });

  it.each<[string, Record<string, string>]>([
    ['may not be used', { NODE_DISABLE_COMPILE_CACHE: '1' }],
    ['cannot be written', { NODE_COMPILE_CACHE: '/dev/null/cache' }],
  ])('starts where the cache %s', async (_, env) => {
    bot = await startBot({ dir, env });
    expect(await bot.stop()).toBe(0);
  });
});
