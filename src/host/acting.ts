import { homedir } from 'node:os';
import { DaytwoError } from '../lib/errors.ts';
import type { Limiter } from '../lib/limit.ts';
import { type ActInvocation, actInvocation } from './actCommands.ts';
import type { ActCommand, ActOptions, ActOutput } from './actPort.ts';
import { COMMAND_ENVIRONMENT } from './commands.ts';
import { programMissing, refuseWithoutSystemd } from './judge.ts';
import type { HostSpec } from './port.ts';
import type { SshHost } from './ssh.ts';
import { lastWords } from './ssh-errors.ts';
import { type StreamResult, stream } from './stream.ts';

/** A host that can be acted upon. */
export interface ActingMachine {
  readonly spec: HostSpec;
  readonly ssh: SshHost | undefined;
  /** Of its own: what runs for hours must not hold up the looks. */
  readonly limiter: Limiter;
  /** PATH for local programs. */
  readonly path: string;
}

/** "No such program" of every POSIX shell. Source: POSIX.1-2024, Shell Command Language, 2.8.2. */
const EXIT_MISSING: ReadonlySet<number> = new Set([126, 127]);
/** `timeout` of coreutils, where it had to end the program. Source: timeout(1). */
const EXIT_TIMEOUT = 124;
/** ssh's own failure. Source: ssh(1), EXIT STATUS. */
const EXIT_SSH = 255;
/** How long restic has after the far side's SIGINT before its SIGKILL, seconds. */
const REMOTE_KILL_AFTER_SECONDS = 60;
/** How much longer than the remote bound we wait for the far side, ms. */
const REMOTE_GRACE_MS = 70_000;
/** How long the search for the process to end may take, ms. */
const SIGNAL_MS = 8_000;

/** Runs one command of the acting list on a machine. Throws as `ActingHosts.act`. */
export async function actOn(machine: ActingMachine, command: ActCommand, options: ActOptions): Promise<ActOutput> {
  const { spec, ssh } = machine;
  const call = actInvocation(command, spec);
  if (options.signal.aborted)
    throw new DaytwoError('cancelled', `${spec.name}: cancelled before ${call.argv[0]} was started`);
  await ssh?.open(options.signal);
  return machine.limiter.run(async () => {
    const result = ssh ? await remote(ssh, call, options) : await local(machine, call, options);
    return judgeAct(machine, call, result);
  }, options.signal);
}

const local = ({ path }: ActingMachine, call: ActInvocation, options: ActOptions): Promise<StreamResult> =>
  stream(call.argv, { ...call, ...options, env: { ...COMMAND_ENVIRONMENT, ...home(), PATH: path, ...call.env } });

/** restic keeps its cache below one of these, and rclone and sftp their configuration. */
function home(): Record<string, string> {
  const cache = process.env['XDG_CACHE_HOME'];
  return { HOME: process.env['HOME'] ?? homedir(), ...(cache === undefined ? {} : { XDG_CACHE_HOME: cache }) };
}

async function remote(ssh: SshHost, call: ActInvocation, options: ActOptions): Promise<StreamResult> {
  const { marker } = call;
  const { argv, env } = await ssh.carry(actWords(call));
  const elsewhere = async (signal: 'INT' | 'TERM' | 'KILL'): Promise<void> => {
    if (marker === undefined) return;
    const { argv: kill } = actInvocation({ tool: 'signal-marked', marker, signal });
    const limits = { timeoutMs: SIGNAL_MS, maxBytes: 4096, accept: [0, 1] };
    // Where it can't be found or reached, the next signal tries again, and the last ends our own end.
    await ssh.exec({ argv: kill, ...limits }, AbortSignal.timeout(2 * SIGNAL_MS)).catch(() => undefined);
  };
  const timeoutMs = call.timeoutMs + REMOTE_GRACE_MS;
  const carried = await stream(argv, {
    ...{ ...call, ...options, timeoutMs, env },
    ...(marker === undefined ? {} : { elsewhere }),
  });
  if (carried.end !== 'exited') return carried;
  if (carried.exitCode === EXIT_TIMEOUT) return { ...carried, end: 'timeout' };
  if (carried.exitCode !== EXIT_SSH) return carried;
  throw ssh.fault(carried.stderr);
}

/** The words for the far side: environment, a bound on the time that ends restic gently, the command. */
export function actWords({ argv, env, timeoutMs }: Pick<ActInvocation, 'argv' | 'env' | 'timeoutMs'>): string[] {
  const environment = Object.entries({ ...COMMAND_ENVIRONMENT, ...env }).map(([key, value]) => `${key}=${value}`);
  const seconds = String(Math.ceil(timeoutMs / 1000));
  return ['env', ...environment, 'timeout', '-s', 'INT', '-k', String(REMOTE_KILL_AFTER_SECONDS), seconds, ...argv];
}

/** Tells an end from an error. Pure. Throws DaytwoError. */
function judgeAct({ spec }: ActingMachine, call: ActInvocation, result: StreamResult): ActOutput {
  const program = call.argv[0];
  const at = spec.via === 'ssh' ? `ssh ${spec.name}` : spec.name;
  const { stdout, stderr, tookMs } = result;
  switch (result.end) {
    case 'timeout':
      throw new DaytwoError('timeout', `${at}: ${program} took longer than ${call.timeoutMs / 1000} s and was ended`);
    case 'idle':
      throw new DaytwoError(
        'timeout',
        `${at}: ${program} gave no sign of life for ${(call.idleMs ?? 0) / 1000} s and was ended`,
      );
    case 'aborted':
      throw new DaytwoError('cancelled', `${at}: ${program} was cancelled and has ended`);
    case 'cut':
      throw new DaytwoError('too-large', `${at}: ${program} printed more than ${call.maxBytes} bytes`);
    case 'missing':
      throw programMissing(spec, at, program);
    case 'killed': {
      const words = lastWords(stderr);
      throw new DaytwoError('failed', `${at}: ${program} was killed (${result.reason})${words && `: ${words}`}`);
    }
    case 'exited':
      break;
  }
  if (EXIT_MISSING.has(result.exitCode)) throw programMissing(spec, at, program, stderr);
  refuseWithoutSystemd(at, program, stderr);
  return { exitCode: result.exitCode, stdout, stderr, tookMs };
}
