import { setTimeout as wait } from 'node:timers/promises';
import { withBot, withFolder } from './processes.ts';
import type { Row } from './stats.ts';

const TARGET_MB = 100;

/** Resident memory of a bot with the console only that has nothing to do. */
export async function benchMemory(afterMs: number): Promise<readonly Row[]> {
  const bytes = await withFolder((dir) =>
    withBot({ dir }, async (bot) => {
      await wait(afterMs);
      return bot.rssBytes();
    }),
  );
  const megabytes = bytes / 1_000_000;
  return [
    {
      what: `idle resident memory with the console only, after ${afterMs / 1000} s`,
      figure: `${megabytes.toFixed(1)} MB`,
      target: `≤ ${TARGET_MB} MB`,
      ok: megabytes <= TARGET_MB,
    },
  ];
}
