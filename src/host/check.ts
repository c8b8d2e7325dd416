import { codeOf, type ErrorCode, messageOf } from '../lib/errors.ts';
import { inertLine } from '../lib/text.ts';
import type { HostCommand, Hosts } from './port.ts';

/** What is wrong with one of the commands that evidence needs. */
export interface ToolProblem {
  readonly tool: HostCommand['tool'];
  /** `not-found` is a missing program (or no journal, no systemd), `forbidden` a right that is missing. */
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a look at one host told. */
export type HostCheck =
  | {
      readonly reachable: true /** What `uptime` printed; undefined where there is no such program. */;
      readonly uptime: string | undefined;
      readonly problems: readonly ToolProblem[];
    }
  | { readonly reachable: false; readonly code: ErrorCode; readonly message: string };

/** A unit that every machine with systemd has. */
const ANY_UNIT = 'systemd-journald.service';

/** Cheap forms of every command. */
const LOOKS: readonly HostCommand[] = [
  { tool: 'df' },
  { tool: 'inodes' },
  { tool: 'du', path: '/dev/null' },
  { tool: 'journal', unit: ANY_UNIT, lines: 1 },
  { tool: 'unit', unit: ANY_UNIT },
];

/** Looks whether a host answers, and which of the commands don't work there. Writes nothing. Throws only `cancelled`. */
export async function checkHost(hosts: Hosts, name: string, signal: AbortSignal): Promise<HostCheck> {
  const first = await look(hosts, { name, command: { tool: 'uptime' } }, signal);
  // A host that says "no such program" has answered.
  if (first.problem && first.problem.code !== 'not-found') {
    return { reachable: false, code: first.problem.code, message: first.problem.message };
  }
  const others = await Promise.all(LOOKS.map((command) => look(hosts, { name, command }, signal)));
  const problems = [first, ...others].map(({ problem }) => problem).filter((problem) => problem !== undefined);
  return { reachable: true, uptime: first.stdout && inertLine(first.stdout), problems };
}

async function look(
  hosts: Hosts,
  { name, command }: { name: string; command: HostCommand },
  signal: AbortSignal,
): Promise<{ readonly stdout?: string; readonly problem?: ToolProblem }> {
  try {
    return { stdout: (await hosts.run(name, command, signal)).stdout };
  } catch (error) {
    if (codeOf(error) === 'cancelled') throw error;
    return { problem: { tool: command.tool, code: codeOf(error), message: messageOf(error) } };
  }
}
