import type { NodeView } from '../../cluster/port.ts';
import { humanDuration, inertLine } from '../../lib/text.ts';
import type { EvidenceStatus, Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { ago, count, finding, table, worst } from './kit.ts';

const DEADLINE_MS = 10_000;

/** Conditions that are bad when True. Source: kubernetes.io, "Node Status", conditions. */
const PRESSURES: ReadonlySet<string> = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable']);

/** What is wrong with a node, worst first; empty where nothing is. Pure. */
function nodeTrouble(node: NodeView, now: number): string[] {
  const ready = node.conditions.find(({ type }) => type === 'Ready');
  const since = ready ? ` for ${humanDuration(now - ready.since)}` : '';
  const why = ready ? [ready.reason, ready.message].filter((text) => text !== '').join(': ') : 'no Ready condition';
  const notReady = node.ready === 'True' ? [] : [`${node.name} is ${readyWord(node)}${since} (${inertLine(why)})`];
  const pressures = node.conditions
    .filter(({ type, status }) => PRESSURES.has(type) && status === 'True')
    .map((one) => `${node.name} has ${one.type} for ${humanDuration(now - one.since)}`);
  return [...notReady, ...pressures];
}

function readyWord(node: NodeView): string {
  return node.ready === 'Unknown' ? 'unreachable for the control plane' : 'NotReady';
}

/** Judges a node: not ready or under pressure is bad, cordoned a warning. Pure. */
function nodeStatus(node: NodeView, now: number): EvidenceStatus {
  if (nodeTrouble(node, now).length > 0) return 'bad';
  return node.unschedulable ? 'warn' : 'ok';
}

/** Conditions of one node, or of all, the worst first. Pure. */
function conditionsFinding(all: readonly NodeView[], name: string | undefined, now: number): Finding {
  const nodes = name === undefined ? all : all.filter((node) => node.name === name);
  if (nodes.length === 0) {
    const what =
      name === undefined ? 'The cluster has no nodes.' : `${name} is not (or no longer) a node of the cluster.`;
    return finding('unknown', what);
  }
  const rank = (node: NodeView) => ['bad', 'warn', 'unknown', 'ok'].indexOf(nodeStatus(node, now));
  const sorted = nodes.toSorted((a, b) => rank(a) - rank(b));
  const troubles = sorted.flatMap((node) => nodeTrouble(node, now));
  const cordoned = sorted.filter((node) => node.unschedulable).map((node) => node.name);
  const held = cordoned.length > 0 ? [`cordoned: ${cordoned.slice(0, 5).join(', ')}`] : [];
  const fine =
    name === undefined ? `All ${count(nodes.length, 'node')} are ready` : `${name} is ready, under no pressure`;
  const said = troubles.length > 0 ? troubles.slice(0, 3).join('; ') : fine;
  return finding(worst(sorted.map((node) => nodeStatus(node, now))), [said, ...held].join('; '), [
    ...table(
      ['Node', 'Condition', 'Status', 'Since', 'Reason'],
      sorted.flatMap((node) => conditionRows(node, name !== undefined, now)),
    ),
  ]);
}

/** Of one node every condition, the bad ones first; of many the ones that matter. */
function conditionRows(node: NodeView, every: boolean, now: number): string[][] {
  const bad = ({ type, status }: NodeView['conditions'][number]): boolean =>
    type === 'Ready' ? status !== 'True' : PRESSURES.has(type) && status === 'True';
  return node.conditions
    .filter(({ type, status }) => every || type === 'Ready' || status === 'True')
    .toSorted((a, b) => Number(bad(b)) - Number(bad(a)))
    .map((one) => [node.name, one.type, one.status, ago(one.since, now), one.reason]);
}

/** Conditions of a node, or of all. Source: the API server. */
export function nodeConditions(node?: string): Probe {
  return {
    id: `conditions:${node ?? ''}`,
    title: node === undefined ? 'Node conditions' : `Conditions of ${node}`,
    source: 'Kubernetes API',
    deadlineMs: DEADLINE_MS,
    look: async ({ cluster, clock }, signal) => conditionsFinding(await cluster.nodes(signal), node, clock.now()),
  };
}
