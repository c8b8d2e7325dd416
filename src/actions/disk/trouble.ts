import type { Refusal } from '../../gate/action.ts';
import type { GateFinding } from '../../gate/model.ts';
import { codeOf, messageOf } from '../../lib/errors.ts';
import { inertLine } from '../../lib/text.ts';
import { found } from '../node/found.ts';
import type { DiskHost, DiskWorld } from './world.ts';

/** A look at a host that failed, as a finding; `missing` is the code for a program that isn't there. Rethrows a cancel. */
export function hostTrouble(
  error: unknown,
  missing: 'crictl-missing' | 'tool-missing',
  signal: AbortSignal,
): GateFinding {
  if (signal.aborted) throw error;
  const text = messageOf(error);
  switch (codeOf(error)) {
    case 'not-found':
      return missing === 'crictl-missing'
        ? found('BLOCK', 'crictl-missing', text)
        : found('BLOCK', 'tool-missing', text);
    case 'unreachable':
    case 'timeout':
    case 'forbidden':
    case 'overloaded':
      return found('BLOCK', 'host-unreachable', text);
    default:
      return found('BLOCK', 'look-failed', text);
  }
}

/** The host of a node, or why there is none. Pure. */
export function hostOf(node: string, { known }: DiskWorld): DiskHost | Refusal {
  const host = known.find(({ name }) => name === node);
  if (host) return host;
  return {
    refused: inertLine(
      `${node} is none of the configured hosts, so nothing can be run there; \`hosts\` in the configuration names them.`,
    ),
  };
}
