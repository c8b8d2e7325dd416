import { codeOf } from '../../lib/errors.ts';
import { promString } from '../../telemetry/promql.ts';
import type { World } from '../probe.ts';

/** RE2's special characters. Source: github.com/google/re2/wiki/Syntax. */
const SPECIAL = /[\\^$.|?*+()[\]{}-]/g;

/** A matcher list for the series of a machine, by whatever its scrape configuration calls it: name or address, with a port or without. Pure. */
export function machineMatcher(names: readonly string[]): string {
  const either = [...new Set(names)].map((name) => name.replace(SPECIAL, '\\$&'));
  return `instance=~${promString(`(\\[?(${either.join('|')})\\]?)(:[0-9]+)?`)}`;
}

/** A node's names and InternalIPs; the name alone where the cluster can't be asked. */
export async function namesOfNode(node: string, { cluster }: World, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const known = (await cluster.nodes(signal)).find(({ name }) => name === node);
    return [node, ...(known?.internalIPs ?? [])];
  } catch (error) {
    if (signal.aborted || codeOf(error) === 'cancelled') throw error;
    return [node];
  }
}

/** `selector` for series that carry the node's name in `node` and those that carry it in `instance`. */
export function eitherNode(node: string, names: readonly string[], query: (matcher: string) => string): string {
  return `(${query(`node=${promString(node)}`)}) or (${query(machineMatcher(names))})`;
}
