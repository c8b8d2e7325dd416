import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { freePort } from './real/ports.ts';

/** What a bot is started with. */
export interface BotOptions {
  /** Data folder; made when missing. It outlives the process. */
  readonly dir: string;
  /** Further sections of the YAML file, below `server:`. */
  readonly yaml?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node itself, for profiles. */
  readonly nodeFlags?: readonly string[];
}

/** One run of the real `bin/daytwo.js serve`. Ended by its process id, always. */
export interface BotProcess {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to the first 200 of /readyz. */
  readonly readyMs: number;
  /** The newest output of both streams. */
  output(): string;
  /** The one-time console URL of the first person that the start named. */
  consoleUrl(): Promise<string>;
  /** Resident memory now, in bytes. */
  rssBytes(): number;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; kill -9 after 15 s. Resolves with the exit code, undefined when a signal ended it. */
  stop(): Promise<number | undefined>;
  /** Resolves when the process has ended, however it did. */
  readonly ended: Promise<void>;
}

const LAUNCHER = fileURLToPath(new URL('../../bin/daytwo.js', import.meta.url));
const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 15_000;
const LOG_MAX_CHARS = 64 * 1024;
const POLL_MS = 5;

/** Starts the bot on a free port of loopback without waiting for anything. `ready` rejects when it ends before it is ready. */
export async function spawnBot(options: BotOptions): Promise<{
  readonly kill: () => Promise<void>;
  readonly ready: Promise<BotProcess>;
}> {
  await mkdir(options.dir, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(options.dir, 'daytwo.yaml');
  await writeFile(file, `server: { listen: "127.0.0.1:${port}" }\n${options.yaml ?? ''}`);
  const began = performance.now();
  // HOME without a kubeconfig: nothing of this machine's own clusters is asked.
  const child = execa(process.execPath, [...(options.nodeFlags ?? []), LAUNCHER, 'serve', '--config', file], {
    all: true,
    buffer: false,
    reject: false,
    cleanup: true,
    cwd: options.dir,
    extendEnv: false,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: options.dir,
      DAYTWO_DATA_DIR: join(options.dir, 'data'),
      ...options.env,
    },
  });
  let output = '';
  child.all.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-LOG_MAX_CHARS);
  });
  let over: { readonly code: number | undefined } | undefined;
  const ended = child.then(({ exitCode }) => {
    over = { code: exitCode };
  });
  const end = async (signal: NodeJS.Signals): Promise<number | undefined> => {
    if (!over) child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(late);
    return over?.code;
  };
  const pid = child.pid ?? 0;

  const ready = (async (): Promise<BotProcess> => {
    while (!(await isReady(url))) {
      if (over) throw new Error(`daytwo ended before it was ready (exit ${over.code}):\n${output}`);
      if (performance.now() - began > READY_WITHIN_MS) {
        await end('SIGKILL');
        throw new Error(`daytwo was not ready within ${READY_WITHIN_MS} ms:\n${output}`);
      }
      await wait(POLL_MS);
    }
    const readyMs = performance.now() - began;
    return {
      url,
      pid,
      readyMs,
      output: () => output,
      consoleUrl: async () => {
        for (let tries = 0; tries < 1000; tries += 1) {
          const found = /: (http:\/\/\S+\/c\/[\w-]+)/.exec(output)?.[1];
          if (found) return found;
          await wait(POLL_MS);
        }
        throw new Error(`no console URL was printed:\n${output}`);
      },
      rssBytes: () => {
        const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
        return Number(found?.[1] ?? 0) * 1024;
      },
      kill: async () => void (await end('SIGKILL')),
      stop: () => end('SIGTERM'),
      ended,
    };
  })();
  return { kill: async () => void (await end('SIGKILL')), ready };
}

/** Starts the bot and waits until it is ready. */
export async function startBot(options: BotOptions): Promise<BotProcess> {
  const { ready } = await spawnBot(options);
  return ready;
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Signs in by the one-time console URL; returns the cookie for later requests. */
export async function signIn(bot: BotProcess): Promise<string> {
  const response = await fetch(await bot.consoleUrl(), { method: 'POST', headers: { origin: bot.url } });
  const cookie = response.headers.get('set-cookie')?.split(';')[0];
  if (!response.ok || cookie === undefined) throw new Error(`sign-in was answered ${response.status}`);
  return cookie;
}

/** One gauge or counter without labels from /metrics. */
export async function metric(bot: BotProcess, name: string): Promise<number> {
  const text = await (await fetch(`${bot.url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
  const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`/metrics has no ${name}`);
  return Number(found);
}
