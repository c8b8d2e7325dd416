import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { changes, eventsOf, pods, podTrends } from '../src/triage/probes/sets.ts';
import { topPods } from '../src/triage/probes/topPods.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A container that starts and dies, again and again. */
export const podCrashLooping = runbook({
  name: 'PodCrashLooping',
  matches: [
    { alertname: /.*(?:CrashLoop\w*|Crashloop\w*)/ },
    { alertname: /.*(?:OomKiller|OOMKill\w*|OomKilled)|ContainerKilled/ },
    { alertname: /ContainerHighMemoryUsage|PrometheusTooManyRestarts/ },
  ],
  meaning:
    'A container ends soon after each start, or was killed for its memory. The kubelet waits up to five minutes between tries.',
  impact: 'This pod does no work. With other replicas users may notice nothing; without, the service is down.',
  probes: (subject) => [
    pods(subject),
    eventsOf(subject),
    ...podTrends(subject),
    topPods(subject.namespace),
    nodeConditions(subject.node),
    changes(subject),
  ],
  checklist: [
    'How did it end last? OOMKilled: memory. Error: its own log says why. Completed: it is no service.',
    'Did it start with a rollout? Then rolling back is the fastest way out.',
    'Does it wait for something that is not there: a database, a secret, a name?',
    'Does the liveness probe kill it before it is up?',
  ],
  offers: () => [],
});
