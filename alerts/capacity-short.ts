import { offers } from '../src/triage/offers.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { changes, eventsOf, pods } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { topPods } from '../src/triage/probes/topPods.ts';
import { runbook } from '../src/triage/runbook.ts';

/** More was promised than there is, or a quota is used up. */
export const capacityShort = runbook({
  name: 'CapacityShort',
  matches: [{ alertname: /Kube(?:CPU|Memory)(?:Quota)?Overcommit|KubeQuota\w+/ }],
  meaning: 'Requests exceed what the cluster could give after losing a node, or a namespace reaches its quota.',
  impact: 'Nothing breaks now. New pods may stay pending, and after the loss of a node some will.',
  probes: (subject) => [
    topNodes(),
    nodeConditions(),
    topPods(subject.namespace),
    pods(subject),
    eventsOf(subject),
    changes(subject),
  ],
  checklist: [
    'Is a node missing or cordoned? Then it is not a question of capacity.',
    'Requests far above real use can be lowered; real use cannot.',
    'This can wait for the day unless pods are pending already.',
  ],
  offers: (subject) => offers(subject, 'node.uncordon'),
});
