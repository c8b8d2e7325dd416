import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { changes, eventsOf, onHost, pods } from '../src/triage/probes/sets.ts';
import { targets } from '../src/triage/probes/targets.ts';
import { uptime } from '../src/triage/probes/uptime.ts';
import { runbook } from '../src/triage/runbook.ts';

/** Prometheus can't reach what it watches. */
export const targetDown = runbook({
  name: 'TargetDown',
  matches: [
    { alertname: /TargetDown|InstanceDown|BlackboxProbe(?:Failed|HttpFailure)/ },
    { alertname: /Kube(?:API|ControllerManager|Scheduler|Proxy)(?:Down|InstanceUnreachable)/ },
    { alertname: /Prometheus(?:Target|AllTargets|Job|AlertmanagerJob|JobExporter)(?:Missing|Empty).*/ },
    { alertname: /(?:CertManager|Cert-manager|Container|VolSyncController)(?:Absent|Down)/ },
  ],
  meaning:
    'Prometheus cannot scrape a target, or does not find it any more. The target may be down, or only out of sight.',
  impact:
    'If the target is down, so is what it serves. If only scraping is, other alerts about it stay silent meanwhile.',
  probes: (subject) => [
    targets({ job: subject.labels['job'], instance: subject.labels['instance'] }),
    pods(subject),
    ...onHost(subject, (host) => [uptime(host)]),
    nodeConditions(subject.node),
    eventsOf(subject),
    changes(subject),
  ],
  checklist: [
    'One target or all of a job? All of it: think of discovery, a network policy or a renamed port.',
    'Does the pod or host itself answer?',
    'kubeadm binds scheduler, controller manager and etcd to loopback: then it was never reachable.',
    'What other alerts depend on this target and are blind now?',
  ],
  offers: () => [],
});
