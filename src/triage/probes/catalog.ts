import type { ProbeWish, ProbeWord } from '../../config/schema/runbooks.ts';
import type { Probe } from '../probe.ts';
import type { Subject } from '../runbook.ts';
import { backupState } from './backupState.ts';
import { backupTrend } from './backupTrend.ts';
import { df } from './df.ts';
import { CONTAINER_FOLDERS, du, LOG_FOLDERS } from './du.ts';
import { inodes } from './inodes.ts';
import { journal } from './journal.ts';
import { nodeConditions } from './nodeConditions.ts';
import { changes, diskTrendOf, eventsOf, onHost, pods } from './sets.ts';
import { topNodes } from './topNodes.ts';
import { topPods } from './topPods.ts';
import { unitState } from './unitState.ts';
import { uptime } from './uptime.ts';

type Make = (subject: Subject, argument: string | undefined) => readonly Probe[];

/** What each word of the configuration looks at. The type holds it to the configuration's list. */
const CATALOG: Readonly<Record<ProbeWord, Make>> = {
  df: (subject) => onHost(subject, (host) => [df(host, subject.mountpoint)]),
  inodes: (subject) => onHost(subject, (host) => [inodes(host)]),
  du: (subject, path) =>
    onHost(subject, (host) => [du(host, path === undefined ? [...LOG_FOLDERS, ...CONTAINER_FOLDERS] : [path])]),
  journal: (subject, unit) => onHost(subject, (host) => (unit === undefined ? [] : [journal(host, unit)])),
  unit: (subject, unit) => onHost(subject, (host) => (unit === undefined ? [] : [unitState(host, unit)])),
  uptime: (subject) => onHost(subject, (host) => [uptime(host)]),
  conditions: ({ node }) => [nodeConditions(node)],
  events: (subject) => [eventsOf(subject)],
  pods: (subject) => [pods(subject)],
  'top-nodes': ({ node }) => [topNodes(node)],
  'top-pods': ({ namespace }) => [topPods(namespace)],
  backup: (subject) => [backupState(subject)],
  'backup-trend': (subject) => [backupTrend(subject)],
  'disk-trend': (subject) => [diskTrendOf(subject)],
  changes: (subject) => [changes(subject)],
};

/** The probes that a configured runbook asks for, as far as the subject has what they need. */
export function wished(wishes: readonly ProbeWish[], subject: Subject): readonly Probe[] {
  return wishes.flatMap(({ probe, argument }) => CATALOG[probe](subject, argument));
}
