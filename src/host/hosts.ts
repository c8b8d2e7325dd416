import { hostname } from 'node:os';
import { DaytwoError } from '../lib/errors.ts';
import { createLimiter, type Limiter } from '../lib/limit.ts';
import { clip, inertLine } from '../lib/text.ts';
import { COMMAND_ENVIRONMENT, type Invocation, invocation } from './commands.ts';
import { type ExecResult, exec } from './exec.ts';
import { absolutePath, hostName } from './names.ts';
import type { CommandOutput, HostSpec, Hosts } from './port.ts';
import { createSshHost, SocketFolder, type SshHost } from './ssh.ts';
import { lastWords } from './ssh-errors.ts';

/** How many commands run on one host at once: a node in trouble must not be looked to death. */
const RUNNING_PER_HOST = 2;

/** How many more may wait for one host. */
const WAITING_PER_HOST = 64;

/** Where programs are looked for if the process has no PATH. Source: confstr(_CS_PATH) on Linux, plus /usr/local. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

/** "No such program" of every POSIX shell. Source: POSIX.1-2024, Shell Command Language, 2.8.2. */
const EXIT_MISSING: ReadonlySet<number> = new Set([126, 127]);

/** What can be set from outside. */
export interface HostsOptions {
  /** PATH for local programs and for ssh; the process's own where absent. */
  readonly path?: string;
  /** Socket of an ssh agent, used where a host names no identity file; the process's own where absent. */
  readonly sshAgentSocket?: string;
}

interface Machine {
  readonly spec: HostSpec;
  readonly limiter: Limiter;
  readonly ssh: SshHost | undefined;
}

/**
 * Runs the closed list's commands on the configured hosts, locally or over ssh. Nothing starts before everything that varies was validated.
 * @throws DaytwoError invalid where a specification is wrong, or two have one name
 */
export function createHosts(specs: readonly HostSpec[], options: HostsOptions = {}): Hosts {
  const folder = new SocketFolder();
  const path = options.path ?? process.env['PATH'] ?? DEFAULT_PATH;
  const agent = options.sshAgentSocket ?? process.env['SSH_AUTH_SOCK'];
  const localEnvironment = { ...COMMAND_ENVIRONMENT, PATH: path };
  const machines = new Map<string, Machine>();
  for (const [index, spec] of specs.entries()) {
    const name = hostName(spec.name);
    if (machines.has(name)) throw new DaytwoError('invalid', `host ${name} is named twice`);
    if (spec.journalDirectory !== undefined) absolutePath(spec.journalDirectory);
    const withAgent = agent === undefined || spec.identityFile !== undefined ? {} : { SSH_AUTH_SOCK: agent };
    const environment = { LC_ALL: 'C', PATH: path, ...withAgent };
    machines.set(name, {
      spec,
      limiter: createLimiter({ running: RUNNING_PER_HOST, waiting: WAITING_PER_HOST, name }),
      ssh: spec.via === 'ssh' ? createSshHost(spec, { folder, index, environment }) : undefined,
    });
  }

  return {
    names: () => [...machines.keys()],
    async run(host, command, signal) {
      const machine = machines.get(host);
      if (!machine) throw notConfigured(host, machines.size);
      const call = invocation(command, machine.spec);
      if (signal.aborted) throw new DaytwoError('cancelled', `${host}: cancelled before ${call.argv[0]} was started`);
      // Outside the queue, so that all who wait for a dead host learn it from one attempt.
      await machine.ssh?.open(signal);
      return machine.limiter.run(async () => {
        const result = machine.ssh
          ? await machine.ssh.exec(call, signal)
          : await exec(call.argv, { ...call, env: localEnvironment, signal });
        return judge(machine.spec, call, result);
      }, signal);
    },
    async close() {
      await Promise.allSettled([...machines.values()].map(({ ssh }) => ssh?.close()));
      await folder.remove();
    },
  };
}

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
      throw missing(spec, at, program);
    case 'killed':
      throw new DaytwoError('failed', `${at}: ${program} was killed (${result.reason})`);
    case 'cut':
      return { stdout, stderr, exitCode: 0, truncated: true, tookMs };
    case 'exited':
      break;
  }
  const { exitCode } = result;
  if (EXIT_MISSING.has(exitCode)) throw missing(spec, at, program, stderr);
  refuseUnreadable(spec, at, program, result);
  // Exit 1 with nothing on stdout is a failure, whatever the tool: there is no answer in it.
  if (!call.accept.includes(exitCode) || (exitCode !== 0 && stdout === '')) {
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
  if (program === 'systemctl' && /not been booted with systemd|Failed to connect to bus/.test(stderr)) {
    throw new DaytwoError('not-found', `${at}: systemd doesn't run there, so there are no units`);
  }
}

/**
 * How shells, `env` and `timeout` name what they didn't find: "sh: 1: env: not found", "env: 'timeout': No such file or directory",
 * "timeout: failed to run command 'df': …", busybox's "timeout: can't execute 'df': …".
 */
const NOT_FOUND = /['‘]([\w.-]{1,40})['’]: |([\w.-]{1,40}): (?:command )?not found/;

function missing(spec: HostSpec, at: string, program: string, stderr = ''): DaytwoError {
  const [, quoted, plain] = NOT_FOUND.exec(stderr) ?? [];
  const culprit = [quoted, plain].find((name) => name === 'env' || name === 'timeout') ?? program;
  const where = spec.via === 'ssh' ? 'there' : `on ${hostname()}`;
  return new DaytwoError('not-found', `${at}: the program ${culprit} is not installed ${where}`);
}

function notConfigured(host: string, count: number): DaytwoError {
  const shown = JSON.stringify(clip(inertLine(host), 80));
  return new DaytwoError('not-configured', `no host ${shown} in the configuration's hosts (${count} there)`);
}
