import { offers } from '../src/triage/offers.ts';
import { nodeAgent } from '../src/triage/probes/nodeAgent.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { podsInTrouble } from '../src/triage/probes/podsInTrouble.ts';
import { changes, onHost } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A node at one of its limits: processes, pods, files, connections. */
export const nodeLimits = runbook({
  name: 'NodeLimits',
  matches: [
    // Of several conditions at once, or of one that has no runbook of its own.
    { alertname: /KubeNode(?:Pressure|Eviction)/ },
    { alertname: /PIDPressure|KubeletTooManyPods|KubernetesNodeOutOfPodCapacity/ },
    { alertname: /NodeFileDescriptorLimit|NodeHighNumberConntrackEntriesUsed|HostConntrackLimit/ },
  ],
  meaning: 'The node is near a limit: process ids, pods, open files or tracked connections.',
  impact: 'New processes, pods or connections fail on this node while the old ones go on.',
  probes: (subject) => [
    nodeConditions(subject.node),
    podsInTrouble({ node: subject.node }),
    ...onHost(subject, (host) => [nodeAgent(host)]),
    topNodes(subject.node),
    changes(subject),
  ],
  checklist: [
    'Which limit? The alert names it.',
    'Processes or files: one program that leaks them, or many pods?',
    'Connections: a retry storm or a scan shows as thousands to one address.',
    'Pods: is another node down or cordoned, so that all came here?',
  ],
  offers: (subject) => offers(subject, 'node.cordon', 'node.drain'),
});
