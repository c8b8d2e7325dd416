import { offers } from '../src/triage/offers.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { changes, onHost, pods } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { topPods } from '../src/triage/probes/topPods.ts';
import { uptime } from '../src/triage/probes/uptime.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A node that is busy: CPU, load, disk. */
export const nodeLoad = runbook({
  name: 'NodeLoad',
  matches: [
    { alertname: /Node(?:CPUHighUsage|SystemSaturation|DiskIOSaturation)|HighCPU\w*/ },
    { alertname: /Host(?:HighCpuLoad|CpuHighIowait|CpuStealNoisyNeighbor|ContextSwitchingHigh)/ },
    { alertname: /HostDiskIoUtilizationHigh|HostUnusualDisk(?:Io|ReadLatency|WriteLatency)/ },
    { alertname: /CPUThrottlingHigh|ContainerHigh(?:CpuUtilization|ThrottleRate)/ },
  ],
  meaning: 'The node or a container is busy: CPU, load or disk are used up for a good while.',
  impact: 'Everything there is slow; probes may time out and restart healthy pods.',
  probes: (subject) => [
    topNodes(subject.node),
    topPods(subject.namespace),
    ...onHost(subject, (host) => [uptime(host)]),
    nodeConditions(subject.node),
    pods(subject),
    changes(subject),
  ],
  checklist: [
    'Which pod or process takes it, and is it doing what it should?',
    'A backup, a compaction or a CronJob at this hour?',
    'Waiting for the disk (iowait) is a disk problem, stolen time one of the provider.',
    'Throttled below its limit: the limit is too low, the node is not to blame.',
  ],
  offers: (subject) => offers(subject, 'node.cordon'),
});
