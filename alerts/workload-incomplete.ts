import { offers } from '../src/triage/offers.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { changes, eventsOf, pods } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A workload that has fewer pods than it should, or a rollout that doesn't end. */
export const workloadIncomplete = runbook({
  name: 'WorkloadIncomplete',
  matches: [
    { alertname: /Kube(?:rnetes)?(?:Deployment|StatefulSet|Statefulset|DaemonSet|Daemonset|Replicaset)\w+/ },
    { alertname: /Kube(?:rnetes)?Hpa\w+|KubePdbNotEnoughHealthyPods/ },
  ],
  meaning: 'A workload does not have the pods it should have, or a rollout does not come to its end.',
  impact: 'Less capacity and less redundancy than planned; a disruption budget may now hold up every drain.',
  probes: (subject) => [pods(subject), changes(subject), eventsOf(subject), nodeConditions(), topNodes()],
  checklist: [
    'Did it start with a rollout? Compare the images, and roll back if the old one worked.',
    'Pending pods: is there room, and do taints and affinities let them in?',
    'Crashing pods: why did the last container end?',
    'Is a quota or a missing volume in the way? The events of the namespace say so.',
  ],
  offers: (subject) => offers(subject, 'node.uncordon'),
});
