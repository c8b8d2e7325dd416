import { exporterOf } from '../exporter.ts';
import type { Probe } from '../probe.ts';
import type { Subject } from '../runbook.ts';
import { df } from './df.ts';
import { diskTrend } from './diskTrend.ts';
import { CONTAINER_FOLDERS, du, LOG_FOLDERS } from './du.ts';
import { events } from './events.ts';
import { inodes } from './inodes.ts';
import { podsInTrouble } from './podsInTrouble.ts';
import { podMemoryTrend, restartTrend } from './restartTrend.ts';
import { whatChanged } from './whatChanged.ts';

/** Probes of the subject's host; none where no host is known (the subject's notes say why). */
export function onHost(subject: Subject, make: (host: string) => readonly Probe[]): readonly Probe[] {
  return subject.host === undefined ? [] : make(subject.host);
}

/** Everything about a machine's disks. */
export function disks(subject: Subject): readonly Probe[] {
  return [
    ...onHost(subject, (host) => [
      df(host, subject.mountpoint),
      inodes(host),
      du(host, [...LOG_FOLDERS, ...CONTAINER_FOLDERS]),
    ]),
    diskTrendOf(subject),
  ];
}

/** The trend of the alert's own series where it came from node-exporter, else of the node. */
export function diskTrendOf(subject: Subject): Probe {
  const { node, mountpoint, labels } = subject;
  const instance = exporterOf(labels) === 'node' ? labels['instance'] : undefined;
  return diskTrend({ node, mountpoint, instance });
}

/** Pods in trouble: of the namespace where one is named, else on the node, else everywhere. */
export function pods(subject: Subject): Probe {
  const { namespace, node, pod } = subject;
  return podsInTrouble(namespace === undefined ? { node } : { namespace, pod });
}

/** Events of the pod, else of the namespace, else of the node, else all. */
export function eventsOf(subject: Subject): Probe {
  const { namespace, node, pod } = subject;
  if (namespace !== undefined) return events({ namespace, about: pod === undefined ? undefined : `Pod/${pod}` });
  return events({ about: node === undefined ? undefined : `Node/${node}` });
}

/** Restarts and memory of the pod; none where no pod is named. */
export function podTrends({ namespace, pod }: Subject): readonly Probe[] {
  if (namespace === undefined || pod === undefined) return [];
  return [restartTrend(namespace, pod), podMemoryTrend(namespace, pod)];
}

/** What changed in the day before. */
export function changes({ alertname, namespace, openedAt }: Subject): Probe {
  return whatChanged({ alertname, namespace, openedAt });
}
