import { offers } from '../src/triage/offers.ts';
import { backupProbes } from '../src/triage/probes/backupSet.ts';
import { runbook } from '../src/triage/runbook.ts';

/** No good backup for too long. */
export const backupStale = runbook({
  name: 'BackupStale',
  matches: [
    {
      alertname:
        /.*(?:Backup|BackRest|Restic|Borg|Dump).*(?:Stale|TooOld|NotRecent|NotRunning|Missing|Missed|Overdue|RunningLong|Outdated)/,
    },
    { alertname: /RedisMissingBackup|VolSync(?:MissedIntervals|VolumeOutOfSync)/ },
  ],
  meaning:
    'There has been no good backup for longer than agreed. The job may have failed, never started, or not reported: the Pushgateway keeps an old success for ever.',
  impact: 'The promised restore point (RPO) is broken now. A loss would reach further back than anyone agreed to.',
  probes: backupProbes,
  checklist: [
    'Did it run at all? Look at the timer or CronJob, not only at the backup.',
    'Did it run and not report? Then the metric is old, and the snapshots are not.',
    'Is a run hanging right now, waiting for a lock or for the network?',
    'Was the host off or the schedule suspended at the usual time?',
  ],
  offers: (subject) => offers(subject, 'backup.run', 'backup.check'),
});
