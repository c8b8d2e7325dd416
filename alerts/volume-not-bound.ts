import { offers } from '../src/triage/offers.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { changes, eventsOf, pods } from '../src/triage/probes/sets.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A claim or a volume that doesn't come about. */
export const volumeNotBound = runbook({
  name: 'VolumeNotBound',
  matches: [{ alertname: /KubePersistentVolumeErrors|KubernetesPersistentvolume(?:Error|claimPending)/ }],
  meaning: 'A PersistentVolume failed, or a claim is still waiting for one.',
  impact: 'Pods that mount it do not start. Pods that already run with it are not affected.',
  probes: (subject) => [eventsOf(subject), pods(subject), nodeConditions(), changes(subject)],
  checklist: [
    'Does the storage class exist, and does its provisioner run?',
    'WaitForFirstConsumer: the claim waits until a pod that uses it can be scheduled. Why can it not?',
    'A local volume ties its pod to one node: is that node there, ready and not cordoned?',
  ],
  offers: (subject) => offers(subject, 'node.uncordon'),
});
