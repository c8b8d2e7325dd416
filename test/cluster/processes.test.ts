import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logTail, runs, startProcess, stopProcess, untilTrue } from './machine/processes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daytwo-processes-'));
  await mkdir(join(folder, 'logs'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('recorded processes', () => {
  it('are stopped, but never another one that has the id by now', async () => {
    const recorded = await startProcess(folder, { name: 'sleeper', program: 'sleep', args: ['1000'] });
    await stopProcess({ ...recorded, startTicks: '1' });
    expect(runs(recorded)).toBe(true);
    await stopProcess(recorded);
    expect(runs(recorded)).toBe(false);
    await stopProcess(recorded);
  });

  it('are killed when they do not listen', async () => {
    const args = ['-e', 'process.on("SIGTERM", () => {}); console.log("deaf"); setInterval(() => {}, 1000)'];
    const recorded = await startProcess(folder, { name: 'deaf', program: process.execPath, args });
    const deaf = async () => (await logTail(folder, 'deaf')).includes('deaf');
    await untilTrue(folder, 'it is deaf', deaf, { withinMs: 20_000, processes: [recorded] });
    await stopProcess(recorded);
    expect(runs(recorded)).toBe(false);
  });

  it('end a wait for them at once, with what they said last', async () => {
    const args = ['-e', 'console.error("no such port")'];
    const recorded = await startProcess(folder, { name: 'short', program: process.execPath, args });
    const waiting = untilTrue(folder, 'never', async () => false, { withinMs: 60_000, processes: [recorded] });
    await expect(waiting).rejects.toThrow(/short has ended:\s+no such port/);
  });
});
