import { clip, inertLine } from '../lib/text.ts';
import { exporterOf } from './exporter.ts';
import { isDnsLabel, isDnsSubdomain, isMetricJob, pathOf, unitOf } from './grammar.ts';
import { type KnownHost, type KnownNode, type KnownPod, resolveNode } from './nodeOf.ts';
import type { BackupTarget } from './probe.ts';
import type { Subject } from './runbook.ts';

/** What is known of the world when labels are resolved. */
export interface Knowledge {
  /** Undefined where the cluster could not be asked; empty where none is set up. */
  readonly nodes: readonly KnownNode[] | undefined;
  readonly pods: readonly KnownPod[];
  readonly hosts: readonly KnownHost[];
  readonly backups: readonly BackupTarget[];
}

/** Workload labels of kube-state-metrics and the kinds they name. Source: its docs/metrics/workload. */
const WORKLOADS: readonly (readonly [label: string, kind: string])[] = [
  ['deployment', 'Deployment'],
  ['statefulset', 'StatefulSet'],
  ['daemonset', 'DaemonSet'],
  ['replicaset', 'ReplicaSet'],
];

/** Labels in which backups are named. */
const BACKUP_LABELS = [
  'backup',
  'backup_name',
  'exported_job',
  'job',
  'job_name',
  'cronjob',
  'schedule',
  'unit',
  'name',
];

const ALERTNAME_LETTERS = 120;

/**
 * Turns an incident's common labels into what runbooks may use: every field is checked against the grammar of its kind or against what
 * is known, so nothing of a label's text goes anywhere but through these checks. A node that can't be told is left out, with the
 * reason in `unresolved`. Pure.
 */
export function resolveSubject(
  labels: Readonly<Record<string, string>>,
  knowledge: Knowledge,
  openedAt: number,
): Subject {
  const exporter = exporterOf(labels);
  const own = exporter === 'node' || exporter === 'push';
  /** `exported_x` is the alert's, `x` then the exporter's own (Prometheus' honor_labels: false). */
  const of = (name: string): string | undefined => labels[`exported_${name}`] ?? labels[name];
  const inNamespace = labels['exported_namespace'] ?? (own ? undefined : labels['namespace']);
  const namespace = checked(inNamespace, isDnsLabel);
  const pod = checked(labels['exported_pod'] ?? (own ? undefined : labels['pod']), isDnsSubdomain);
  const backup = backupOf(labels, knowledge.backups);
  const place = resolveNode({ labels, exporter, backupHost: backup?.host }, knowledge);
  return {
    alertname: clip(inertLine(labels['alertname'] ?? ''), ALERTNAME_LETTERS) || 'unnamed alert',
    severity: clip(inertLine(labels['severity'] ?? ''), ALERTNAME_LETTERS) || 'none',
    labels,
    openedAt,
    node: place.node,
    host: place.host,
    namespace,
    pod,
    backup,
    job: jobOf(labels, exporter),
    mountpoint: found(of('mountpoint'), pathOf),
    unresolved: place.unresolved,
    unit: unitLabel(labels),
    jobName: checked(of('job_name') ?? of('cronjob'), isDnsSubdomain),
    claim: checked(of('persistentvolumeclaim'), isDnsSubdomain),
    workload: workloadOf(labels),
  };
}

function checked(value: string | undefined, valid: (value: string) => boolean): string | undefined {
  return value !== undefined && valid(value) ? value : undefined;
}

function found(value: string | undefined, find: (value: string) => string | undefined): string | undefined {
  return value === undefined ? undefined : find(value);
}

function jobOf(labels: Readonly<Record<string, string>>, exporter: ReturnType<typeof exporterOf>): string | undefined {
  const ownJob = exporter === 'state' || exporter === 'push' ? undefined : labels['job'];
  return checked(labels['exported_job'] ?? ownJob, isMetricJob);
}

/** Only a label with a unit's suffix names a unit: `name` alone could be anything. */
function unitLabel(labels: Readonly<Record<string, string>>): string | undefined {
  const value = labels['unit'] ?? labels['systemd_unit'] ?? labels['name'];
  const unit = found(value, unitOf);
  return unit === value ? unit : undefined;
}

function workloadOf(labels: Readonly<Record<string, string>>): string | undefined {
  for (const [label, kind] of WORKLOADS) {
    const name = checked(labels[label], isDnsSubdomain);
    if (name !== undefined) return `${kind}/${name}`;
  }
  return undefined;
}

/** The configured backup that a label names: by its name, by its unit, or, if one alone fits, by its name with other separators. */
function backupOf(
  labels: Readonly<Record<string, string>>,
  backups: readonly BackupTarget[],
): BackupTarget | undefined {
  const values = BACKUP_LABELS.flatMap((name) => labels[name] ?? []);
  for (const value of values) {
    const unit = unitOf(value);
    const exact = backups.find((b) => b.name === value || (b.unit !== undefined && unitOf(b.unit) === unit));
    if (exact) return exact;
  }
  const folded = new Set(values.map(fold));
  const similar = backups.filter((backup) => folded.has(fold(backup.name)));
  return similar.length === 1 ? similar[0] : undefined;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[-_. ]+/g, '-');
}

/** What a person should know about a subject: why the node isn't known, or why its host can't be looked at. Pure. */
export function subjectNotes({ node, host, unresolved }: Subject): string[] {
  if (unresolved) return [`${unresolved.text} So no machine is looked at.`];
  if (node === undefined || host !== undefined) return [];
  return [`${node} is not among the configured hosts, so its disks, units and journals are not looked at.`];
}
