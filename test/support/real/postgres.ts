import { execFileSync } from 'node:child_process';
import { accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from './ports.ts';

/** A private PostgreSQL of a test, on loopback and a socket in its own folder. Everybody on this machine is trusted. */
export interface RealPostgres {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** Ends all sessions and stops: `fast` undoes what is open, `crash` is a kill that recovers from its log at the next start. */
  halt(how: 'fast' | 'crash'): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** The newest output, for a failed test's message. */
  logs(): string;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

/** Debian's place of the server's programs, one folder a major version. */
const HOME = '/usr/lib/postgresql';
const READY_WITHIN_MS = 30_000;
const LOG_MAX_CHARS = 64 * 1024;

/** The folder of the newest installed server; undefined where there is none. */
function programs(): string | undefined {
  const newest = existsSync(HOME) ? readdirSync(HOME).sort((a, b) => Number(b) - Number(a))[0] : undefined;
  if (newest === undefined) return undefined;
  const bin = join(HOME, newest, 'bin');
  try {
    accessSync(join(bin, 'initdb'), constants.X_OK);
    return bin;
  } catch {
    return undefined;
  }
}

/** The server refuses to run as root: then it runs as `postgres`, if there is such a user. */
function runAs(): { readonly uid: number; readonly gid: number } | undefined | 'nobody' {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }).toString());
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return 'nobody';
  }
}

/** Whether a server can be started here; says loudly what is missed where it can't. */
export function postgresAvailable(missed: string): boolean {
  const isThere = programs() !== undefined && runAs() !== 'nobody';
  if (!isThere) console.warn(`SKIPPED: ${missed}. Not installed here: postgresql`);
  return isThere;
}

/** Makes a fresh cluster and starts it. */
export async function startPostgres(): Promise<RealPostgres> {
  const bin = programs();
  const user = runAs();
  if (bin === undefined || user === 'nobody') throw new Error('postgresql is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'daytwo-postgres-'));
  if (user) chownSync(folder, user.uid, user.gid);
  const who = { ...user, cwd: folder };
  const data = join(folder, 'data');
  await execa(join(bin, 'initdb'), ['-D', data, '-U', 'daytwo', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N'], who);
  const port = await freePort();
  let output = '';
  let server: ReturnType<typeof launch> | undefined;
  function launch() {
    const child = execa(
      join(bin ?? '', 'postgres'),
      [
        '-D',
        data,
        '-k',
        folder,
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-c',
        'max_connections=60',
        '-c',
        'shared_buffers=16MB',
      ],
      { ...who, all: true, buffer: false, reject: false, cleanup: true },
    );
    child.all.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-LOG_MAX_CHARS);
    });
    return child;
  }
  const start = async (): Promise<void> => {
    const from = output.length;
    server = launch();
    let isOver = false;
    void server.then(() => {
      isOver = true;
    });
    const until = Date.now() + READY_WITHIN_MS;
    const isReady = (): boolean =>
      output.slice(Math.min(from, output.length - 1)).includes('ready to accept connections');
    while (!isReady()) {
      if (isOver || Date.now() > until) throw new Error(`PostgreSQL did not start:\n${output}`);
      await wait(20);
    }
  };
  const halt = async (how: 'fast' | 'crash'): Promise<void> => {
    // SIGINT: fast shutdown; SIGQUIT: immediate. Source: https://www.postgresql.org/docs/15/server-shutdown.html
    server?.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await server;
    server = undefined;
  };
  await start();
  return {
    url: `postgres://daytwo@127.0.0.1:${port}/postgres`,
    port,
    folder,
    halt,
    start,
    logs: () => output,
    stop: async () => {
      await halt('fast');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
