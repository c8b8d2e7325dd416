import { offers } from '../src/triage/offers.ts';
import { backupProbes } from '../src/triage/probes/backupSet.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A backup that runs, but not as usual. */
export const backupUnusual = runbook({
  name: 'BackupUnusual',
  matches: [
    { alertname: /.*Backup.*(?:Size\w*|Duration\w*|StorageHigh|TargetUnavailable|RestoreFailed)/ },
    { alertname: /OCIBucketNearLimit/ },
  ],
  meaning: 'Backups still run, but their size, their duration or the room they need is far from the usual.',
  impact: 'A backup that shrank may lack data. One that grew may soon fail for want of room or time.',
  probes: backupProbes,
  checklist: [
    'Smaller: was a path unmounted, excluded or emptied? A missing source path is no error for restic 0.14.',
    'Larger: what grew, and for how long is there still room in the repository?',
    'Slower: is the disk or the network busy with something else?',
    'In doubt, restore a file and look at it.',
  ],
  offers: (subject) => offers(subject, 'drill.run', 'backup.run'),
});
