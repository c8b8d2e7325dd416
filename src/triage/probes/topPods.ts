import type { PodUse } from '../../cluster/port.ts';
import { topPods as kubectlTop } from '../../cluster/top.ts';
import { humanBytes } from '../../lib/text.ts';
import type { Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { finding, table } from './kit.ts';

const DEADLINE_MS = 10_000;

/** `kubectl top pods`, most memory first; it judges nothing, limits aren't known here. Pure. */
function topPodsFinding(pods: readonly PodUse[], namespace: string | undefined): Finding {
  const most = pods.toSorted((a, b) => b.memoryBytes - a.memoryBytes)[0];
  const busiest = pods.toSorted((a, b) => b.cpuMilli - a.cpuMilli)[0];
  const place = namespace === undefined ? 'the cluster' : `namespace ${namespace}`;
  if (!most || !busiest) return finding('unknown', `metrics-server has no figures of pods in ${place}.`);
  const { columns, rows } = kubectlTop(pods, { order: 'memory', withNamespace: namespace === undefined });
  const numbers = (label: string) => label.startsWith('CPU') || label.startsWith('MEMORY');
  return finding(
    'ok',
    `Most memory: ${most.name} ${humanBytes(most.memoryBytes)}; most CPU: ${busiest.name} ${busiest.cpuMilli}m`,
    table(
      columns.map((label) => (numbers(label) ? `>${label}` : label)),
      rows,
    ),
  );
}

/** CPU and memory of the pods. Source: metrics.k8s.io, as `kubectl top pods`. */
export function topPods(namespace?: string): Probe {
  return {
    id: `top-pods:${namespace ?? ''}`,
    title: namespace === undefined ? 'kubectl top pods -A' : `kubectl top pods -n ${namespace}`,
    source: 'metrics-server',
    deadlineMs: DEADLINE_MS,
    look: async ({ cluster }, signal) => topPodsFinding(await cluster.podUse(namespace, signal), namespace),
  };
}
