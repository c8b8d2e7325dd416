import { isDnsSubdomain } from '../src/triage/grammar.ts';
import { offers } from '../src/triage/offers.ts';
import { events } from '../src/triage/probes/events.ts';
import { podsInTrouble } from '../src/triage/probes/podsInTrouble.ts';
import { changes } from '../src/triage/probes/sets.ts';
import { velero } from '../src/triage/probes/velero.ts';
import { runbook } from '../src/triage/runbook.ts';

/** Where Velero is installed unless told otherwise. Source: velero.io, "Basic Install". */
const NAMESPACE = 'velero';

/** Velero's backups, restores and storage locations. */
export const veleroBackup = runbook({
  name: 'VeleroBackup',
  matches: [{ alertname: /Velero.*/ }],
  meaning: 'A Velero backup or restore failed, is only partial, is late, or its storage location is not available.',
  impact: 'The cluster keeps working. Namespaces in this schedule cannot be brought back to a recent state.',
  probes: (subject) => {
    const { labels } = subject;
    const schedule = labels['schedule'];
    return [
      velero(schedule !== undefined && isDnsSubdomain(schedule) ? schedule : undefined),
      podsInTrouble({ namespace: NAMESPACE }),
      events({ namespace: NAMESPACE }),
      changes({ ...subject, namespace: NAMESPACE }),
    ];
  },
  checklist: [
    'Is the BackupStorageLocation Available? Wrong credentials and a missing bucket look alike there.',
    'PartiallyFailed: which volumes are missing? It does not count as a backup.',
    'Completed says nothing of hostPath volumes: Velero skips them. Compare claims with PodVolumeBackups.',
    'Does the schedule still exist, and is it not paused?',
  ],
  offers: (subject) => offers(subject, 'backup.run'),
});
