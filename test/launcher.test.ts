import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
  const environment = (pid: number): string => readFileSync(`/proc/${pid}/environ`, 'utf8');

  it('compiles once for all later starts, and the process that was started stays the one', async () => {
    const env = { NODE_COMPILE_CACHE: join(dir, 'cache') };
    for (const [start, began] of [
      ['first', true],
      ['second', false],
    ] as const) {
      bot = await startBot({ dir: join(dir, start), env });
      expect(environment(bot.pid).includes('DAYTWO_BEGUN_ANEW'), `the ${start} start`).toBe(began);
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
