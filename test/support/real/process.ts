import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from './ports.ts';

/** A real server of the machine, started for a test on loopback, with a temporary folder of its own. */
export interface RealServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly folder: string;
  /** The newest output, for a failed test's message. */
  logs(): string;
  /** Sends a signal: SIGHUP makes Prometheus' kin read their configuration again; SIGSTOP makes them hang. */
  signal(name: NodeJS.Signals): void;
  /** Ends the process and removes its folder. Safe to call twice. */
  stop(): Promise<void>;
}

/** What to start: `args` gets the port and the folder, `prepare` may write files into the folder before. */
export interface RealProgram {
  readonly program: string;
  readonly args: (place: { readonly port: number; readonly folder: string }) => readonly string[];
  readonly prepare?: (place: { readonly port: number; readonly folder: string }) => Promise<void>;
  /** A path that answers 200 once the server is ready. */
  readonly readyPath: string;
}

const LOG_MAX_CHARS = 64 * 1024;
const READY_WITHIN_MS = 20_000;
const TRIES = 3;

/** Whether a program is on the PATH. */
export function available(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The given programs that are not here; says loudly what a test that skips because of them has missed. */
export function missing(programs: readonly string[], missed: string): readonly string[] {
  const absent = programs.filter((program) => !available(program));
  if (absent.length > 0) console.warn(`SKIPPED: ${missed}. Not installed here: ${absent.join(', ')}`);
  return absent;
}

/** Starts a server on a free port of loopback and waits until it is ready; another port is tried if somebody was faster. */
export async function startReal(program: RealProgram): Promise<RealServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(program);
    } catch (error) {
      if (attempt >= TRIES || !String(error).includes('address already in use')) throw error;
    }
  }
}

async function startOnce(what: RealProgram): Promise<RealServer> {
  const folder = await mkdtemp(join(tmpdir(), `daytwo-${basename(what.program)}-`));
  const port = await freePort();
  await what.prepare?.({ port, folder });
  const child = execa(what.program, what.args({ port, folder }), {
    all: true,
    buffer: false,
    reject: false,
    cleanup: true,
    forceKillAfterDelay: 5000,
    cwd: folder,
  });
  let output = '';
  child.all.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-LOG_MAX_CHARS);
  });
  let ended = false;
  const end = child.then(() => {
    ended = true;
  });
  const stop = async (): Promise<void> => {
    if (!ended) child.kill('SIGCONT');
    if (!ended) child.kill('SIGTERM');
    await end;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + READY_WITHIN_MS;
  while (!(await answers(url + what.readyPath))) {
    if (ended || Date.now() > until) {
      await stop();
      throw new Error(`${what.program} ${ended ? 'ended at its start' : 'did not get ready'}:\n${output}`);
    }
    await wait(50);
  }
  return { url, port, pid: child.pid ?? 0, folder, logs: () => output, signal: (name) => child.kill(name), stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Waits until `look` gives something (neither undefined nor false), looking every 50 ms; fails with `what` and the last error after `withinMs`. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
): Promise<T> {
  const until = Date.now() + withinMs;
  let last: unknown;
  while (Date.now() < until) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    await wait(50);
  }
  throw new Error(`waited ${withinMs} ms in vain for: ${what}`, { cause: last });
}
