import { offers } from '../src/triage/offers.ts';
import { df } from '../src/triage/probes/df.ts';
import { changes, eventsOf, onHost, pods } from '../src/triage/probes/sets.ts';
import { volumeUsage } from '../src/triage/probes/volumeUsage.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A PersistentVolume runs full. */
export const volumeFillingUp = runbook({
  name: 'VolumeFillingUp',
  matches: [
    { alertname: /KubePersistentVolume(?:Inodes)?FillingUp/ },
    { alertname: /KubernetesVolume(?:OutOfDiskSpace|FullInFourDays)|ContainerVolumeUsage/ },
  ],
  meaning: 'A volume of a pod is nearly full, in bytes or in inodes, or will be within days.',
  impact: 'The pod that writes to it will fail: a database then stops, and may need repair afterwards.',
  probes: (subject) => [
    volumeUsage(subject.namespace, subject.claim),
    pods(subject),
    eventsOf(subject),
    ...onHost(subject, (host) => [df(host)]),
    changes(subject),
  ],
  checklist: [
    'Does the storage class allow growing (allowVolumeExpansion)? Then raise the claim, which needs no restart in most cases.',
    'What grew: data, write-ahead logs that nobody archives, or old dumps?',
    'local-path and hostPath volumes are not bounded by their claim: look at the disk of the node.',
    'Is there a good backup before anything is deleted?',
  ],
  offers: (subject) => offers(subject, 'backup.run'),
});
