import type { PodView } from '../../cluster/port.ts';
import { clip, inert, inertLine } from '../../lib/text.ts';
import type { EvidenceStatus, Finding, FindingPart } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { ago, count, finding, table, worst } from './kit.ts';

const DEADLINE_MS = 12_000;
/** A pod may pend this long while its image is pulled or a node is found. */
const PENDING_MS = 5 * 60_000;
const MESSAGES_SHOWN = 3;
const MESSAGE_LETTERS = 1_000;

/** Which pods to look at. */
export interface Whereabouts {
  readonly namespace?: string | undefined;
  readonly node?: string | undefined;
  /** Named first if it is in trouble, and told apart if it is gone. */
  readonly pod?: string | undefined;
}

/** Judges a pod: what has only just been created may still come up. Pure. */
function podStatus(pod: PodView, now: number): EvidenceStatus {
  if (!pod.inTrouble) return 'ok';
  return pod.phase === 'Pending' && pod.restarts === 0 && now - pod.createdAt < PENDING_MS ? 'warn' : 'bad';
}

/** Pods in trouble and why their containers ended. Pure. */
function podsFinding(pods: readonly PodView[], where: Whereabouts, now: number): Finding {
  const place = placeOf(where);
  const named = pods.find((pod) => pod.name === where.pod);
  const gone = where.pod !== undefined && !named ? `${where.pod} is gone (deleted or replaced)` : undefined;
  if (pods.length === 0) return finding('unknown', gone ?? `There are no pods ${place}.`);
  const first = (pod: PodView) => Number(pod === named);
  const troubled = pods
    .filter((pod) => pod.inTrouble)
    .toSorted((a, b) => first(b) - first(a) || b.restarts - a.restarts || a.name.localeCompare(b.name));
  const head = troubled[0];
  const all = `${count(pods.length, 'pod')} ${place}`;
  if (!head) return finding('ok', [gone, `None of ${all} is in trouble`].filter(Boolean).join('; '));
  const others = troubled.length > 1 ? `; ${troubled.length} of ${all} in trouble` : '';
  const statuses = troubled.map((pod) => podStatus(pod, now));
  return finding(worst(statuses), `${gone ? `${gone}; ` : ''}${podLine(head, now)}${others}`, [
    ...table(
      ['Namespace', 'Pod', 'Status', 'Ready', '>Restarts', 'Last end', 'Node'],
      troubled.map((pod) => [
        pod.namespace,
        pod.name,
        pod.status,
        pod.ready,
        `${pod.restarts}`,
        endOf(pod, now),
        pod.node ?? 'none yet',
      ]),
    ),
    ...messages(troubled),
  ]);
}

/** A pod in one line: "web-1 CrashLoopBackOff, 14 restarts, last: OOMKilled (exit code 137) 3 min ago". Pure. */
export function podLine(pod: PodView, now: number): string {
  const restarts = pod.restarts > 0 ? `, ${count(pod.restarts, 'restart')}` : '';
  const end = pod.lastTermination ? `, last: ${endOf(pod, now)}` : '';
  return inertLine(`${pod.name} ${pod.status}${restarts}${end}`);
}

function endOf({ lastTermination: last }: PodView, now: number): string {
  if (!last) return '';
  // Source: POSIX shell, 2.8.2: 128 + signal; 137 is SIGKILL, 143 SIGTERM.
  return `${last.reason} (exit code ${last.exitCode}) ${ago(last.at, now)}`;
}

function messages(pods: readonly PodView[]): FindingPart[] {
  return pods
    .filter((pod) => pod.lastTermination?.message)
    .slice(0, MESSAGES_SHOWN)
    .map((pod) => ({
      kind: 'text',
      text: `${pod.name}/${pod.lastTermination?.container}:\n${clip(inert(pod.lastTermination?.message ?? ''), MESSAGE_LETTERS)}`,
    }));
}

function placeOf({ namespace, node }: Whereabouts): string {
  const parts = [namespace && `in namespace ${namespace}`, node && `on ${node}`].filter(Boolean);
  return parts.length > 0 ? parts.join(' ') : 'in the cluster';
}

/** Pods in trouble. Source: the API server. */
export function podsInTrouble(where: Whereabouts): Probe {
  const { namespace, node, pod } = where;
  return {
    id: `pods:${namespace ?? ''}:${node ?? ''}:${pod ?? ''}`,
    title: 'Pods in trouble',
    source: 'Kubernetes API',
    deadlineMs: DEADLINE_MS,
    look: async ({ cluster, clock }, signal) => {
      const query = { ...(namespace === undefined ? {} : { namespace }), ...(node === undefined ? {} : { node }) };
      return podsFinding(await cluster.pods(query, signal), where, clock.now());
    },
  };
}
