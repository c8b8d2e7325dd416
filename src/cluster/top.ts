import type { NodeUse, PodUse } from './port.ts';

/** kubectl's table: column names and rows of the same length. */
export interface TopTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** How `kubectl top --sort-by` orders. */
export type TopOrder = 'name' | 'cpu' | 'memory';

const MIB = 1024 * 1024;
/** What kubectl shows of a node that metrics-server has no figure of. */
const UNKNOWN = '<unknown>';

/**
 * `kubectl top nodes`: its columns, units and rounding (CPU up to whole millicores, memory down to MiB, percentages of allocatable
 * down to whole ones). Nodes without figures come last. Source: kubectl `pkg/metricsutil/metrics_printer.go` (1.36).
 */
export function topNodes(nodes: readonly NodeUse[], order: TopOrder = 'name'): TopTable {
  const known = nodes.filter((node) => node.cpuMilli !== undefined && node.memoryBytes !== undefined);
  const unknown = nodes.filter((node) => !known.includes(node));
  const sorted = [
    ...known.toSorted((a, b) => by(order, a, b) || compare(a.name, b.name)),
    ...unknown.toSorted((a, b) => compare(a.name, b.name)),
  ];
  return {
    columns: ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'],
    rows: sorted.map((node) => [
      node.name,
      cpu(node.cpuMilli),
      percent(node.cpuMilli, node.cpuAllocatableMilli),
      memory(node.memoryBytes),
      percent(node.memoryBytes, node.memoryAllocatableBytes),
    ]),
  };
}

/**
 * `kubectl top pods`, with the NAMESPACE column (`-A`) unless told otherwise. Equal ones are ordered by namespace, then name.
 */
export function topPods(
  pods: readonly PodUse[],
  { order = 'name', withNamespace = true }: { readonly order?: TopOrder; readonly withNamespace?: boolean } = {},
): TopTable {
  const sorted = pods.toSorted(
    (a, b) => by(order, a, b) || compare(a.namespace, b.namespace) || compare(a.name, b.name),
  );
  const columns = ['NAME', 'CPU(cores)', 'MEMORY(bytes)'];
  const row = (pod: PodUse) => [pod.name, cpu(pod.cpuMilli), memory(pod.memoryBytes)];
  if (!withNamespace) return { columns, rows: sorted.map(row) };
  return { columns: ['NAMESPACE', ...columns], rows: sorted.map((pod) => [pod.namespace, ...row(pod)]) };
}

interface Use {
  readonly cpuMilli: number | undefined;
  readonly memoryBytes: number | undefined;
}

/** Largest first; 0 where names decide. */
function by(order: TopOrder, a: Use, b: Use): number {
  if (order === 'cpu') return (b.cpuMilli ?? 0) - (a.cpuMilli ?? 0);
  return order === 'memory' ? (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0) : 0;
}

/** By code units, as Go compares strings of ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function cpu(milli: number | undefined): string {
  return milli === undefined ? UNKNOWN : `${milli}m`;
}

function memory(bytes: number | undefined): string {
  return bytes === undefined ? UNKNOWN : `${Math.floor(bytes / MIB)}Mi`;
}

function percent(used: number | undefined, allocatable: number): string {
  if (used === undefined || allocatable <= 0) return UNKNOWN;
  return `${Math.floor((used / allocatable) * 100)}%`;
}
