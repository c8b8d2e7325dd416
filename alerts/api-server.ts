import { etcd } from '../src/triage/probes/etcd.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { podsInTrouble } from '../src/triage/probes/podsInTrouble.ts';
import { changes } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { runbook } from '../src/triage/runbook.ts';

/** The API server answers slowly, with errors, or not all of it. */
export const apiServer = runbook({
  name: 'ApiServer',
  matches: [
    {
      alertname:
        /KubeAPI(?:ErrorBudgetBurn|TerminatedRequests)|KubeAggregatedAPI\w+|KubeClientErrors|KubeVersionMismatch/,
    },
    { alertname: /KubernetesApi\w+/ },
  ],
  meaning: 'The API server, or an API behind it such as metrics, answers slowly or with errors.',
  impact: 'kubectl, controllers and autoscalers are slow or fail; running pods go on serving.',
  probes: (subject) => [
    podsInTrouble({ namespace: 'kube-system' }),
    nodeConditions(),
    etcd(),
    topNodes(),
    changes(subject),
  ],
  checklist: [
    'Is etcd fast and does it have a leader?',
    'An aggregated API (metrics.k8s.io): does the pod behind it run?',
    'A webhook that times out makes every write slow: which ones are there?',
    'Is one client asking for everything, again and again?',
  ],
  offers: () => [],
});
