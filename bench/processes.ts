import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { type BotOptions, type BotProcess, startBot } from '../test/support/botProcess.ts';
import type { LoadOrder, LoadResult } from './loadChild.ts';

const LOAD = fileURLToPath(new URL('./loadChild.ts', import.meta.url));
const BASELINE = fileURLToPath(new URL('./baselineChild.ts', import.meta.url));
/** Ticks of /proc/PID/stat: USER_HZ, 100 on every Linux that Node runs on. */
const TICK_MS = 10;

/** A folder that is gone afterwards, whatever happens. */
export async function withFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-bench-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A bot that is killed afterwards. */
export async function withBot<T>(options: BotOptions, use: (bot: BotProcess) => Promise<T>): Promise<T> {
  const bot = await startBot(options);
  try {
    return await use(bot);
  } finally {
    await bot.kill();
  }
}

/** A baseline server that is killed afterwards; with `file` it makes every body durable. */
export async function withBaseline<T>(file: string | undefined, use: (url: string) => Promise<T>): Promise<T> {
  const child = execa(process.execPath, file === undefined ? [BASELINE] : [BASELINE, file], {
    buffer: false,
    reject: false,
    cleanup: true,
  });
  try {
    let url = '';
    child.stdout.on('data', (chunk: Buffer) => {
      url += chunk.toString();
    });
    while (!url.endsWith('\n')) await wait(5);
    return await use(url.trim());
  } finally {
    child.kill('SIGKILL');
    await child;
  }
}

/** Runs a load in a process of its own. */
export async function load(order: LoadOrder): Promise<LoadResult> {
  const { stdout } = await execa(process.execPath, [LOAD, JSON.stringify(order)], { cleanup: true });
  return JSON.parse(stdout) as LoadResult;
}

/** Processor time that a process has used so far, in ms. Source: proc_pid_stat(5), fields 14 and 15. */
export async function cpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
