import { offers } from '../src/triage/offers.ts';
import { memoryTrend } from '../src/triage/probes/memoryTrend.ts';
import { nodeAgent } from '../src/triage/probes/nodeAgent.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { podsInTrouble } from '../src/triage/probes/podsInTrouble.ts';
import { changes, onHost } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { topPods } from '../src/triage/probes/topPods.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A node short of memory. */
export const nodeMemoryPressure = runbook({
  name: 'NodeMemoryPressure',
  matches: [
    { alertname: /MemoryPressure|KubernetesNodeMemoryPressure/ },
    { alertname: 'KubeNodePressure', condition: 'MemoryPressure' },
    { alertname: 'KubeNodeEviction', eviction_signal: 'memory.available' },
    { alertname: /NodeMemory(?:HighUtilization|MajorPagesFaults)|HighMemory\w*/ },
    { alertname: /Host(?:OutOfMemory|MemoryUnderMemoryPressure|OomKillDetected|SwapIsFillingUp)/ },
  ],
  meaning:
    'The node is short of memory. Below 100 MiB the kubelet evicts pods; the kernel may kill processes before that.',
  impact: 'Pods are evicted or killed, those without requests first. The whole node may become slow.',
  probes: (subject) => [
    nodeConditions(subject.node),
    topNodes(subject.node),
    topPods(),
    ...(subject.node === undefined ? [] : [memoryTrend(subject.node)]),
    podsInTrouble({ node: subject.node }),
    ...onHost(subject, (host) => [nodeAgent(host)]),
    changes(subject),
  ],
  checklist: [
    'Which pod takes the most, and is that usual for it?',
    'Does it have a limit? Without one it takes the node with it.',
    'A slow climb over days is a leak: a restart buys time, no more.',
    'Did a rollout or a second replica bring the load here?',
  ],
  offers: (subject) => offers(subject, 'node.cordon', 'node.drain'),
});
