import { df } from '../src/triage/probes/df.ts';
import { changes, eventsOf, onHost, pods, podTrends } from '../src/triage/probes/sets.ts';
import { targets } from '../src/triage/probes/targets.ts';
import { runbook } from '../src/triage/runbook.ts';

/** What watches is itself in trouble. */
export const monitoringTrouble = runbook({
  name: 'MonitoringTrouble',
  matches: [{ alertname: /(?:Prometheus|Alertmanager|ConfigReloader|KubeStateMetrics|Grafana)\w+/ }],
  meaning: 'Prometheus, Alertmanager or a part beside them does not work as it should.',
  impact: 'Users notice nothing, and neither may you: other alerts can be late, doubled or missing.',
  probes: (subject) => [
    targets({ job: subject.labels['job'] }),
    pods(subject),
    ...podTrends(subject),
    eventsOf(subject),
    ...onHost(subject, (host) => [df(host)]),
    changes(subject),
  ],
  checklist: [
    'Do alerts still arrive? The Watchdog alert should be firing.',
    'Configuration not loaded: the log names file and line; the old one is still in force.',
    'Disk full or out of memory? Prometheus dies of both.',
    'Too many series: which job grew?',
  ],
  offers: () => [],
});
