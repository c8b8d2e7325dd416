import { offers } from '../src/triage/offers.ts';
import { backupProbes } from '../src/triage/probes/backupSet.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A backup run ended badly. */
export const backupFailed = runbook({
  name: 'BackupFailed',
  matches: [
    {
      alertname:
        /(?!.*Restore).*(?:Backup|BackRest|Restic|Borg|Dump|K8up|Mgob|PVSnapshot).*(?:Fail\w*|Errors?|Unhealthy)/,
    },
    { alertname: /LastFailedArchiveTime|PostgresWALArchiveFailing/ },
  ],
  meaning: 'The last run of this backup failed. Nothing newer than the last good run can be restored.',
  impact: 'No user notices anything tonight. What is lost between the last good backup and now stays lost.',
  probes: backupProbes,
  checklist: [
    'How old is the last good backup, against its RPO?',
    'What does the journal say first: a lock, a full disk, a password, the network?',
    'If the repository is locked: is the process that holds the lock still alive? Unlock only if it is not.',
    'Is there room at the source and in the repository?',
    'After a manual run: is the snapshot there, and does it hold the expected number of files?',
  ],
  offers: (subject) => offers(subject, 'backup.run', 'backup.check'),
});
