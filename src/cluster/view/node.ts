import type { V1Node } from '@kubernetes/client-node/dist/gen/models/V1Node.js';
import type { NodeView } from '../port.ts';
import { epochMs } from './time.ts';

/** Source: kubernetes.io/docs/reference/labels-annotations-taints, "node-role.kubernetes.io"; the second is the older form. */
const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

/** The kubelet's own. Source: kubernetes.io/docs/reference/node/node-status, "Conditions". */
const OWN: ReadonlySet<string> = new Set([
  'Ready',
  'MemoryPressure',
  'DiskPressure',
  'PIDPressure',
  'NetworkUnavailable',
]);
/** Most conditions and longest texts: a node writes what it wants of itself, a megabyte in all. */
const CONDITIONS_MAX = 30;
const TEXT_MAX = 1000;

/** A node as triage needs it. What the API leaves out becomes empty, 0 or Unknown; of too many conditions the kubelet's own are kept. */
export function nodeView(node: V1Node): NodeView {
  const labels = node.metadata?.labels ?? {};
  const conditions = few(node.status?.conditions ?? []).map((condition) => ({
    type: short(condition.type),
    status: short(condition.status),
    reason: short(condition.reason),
    message: short(condition.message),
    since: epochMs(condition.lastTransitionTime) ?? 0,
    heartbeat: epochMs(condition.lastHeartbeatTime) ?? 0,
  }));
  const ready = conditions.find(({ type }) => type === 'Ready')?.status;
  return {
    name: node.metadata?.name ?? '',
    internalIPs: (node.status?.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP')
      .map(({ address }) => address),
    ready: ready === 'True' || ready === 'False' ? ready : 'Unknown',
    unschedulable: node.spec?.unschedulable ?? false,
    roles: rolesOf(labels),
    kubeletVersion: node.status?.nodeInfo?.kubeletVersion ?? '',
    createdAt: epochMs(node.metadata?.creationTimestamp) ?? 0,
    conditions,
    taints: (node.spec?.taints ?? []).map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`),
  };
}

const short = (text: string | undefined): string => (text ?? '').slice(0, TEXT_MAX);

function few<T extends { readonly type: string }>(conditions: readonly T[]): readonly T[] {
  if (conditions.length <= CONDITIONS_MAX) return conditions;
  return conditions.toSorted((a, b) => Number(OWN.has(b.type)) - Number(OWN.has(a.type))).slice(0, CONDITIONS_MAX);
}

function rolesOf(labels: Readonly<Record<string, string>>): string[] {
  const roles = Object.keys(labels)
    .filter((label) => label.startsWith(ROLE_PREFIX) && label.length > ROLE_PREFIX.length)
    .map((label) => label.slice(ROLE_PREFIX.length));
  const older = labels[ROLE_LABEL];
  return [...new Set(older ? [...roles, older] : roles)].toSorted();
}

/** What a node can give to pods, as quantities; `0` where the API says nothing. */
export function allocatable(node: V1Node): { name: string; cpu: string; memory: string } {
  const { cpu = '0', memory = '0' } = node.status?.allocatable ?? {};
  return { name: node.metadata?.name ?? '', cpu, memory };
}
