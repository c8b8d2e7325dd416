import { DaytwoError } from '../lib/errors.ts';
import { createLimiter, type Limiter } from '../lib/limit.ts';
import { clip, inertLine } from '../lib/text.ts';
import { actOn } from './acting.ts';
import type { ActingHosts } from './actPort.ts';
import { COMMAND_ENVIRONMENT, invocation } from './commands.ts';
import { exec } from './exec.ts';
import { judge } from './judge.ts';
import { absolutePath, hostName } from './names.ts';
import type { HostSpec, Hosts } from './port.ts';
import { createSshHost, SocketFolder, type SshHost } from './ssh.ts';

/** How many commands run on one host at once: a node in trouble must not be looked to death. */
const RUNNING_PER_HOST = 2;

/** How many more may wait for one host. */
const WAITING_PER_HOST = 64;

/** How many acts run on one host at once, looks at repositories included; sshd takes ten sessions a connection. */
const ACTING_PER_HOST = 4;

/** Where programs are looked for if the process has no PATH. Source: confstr(_CS_PATH) on Linux, plus /usr/local. */
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

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
  /** PATH of local programs. */
  readonly path: string;
  /** Apart from the looks, which must not wait for hours. */
  readonly acting: Limiter;
}

/**
 * Runs the closed lists' commands on the configured hosts, locally or over ssh. Nothing starts before everything that varies was validated.
 * @throws DaytwoError invalid where a specification is wrong, or two have one name
 */
export function createHosts(specs: readonly HostSpec[], options: HostsOptions = {}): Hosts & ActingHosts {
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
      path,
      limiter: createLimiter({ running: RUNNING_PER_HOST, waiting: WAITING_PER_HOST, name }),
      acting: createLimiter({ running: ACTING_PER_HOST, waiting: WAITING_PER_HOST, name }),
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
    async act(host, command, wanted) {
      const machine = machines.get(host);
      if (!machine) throw notConfigured(host, machines.size);
      return actOn({ ...machine, limiter: machine.acting }, command, wanted);
    },
    async close() {
      await Promise.allSettled([...machines.values()].map(({ ssh }) => ssh?.close()));
      await folder.remove();
    },
  };
}

function notConfigured(host: string, count: number): DaytwoError {
  const shown = JSON.stringify(clip(inertLine(host), 80));
  return new DaytwoError('not-configured', `no host ${shown} in the configuration's hosts (${count} there)`);
}
