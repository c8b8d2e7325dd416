import { offers } from '../src/triage/offers.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { changes, eventsOf, pods } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A pod that doesn't come up. */
export const podNotReady = runbook({
  name: 'PodNotReady',
  matches: [
    { alertname: /KubePodNotReady|KubeContainerWaiting|KubernetesPodNotHealthy|VolSyncMoverStuck/ },
    { alertname: /(?:Kube)?Pod(?:Pending|Unschedulable|NotScheduled|ImagePull\w*)/ },
  ],
  meaning:
    'A pod has been pending or not ready for a good while: no node, no image, no volume, or a failing readiness probe.',
  impact: 'The pod gets no traffic. A rollout may be stuck half way.',
  probes: (subject) => [pods(subject), eventsOf(subject), nodeConditions(), topNodes(), changes(subject)],
  checklist: [
    'FailedScheduling: the event says what every node lacks.',
    'ImagePullBackOff: does the tag exist, and are the registry credentials still valid?',
    'ContainerCreating: usually a volume or a secret that is not there.',
    'Running but not ready: the readiness probe fails; its event says how.',
  ],
  offers: (subject) => offers(subject, 'node.uncordon'),
});
