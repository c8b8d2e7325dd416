import type { Probe } from '../probe.ts';
import type { Subject } from '../runbook.ts';
import { backupState } from './backupState.ts';
import { backupTrend } from './backupTrend.ts';
import { df } from './df.ts';
import { jobs } from './jobs.ts';
import { journal } from './journal.ts';
import { changes, onHost } from './sets.ts';
import { topNodes } from './topNodes.ts';
import { unitState } from './unitState.ts';

/**
 * What there is to see of a backup: its state against its RPO, why its unit or its Job failed, room for it, the nodes' load, its last
 * runs, and what changed.
 */
export function backupProbes(subject: Subject): readonly Probe[] {
  const { backup, namespace, jobName } = subject;
  const unit = backup?.unit ?? subject.unit;
  return [
    backupState(subject),
    ...onHost(subject, (host) => [
      ...(unit === undefined ? [] : [journal(host, unit)]),
      // The state of a configured unit is part of the backup's own.
      ...(unit === undefined || backup?.unit !== undefined ? [] : [unitState(host, unit)]),
      df(host),
    ]),
    ...(jobName === undefined ? [] : [jobs(namespace, jobName)]),
    topNodes(subject.node),
    backupTrend(subject),
    changes(subject),
  ];
}
