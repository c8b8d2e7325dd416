import type { BackupTarget, Probe } from './probe.ts';

/**
 * Why the node could not be told from the labels:
 * - `no-label`: no label names a machine
 * - `exporter-own`: what is named is the exporter's own address, not the machine concerned
 * - `loopback`: localhost, which could be any of several machines
 * - `unknown-name`: what is named is neither a node nor a configured host
 * - `ambiguous`: several nodes fit
 * - `nodes-unknown`: the cluster could not be asked for its nodes
 */
export type AskReason = 'no-label' | 'exporter-own' | 'loopback' | 'unknown-name' | 'ambiguous' | 'nodes-unknown';

/** The question to put to a person, since guessing a machine is worse than asking. */
export interface Unresolved {
  readonly reason: AskReason;
  /** One sentence, inert. */
  readonly text: string;
}

/** What a runbook's functions know of the incident: validated, resolved, never raw labels as arguments. */
export interface Subject {
  readonly alertname: string;
  readonly severity: string;
  /** Labels that all alerts of the incident share; untrusted text. */
  readonly labels: Readonly<Record<string, string>>;
  /** When the incident opened, epoch ms. */
  readonly openedAt: number;
  /** The node concerned, resolved from the labels; a valid node name of the cluster or a configured host. */
  readonly node: string | undefined;
  /** The configured host that is this node, if there is one. */
  readonly host: string | undefined;
  /** A valid namespace name (RFC 1123 label). */
  readonly namespace: string | undefined;
  /** A valid pod name. */
  readonly pod: string | undefined;
  /** The configured backup concerned, by its name or its job label. */
  readonly backup: BackupTarget | undefined;
  /** The `job` that pushed (exported_job first), if it is a plain metric job name. */
  readonly job: string | undefined;
  /** The mount point concerned, if it is an absolute path. */
  readonly mountpoint: string | undefined;
  /** Why `node` is undefined. */
  readonly unresolved?: Unresolved | undefined;
  /** A systemd unit named by the alert, with its suffix. */
  readonly unit?: string | undefined;
  /** A valid name of a Job or CronJob (`job_name`, `cronjob`). */
  readonly jobName?: string | undefined;
  /** A valid name of a PersistentVolumeClaim. */
  readonly claim?: string | undefined;
  /** `Deployment/web`, `StatefulSet/db`: valid names only. */
  readonly workload?: string | undefined;
}

/** An action offered under the thread; shown once the action exists. */
export interface Offer {
  /** Action id: `backup.run`, `node.drain`. */
  readonly action: string;
  /** The button's words: "Back up now". */
  readonly label: string;
  readonly args: Readonly<Record<string, string>>;
}

/** Labels an alert must have; a string is compared, a pattern is tested against the whole value. All of one row must hold. */
export type LabelMatch = Readonly<Record<string, string | RegExp>>;

/** What an alert means and what to look at: one file each in `alerts/`. */
export interface Runbook {
  /** `[A-Z][A-Za-z]+`, unique; the file is named for it. */
  readonly name: string;
  /** Any row suffices. The first runbook of the index that matches is taken. */
  readonly matches: readonly LabelMatch[];
  readonly meaning: string;
  readonly impact: string;
  readonly probes: (subject: Subject) => readonly Probe[];
  readonly checklist: readonly string[];
  readonly offers: (subject: Subject) => readonly Offer[];
}

/** Gives a runbook its type; a place to hang checks that hold for all. */
export function runbook(definition: Runbook): Runbook {
  return definition;
}
