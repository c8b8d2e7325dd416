import type { NodeUse } from '../../cluster/port.ts';
import { topNodes as kubectlTop } from '../../cluster/top.ts';
import { humanBytes } from '../../lib/text.ts';
import type { EvidenceStatus, Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { count, finding, percent, table, worst } from './kit.ts';

const DEADLINE_MS = 10_000;
/** Part of allocatable memory in use from which a node is near eviction (kubelet: memory.available < 100 MiB) and the OOM killer. */
const MEMORY_BAD = 0.95;
const MEMORY_WARN = 0.85;
/** CPU can't run out, only get slow. */
const CPU_WARN = 0.9;

const ratio = (used: number | undefined, of: number) => (used === undefined || of <= 0 ? undefined : used / of);
const memoryOf = (node: NodeUse) => ratio(node.memoryBytes, node.memoryAllocatableBytes);
const cpuOf = (node: NodeUse) => ratio(node.cpuMilli, node.cpuAllocatableMilli);

/** Judges a node's use; without a figure nothing is known. Pure. */
function useStatus(node: NodeUse): EvidenceStatus {
  const memory = memoryOf(node);
  const cpu = cpuOf(node);
  if (memory === undefined || cpu === undefined) return 'unknown';
  if (memory >= MEMORY_BAD) return 'bad';
  return memory >= MEMORY_WARN || cpu >= CPU_WARN ? 'warn' : 'ok';
}

/** `kubectl top nodes`, the node concerned or the fullest named in the summary. Pure. */
function topNodesFinding(nodes: readonly NodeUse[], name: string | undefined): Finding {
  const blind = nodes.filter((node) => memoryOf(node) === undefined).map((node) => node.name);
  const known = nodes.filter((node) => !blind.includes(node.name));
  const fullest = known.toSorted((a, b) => (memoryOf(b) ?? 0) - (memoryOf(a) ?? 0))[0];
  const shown = known.find((node) => node.name === name) ?? (blind.includes(name ?? '') ? undefined : fullest);
  const { columns, rows: all } = kubectlTop(nodes, 'memory');
  // Who looks at a node's thread looks for that node.
  const rows = all.toSorted(([a], [b]) => Number(b === name) - Number(a === name));
  const parts = table(
    columns.map((label, index) => (index === 0 ? label : `>${label}`)),
    rows,
  );
  const nearest = blind.toSorted((a, b) => Number(b === name) - Number(a === name));
  const unseen = blind.length > 0 ? `metrics-server has no figures of ${nearest.slice(0, 3).join(', ')}` : '';
  const more = blind.length > 3 ? ` and ${count(blind.length - 3, 'other')}` : '';
  if (!shown) return finding('unknown', unseen === '' ? 'metrics-server names no nodes.' : `${unseen}${more}`, parts);
  const said = `${shown.name}: memory ${percent(memoryOf(shown) ?? 0)} (${humanBytes(shown.memoryBytes ?? 0)}), CPU ${percent(cpuOf(shown) ?? 0)}`;
  return finding(worst(nodes.map(useStatus)), unseen === '' ? said : `${said}; ${unseen}${more}`, parts);
}

/** CPU and memory of the nodes. Source: metrics.k8s.io, as `kubectl top nodes`. */
export function topNodes(node?: string): Probe {
  return {
    id: `top-nodes:${node ?? ''}`,
    title: 'kubectl top nodes',
    source: 'metrics-server',
    deadlineMs: DEADLINE_MS,
    look: async ({ cluster }, signal) => topNodesFinding(await cluster.nodeUse(signal), node),
  };
}
