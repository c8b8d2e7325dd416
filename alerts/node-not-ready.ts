import { offers } from '../src/triage/offers.ts';
import { df } from '../src/triage/probes/df.ts';
import { events } from '../src/triage/probes/events.ts';
import { nodeAgent } from '../src/triage/probes/nodeAgent.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { podsInTrouble } from '../src/triage/probes/podsInTrouble.ts';
import { changes, onHost } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { uptime } from '../src/triage/probes/uptime.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A node that isn't ready, not reachable, or flapping. */
export const nodeNotReady = runbook({
  name: 'NodeNotReady',
  matches: [
    { alertname: /KubeNode(?:NotReady|Unreachable|ReadinessFlapping)/ },
    { alertname: /KubernetesNode(?:NotReady|NetworkUnavailable|SchedulingDisabled)/ },
    { alertname: 'KubeNodePressure', condition: 'NetworkUnavailable' },
    { alertname: /(?:Node|Host)(?:Down|NotReady|Unreachable)/ },
    { alertname: /Kubelet(?:Down|InstanceUnreachable|PlegDurationHigh|PodStartUpLatencyHigh)/ },
  ],
  meaning: 'The kubelet of the node does not report that it is ready, or not all the time.',
  impact:
    'After about five minutes its pods are moved elsewhere, where there is room; volumes tied to the node do not move.',
  probes: (subject) => [
    nodeConditions(subject.node),
    ...onHost(subject, (host) => [uptime(host), nodeAgent(host), df(host)]),
    podsInTrouble({ node: subject.node }),
    events({ about: subject.node === undefined ? undefined : `Node/${subject.node}` }),
    topNodes(subject.node),
    changes(subject),
  ],
  checklist: [
    'Does the machine answer at all? If not: power, network, provider.',
    'It answers: does the kubelet or k3s run, and what does its journal say?',
    'Container runtime, disk, memory or certificates? Each of them takes the kubelet down in its own words.',
    'Several nodes at once: think of the network or the control plane first.',
    'Is a database with a local volume on it?',
  ],
  offers: (subject) => offers(subject, 'node.cordon', 'node.drain'),
});
