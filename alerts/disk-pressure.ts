import { offers } from '../src/triage/offers.ts';
import { nodeAgent } from '../src/triage/probes/nodeAgent.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { podsInTrouble } from '../src/triage/probes/podsInTrouble.ts';
import { changes, disks, onHost } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A node's disk is full, or will be. */
export const diskPressure = runbook({
  name: 'DiskPressure',
  matches: [
    { alertname: /DiskPressure|KubernetesNodeDiskPressure/ },
    { alertname: 'KubeNodePressure', condition: 'DiskPressure' },
    { alertname: 'KubeNodeEviction', eviction_signal: /(?:nodefs|imagefs|containerfs)\..*/ },
    { alertname: /NodeFilesystem(?:SpaceFillingUp|AlmostOutOfSpace|FilesFillingUp|AlmostOutOfFiles)/ },
    { alertname: /Host(?:OutOfDiskSpace|DiskMayFillIn24Hours|OutOfInodes|InodesMayFillIn24Hours)/ },
    { alertname: /(?:Node|Host)?(?:Disk|Filesystem)(?:Filling\w*|Full|AlmostFull|Space\w*|Usage\w*)/ },
    { alertname: /CephNode(?:DiskspaceWarning|RootFilesystemFull)|CephMonDiskspace(?:Low|Critical)/ },
    { alertname: /Longhorn(?:DiskSpaceLow|NodeStorageWarning)/ },
  ],
  meaning:
    'A disk of the node is short of space or inodes. Below 10 % free (15 % for images, 5 % of inodes) the kubelet evicts pods.',
  impact: 'Pods get evicted and cannot come back to this node; images are deleted; databases may stop writing.',
  probes: (subject) => [
    nodeConditions(subject.node),
    ...disks(subject),
    ...onHost(subject, (host) => [nodeAgent(host)]),
    podsInTrouble({ node: subject.node }),
    topNodes(subject.node),
    changes(subject),
  ],
  checklist: [
    'Space or inodes? Millions of small files fill a disk that df calls half empty.',
    'What grew since yesterday: logs, images, or volumes?',
    'Logs: which pod writes them? Images: prune. Volumes: whose data is it? Delete nothing below the containerd folder.',
    'A file that is deleted but still open keeps its space until its process ends.',
    'If it fills within hours: cordon, so that no new pods come.',
  ],
  offers: (subject) => offers(subject, 'disk.images', 'disk.journal', 'disk.pods', 'node.cordon', 'node.drain'),
});
