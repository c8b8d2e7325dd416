import type { Runbook } from '../src/triage/runbook.ts';
import { anyAlert } from './any-alert.ts';
import { apiServer } from './api-server.ts';
import { backupFailed } from './backup-failed.ts';
import { backupStale } from './backup-stale.ts';
import { backupUnusual } from './backup-unusual.ts';
import { capacityShort } from './capacity-short.ts';
import { certificateExpiring } from './certificate-expiring.ts';
import { diskPressure } from './disk-pressure.ts';
import { etcdTrouble } from './etcd-trouble.ts';
import { jobFailed } from './job-failed.ts';
import { monitoringTrouble } from './monitoring-trouble.ts';
import { nodeLimits } from './node-limits.ts';
import { nodeLoad } from './node-load.ts';
import { nodeMemoryPressure } from './node-memory-pressure.ts';
import { nodeNotReady } from './node-not-ready.ts';
import { podCrashLooping } from './pod-crash-looping.ts';
import { podNotReady } from './pod-not-ready.ts';
import { systemdUnitFailed } from './systemd-unit-failed.ts';
import { targetDown } from './target-down.ts';
import { veleroBackup } from './velero-backup.ts';
import { volumeFillingUp } from './volume-filling-up.ts';
import { volumeNotBound } from './volume-not-bound.ts';
import { workloadIncomplete } from './workload-incomplete.ts';

/**
 * The built-in runbooks. The first that matches is taken, so the order counts: backups before what they run in (units, Jobs, etcd), units
 * before crash loops, targets before what they are targets of. The last one takes what is left.
 */
export const builtIn: readonly Runbook[] = [
  veleroBackup,
  targetDown,
  backupFailed,
  backupStale,
  backupUnusual,
  diskPressure,
  volumeFillingUp,
  volumeNotBound,
  nodeNotReady,
  nodeMemoryPressure,
  nodeLimits,
  nodeLoad,
  systemdUnitFailed,
  podCrashLooping,
  podNotReady,
  workloadIncomplete,
  jobFailed,
  certificateExpiring,
  etcdTrouble,
  apiServer,
  capacityShort,
  monitoringTrouble,
  anyAlert,
];
