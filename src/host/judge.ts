import { hostname } from 'node:os';
import { DaytwoError } from '../lib/errors.ts';
import type { Invocation } from './commands.ts';
import type { ExecResult } from './exec.ts';
import type { CommandOutput, HostSpec } from './port.ts';
import { lastWords } from './ssh-errors.ts';

/** "No such program" of every POSIX shell. Source: POSIX.1-2024, Shell Command Language, 2.8.2. */
const EXIT_MISSING: ReadonlySet<number> = new Set([126, 127]);

/** How GNU's and busybox's `du` say that what they were given isn't there, when that is all they say. */
const ABSENT = /^du: [^\n]+: No such file or directory\s*$/;

/** Tells an answer from an error. Pure. Throws DaytwoError. */
export function judge(spec: HostSpec, call: Invocation, result: ExecResult): CommandOutput {
  const program = call.argv[0];
  const at = spec.via === 'ssh' ? `ssh ${spec.name}` : spec.name;
  const { stdout, stderr, tookMs } = result;
  switch (result.end) {
    case 'timeout':
      throw new DaytwoError('timeout', `${at}: ${program} took longer than ${call.timeoutMs / 1000} s and was ended`);
    case 'aborted':
      throw new DaytwoError('cancelled', `${at}: ${program} was cancelled`);
    case 'missing':
      throw programMissing(spec, at, program);
    case 'killed':
      throw new DaytwoError('failed', `${at}: ${program} was killed (${result.reason})`);
    case 'cut':
      return { stdout, stderr, exitCode: 0, truncated: true, tookMs };
    case 'exited':
      break;
  }
  const { exitCode } = result;
  if (EXIT_MISSING.has(exitCode)) throw programMissing(spec, at, program, stderr);
  refuseUnreadable(spec, at, program, result);
  // Exit 1 with nothing on stdout is a failure: there is no answer in it. But for `du` of a folder that isn't there, which is one.
  const isAbsent = program === 'du' && exitCode === 1 && ABSENT.test(stderr);
  if (!call.accept.includes(exitCode) || (exitCode !== 0 && stdout === '' && !isAbsent)) {
    const words = lastWords(stderr);
    throw new DaytwoError('failed', `${at}: ${program} ended with exit code ${exitCode}${words && `: ${words}`}`);
  }
  return { stdout, stderr, exitCode, truncated: false, tookMs };
}

/**
 * journalctl and systemctl say in words, often with exit 0, that they saw nothing because they may not or can't.
 * Source: systemd 252, src/journal/journalctl.c, src/shared/journal-util.c, src/shared/bus-util.c.
 */
function refuseUnreadable(spec: HostSpec, at: string, program: string, { stdout, stderr }: ExecResult): void {
  const empty = !stdout.includes('{');
  if (
    program === 'journalctl' &&
    empty &&
    /insufficient permissions|not seeing messages from other users/.test(stderr)
  ) {
    const user = spec.via === 'ssh' ? 'the ssh user' : 'the user that daytwo runs as';
    throw new DaytwoError('forbidden', `${at}: ${user} may not read the journal; add it to the group systemd-journal`);
  }
  if (program === 'journalctl' && empty && /No journal files were found/.test(stderr)) {
    const where = spec.journalDirectory === undefined ? '' : ` in ${spec.journalDirectory}`;
    throw new DaytwoError('not-found', `${at}: there are no journal files${where}`);
  }
  refuseWithoutSystemd(at, program, stderr);
}

/** systemctl where systemd doesn't run. Throws `not-found`. */
export function refuseWithoutSystemd(at: string, program: string, stderr: string): void {
  if (program === 'systemctl' && /not been booted with systemd|Failed to connect to bus/.test(stderr)) {
    throw new DaytwoError('not-found', `${at}: systemd doesn't run there, so there are no units`);
  }
}

/**
 * How shells, `env` and `timeout` name what they didn't find: "sh: 1: env: not found", "env: 'timeout': No such file or directory",
 * "timeout: failed to run command 'df': …", busybox's "timeout: can't execute 'df': …".
 */
const NOT_FOUND = /['‘]([\w.-]{1,40})['’]: |([\w.-]{1,40}): (?:command )?not found/;

/** The error for a program that isn't there; `stderr` may tell that it was another one on the way to it. */
export function programMissing(spec: HostSpec, at: string, program: string, stderr = ''): DaytwoError {
  const [, quoted, plain] = NOT_FOUND.exec(stderr) ?? [];
  const culprit = [quoted, plain].find((name) => name === 'env' || name === 'timeout') ?? program;
  const where = spec.via === 'ssh' ? 'there' : `on ${hostname()}`;
  return new DaytwoError('not-found', `${at}: the program ${culprit} is not installed ${where}`);
}
