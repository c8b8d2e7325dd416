import type { Cluster } from '../cluster/port.ts';
import type { Hosts } from '../host/port.ts';
import type { Clock } from '../lib/clock.ts';
import type { Alertmanager, Prometheus } from '../telemetry/port.ts';
import type { Finding } from './evidence.ts';

/** A backup as the configuration names it. */
export interface BackupTarget {
  readonly name: string;
  readonly kind: string;
  readonly host: string | undefined;
  readonly unit: string | undefined;
  readonly repository: string | undefined;
  readonly paths: readonly string[];
  readonly rpoMs: number | undefined;
  readonly staleAfterMs: number | undefined;
}

/** What is remembered of earlier incidents, newest first. */
export interface PastIncident {
  readonly id: string;
  readonly name: string;
  readonly openedAt: number;
  readonly resolvedAt: number | undefined;
  /** What ended it, in words, as far as the timeline tells. */
  readonly ending: string;
}

/** All that a probe may look at. What is not set up throws DaytwoError `not-configured` when asked. */
export interface World {
  readonly clock: Clock;
  readonly hosts: Hosts;
  readonly cluster: Cluster;
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  readonly backups: readonly BackupTarget[];
  /** Earlier incidents of the same runbook and labels. */
  readonly past: (alertname: string, sinceMs: number) => Promise<readonly PastIncident[]>;
}

/** One look at one thing. Made by a runbook for one incident. */
export interface Probe {
  /** Unique within the runbook's list; also decides that two equal looks at the same time are one. Holds no secret. */
  readonly id: string;
  readonly title: string;
  /** Where the answer comes from: "df on worker-1". */
  readonly source: string;
  readonly deadlineMs: number;
  /** Probes of one host run few at a time. */
  readonly host?: string;
  /** Honours the signal; throws DaytwoError where it can't look. */
  readonly look: (world: World, signal: AbortSignal) => Promise<Finding>;
}
