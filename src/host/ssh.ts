import { access, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import { COMMAND_ENVIRONMENT, type Invocation } from './commands.ts';
import { type ExecResult, exec } from './exec.ts';
import { absolutePath, hostName, sshAddress, tcpPort } from './names.ts';
import type { HostSpec } from './port.ts';
import { shellLine } from './quote.ts';
import { type SshPlace, sshError } from './ssh-errors.ts';

/** How long the TCP connection and the key exchange may take, ms. */
const CONNECT_TIMEOUT_MS = 5_000;

/** How much longer than the remote `timeout` we wait for it, ms: its SIGTERM, its SIGKILL and the way back. */
const REMOTE_GRACE_MS = 4_000;

/** What a TERM leaves alive on the far side gets KILL after this, seconds. */
const REMOTE_KILL_AFTER_SECONDS = 2;

/** How long a connection stays open unused, seconds. It also bounds what a killed daytwo leaves behind. */
const PERSIST_SECONDS = 60;

/**
 * The longest path of a Unix socket on every system (macOS: 104 bytes with the NUL), less the 17 characters that ssh appends while it
 * sets one up. Source: sys/un.h; OpenSSH mux.c, muxserver_listen.
 */
const SOCKET_PATH_MAX = 103 - 17;

/** What `-o` values in double quotes can't hold as themselves. Source: ssh_config(5), "Quoting" and TOKENS. */
const OPTION_HOSTILE = /["%$\\]/;

/** `timeout` of coreutils ends with 124, or 137 where it had to kill. Source: timeout(1). */
const REMOTE_TIMEOUT_EXITS: ReadonlySet<number> = new Set([124, 137]);

/** ssh's own failure. Source: ssh(1), EXIT STATUS. */
const SSH_FAILED = 255;

/** One host behind ssh, with one connection that all its commands share. */
export interface SshHost {
  /**
   * Opens the connection if none is open. Callers at the same time share one attempt; the signal ends the waiting, not the attempt.
   * @throws DaytwoError unreachable | forbidden | not-found (no ssh here) | failed | cancelled
   */
  open(signal: AbortSignal): Promise<void>;
  /** Runs a command over the open connection. @throws DaytwoError as `open`, when ssh itself fails */
  exec(command: Invocation, signal: AbortSignal): Promise<ExecResult>;
  /** What runs words on the far side over the open connection, for who runs it for long: program, arguments, whole environment. */
  carry(words: readonly string[]): Promise<{
    readonly argv: readonly [string, ...string[]];
    readonly env: Readonly<Record<string, string>>;
  }>;
  /** Words ssh's own failure (exit 255) from its stderr. */
  fault(stderr: string): DaytwoError;
  /** Closes the connection. */
  close(): Promise<void>;
}

/** A private folder (0700) for the sockets of all hosts, made on first use, short enough for a socket's path. */
export class SocketFolder {
  #path: Promise<string> | undefined;

  /** Whether the folder was ever asked for: if not, no connection is open. */
  get used(): boolean {
    return this.#path !== undefined;
  }

  path(): Promise<string> {
    this.#path ??= makeSocketFolder();
    return this.#path;
  }

  async remove(): Promise<void> {
    const path = await this.#path?.catch(() => undefined);
    this.#path = undefined;
    if (path !== undefined) await rm(path, { recursive: true, force: true });
  }
}

async function makeSocketFolder(): Promise<string> {
  const prefix = 'daytwo-ssh-';
  // The longest name of a socket here is three digits; mkdtemp adds six characters.
  const base = [tmpdir(), '/tmp'].find((folder) => Buffer.byteLength(folder) + prefix.length + 12 <= SOCKET_PATH_MAX);
  try {
    return await mkdtemp(join(base ?? '/tmp', prefix));
  } catch (error) {
    throw new DaytwoError(
      'failed',
      `no folder for ssh's sockets can be made (${messageOf(error)}); is TMPDIR writable?`,
    );
  }
}

/** What every ssh of one host is called with. Pure, validates all that varies. Throws DaytwoError `invalid`. */
export function sshArguments(spec: HostSpec, socket: string): { readonly options: string[]; readonly place: SshPlace } {
  const name = hostName(spec.name);
  if (spec.address === undefined) throw new DaytwoError('invalid', `host ${name}: via ssh needs an address`);
  const { user, host } = sshAddress(spec.address);
  const known = spec.knownHostsFile === undefined ? undefined : optionPath(spec.knownHostsFile);
  const settings: readonly string[] = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    ...(known === undefined ? [] : [`UserKnownHostsFile="${known}"`, 'GlobalKnownHostsFile=/dev/null']),
    ...(spec.identityFile === undefined
      ? []
      : ['IdentitiesOnly=yes', `IdentityFile="${optionPath(spec.identityFile)}"`]),
    'PasswordAuthentication=no',
    'KbdInteractiveAuthentication=no',
    `ConnectTimeout=${CONNECT_TIMEOUT_MS / 1000}`,
    'ConnectionAttempts=1',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=2',
    'ControlMaster=auto',
    `ControlPath="${socket}"`,
    `ControlPersist=${PERSIST_SECONDS}`,
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'RequestTTY=no',
    'LogLevel=ERROR',
    `Port=${spec.port === undefined ? 22 : tcpPort(spec.port)}`,
    ...(user === undefined ? [] : [`User=${user}`]),
  ];
  const place: SshPlace = {
    name,
    address: user === undefined ? host : `${user}@${host}`,
    knownHostsFile: known ?? join(homedir(), '.ssh/known_hosts'),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  };
  // The user's and the system's ssh_config are left out: a ProxyCommand or an alias there would change what runs and where.
  return { options: ['-F', '/dev/null', '-T', ...settings.flatMap((setting) => ['-o', setting]), '--', host], place };
}

/** The words for the far side: the environment, a bound on the time, the command. */
export function remoteWords({ argv, timeoutMs }: Invocation): string[] {
  const environment = Object.entries(COMMAND_ENVIRONMENT).map(([key, value]) => `${key}=${value}`);
  const seconds = String(Math.ceil(timeoutMs / 1000));
  return ['env', ...environment, 'timeout', '-k', String(REMOTE_KILL_AFTER_SECONDS), seconds, ...argv];
}

/** Makes one host behind ssh. `environment` is what the local ssh gets. Throws DaytwoError `invalid`. */
export function createSshHost(
  spec: HostSpec,
  {
    folder,
    index,
    environment,
  }: { folder: SocketFolder; index: number; environment: Readonly<Record<string, string>> },
): SshHost {
  const { place } = sshArguments(spec, '/validated/before/anything/starts');
  const ending = new AbortController();
  let opening: Promise<void> | undefined;

  const socketPath = async (): Promise<string> => join(await folder.path(), String(index));

  const ssh = async (
    before: readonly string[],
    after: readonly string[],
    limits: { timeoutMs: number; maxBytes: number; signal: AbortSignal },
  ) => {
    const { options } = sshArguments(spec, await socketPath());
    const result = await exec(['ssh', ...before, ...options, ...after], { ...limits, env: environment });
    if (result.end === 'missing')
      throw new DaytwoError('not-found', 'the program ssh is not installed where daytwo runs');
    return result;
  };

  const connect = async (): Promise<void> => {
    if (await exists(await socketPath())) return;
    const limits = { timeoutMs: 2 * CONNECT_TIMEOUT_MS, maxBytes: 4096, signal: ending.signal };
    const result = await ssh([], ['true'], limits);
    if (result.end === 'timeout') {
      throw new DaytwoError('unreachable', `ssh ${place.name}: no login within ${limits.timeoutMs / 1000} s`);
    }
    if (result.end === 'aborted') throw new DaytwoError('cancelled', `ssh ${place.name}: closing`);
    if (result.end === 'killed' || (result.end === 'exited' && result.exitCode === SSH_FAILED)) {
      throw sshError(place, result.stderr);
    }
  };

  return {
    async open(signal) {
      opening ??= connect().finally(() => {
        opening = undefined;
      });
      await abortable(opening, signal, `ssh ${place.name}: cancelled while connecting`);
    },
    async exec(command, signal) {
      const timeoutMs = command.timeoutMs + REMOTE_GRACE_MS;
      const result = await ssh([], [shellLine(remoteWords(command))], {
        timeoutMs,
        maxBytes: command.maxBytes,
        signal,
      });
      if (result.end !== 'exited') return result;
      if (REMOTE_TIMEOUT_EXITS.has(result.exitCode)) return { ...result, end: 'timeout' };
      if (result.exitCode !== SSH_FAILED) return result;
      // A `timeout` that has to kill goes down with its group, and ssh reports a death by signal as its own failure, without a word.
      if (result.tookMs >= command.timeoutMs) return { ...result, end: 'timeout' };
      throw sshError(place, result.stderr);
    },
    async carry(words) {
      const { options } = sshArguments(spec, await socketPath());
      return { argv: ['ssh', ...options, shellLine(words)], env: environment };
    },
    fault: (stderr) => sshError(place, stderr),
    async close() {
      ending.abort();
      await opening?.catch(() => undefined);
      if (!folder.used || !(await exists(await socketPath()))) return;
      const limits = { timeoutMs: CONNECT_TIMEOUT_MS, maxBytes: 4096, signal: new AbortController().signal };
      await ssh(['-O', 'exit'], [], limits);
    },
  };
}

function optionPath(path: string): string {
  const clean = absolutePath(path);
  if (OPTION_HOSTILE.test(clean))
    throw new DaytwoError('invalid', `ssh can't take this path: ${JSON.stringify(clean)}`);
  return clean;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Waits for a shared promise until it ends or the signal is aborted. */
async function abortable(shared: Promise<void>, signal: AbortSignal, message: string): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const giveUp = (): void => aborted.reject(new DaytwoError('cancelled', message));
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await Promise.race([shared, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
