import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A process of the cluster's. The start time tells it from another that got the same id later. */
export interface Recorded {
  readonly name: string;
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTicks: string;
}

/** What to start. */
export interface Program {
  /** Of the process and its log. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const GRACE_MS = 10_000;
const LOG_TAIL_BYTES = 4096;

/** Starts a program that outlives this process, its output in `logs/NAME.log`. @throws Error when it can't be started */
export async function startProcess(folder: string, { name, program, args, env }: Program): Promise<Recorded> {
  const log = openSync(logFile(folder, name), 'a', 0o600);
  const child = spawn(program, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  const { pid } = child;
  const startTicks = pid === undefined ? undefined : startTicksOf(pid);
  if (pid === undefined || startTicks === undefined)
    throw new Error(`${name} ended at once:\n${await logTail(folder, name)}`);
  return { name, pid, startTicks };
}

/** This process, as others may look for it. */
export function thisProcess(): Recorded {
  return { name: 'cluster:up', pid: process.pid, startTicks: startTicksOf(process.pid) ?? '' };
}

/** Whether it still runs. One that has ended and waits for its parent (a zombie) does not. */
export function runs({ pid, startTicks }: Recorded): boolean {
  return startTicksOf(pid) === startTicks;
}

/** SIGTERM, SIGKILL after 10 s, and back when it is gone. Another process that has its id by now is left alone. */
export async function stopProcess(one: Recorded): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!runs(one)) return;
    try {
      process.kill(one.pid, signal);
    } catch {
      return;
    }
    const until = performance.now() + GRACE_MS;
    while (runs(one) && performance.now() < until) await wait(50);
  }
}

/** Resident memory of a process in bytes; 0 when it is gone. */
export function residentBytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status') ?? '');
  return Number(found?.[1] ?? 0) * 1024;
}

/** The end of a process's log, for messages. */
export async function logTail(folder: string, name: string): Promise<string> {
  const file = await open(logFile(folder, name)).catch(() => undefined);
  if (!file) return '(no log)';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, LOG_TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString();
  } finally {
    await file.close();
  }
}

/** Looks until `look` says true; the end of one of `processes` or of the time is an error that quotes the log. */
export async function untilTrue(
  folder: string,
  what: string,
  look: () => Promise<boolean>,
  { withinMs, processes }: { withinMs: number; processes: readonly Recorded[] },
): Promise<void> {
  const until = performance.now() + withinMs;
  let last: unknown;
  while (performance.now() < until) {
    const dead = processes.find((one) => !runs(one));
    if (dead) throw new Error(`${dead.name} has ended:\n${await logTail(folder, dead.name)}`);
    try {
      if (await look()) return;
    } catch (error) {
      last = error;
    }
    await wait(250);
  }
  const logs = await Promise.all(processes.map(async ({ name }) => `${name}:\n${await logTail(folder, name)}`));
  throw new Error(`waited ${withinMs / 1000} s in vain: ${what}\n${logs.join('\n')}`, { cause: last });
}

function logFile(folder: string, name: string): string {
  return join(folder, 'logs', `${name}.log`);
}

/** The name in brackets may hold blanks and brackets: fields are counted after the last one. */
function startTicksOf(pid: number): string | undefined {
  const text = readProc(pid, 'stat');
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
