import { offers } from '../src/triage/offers.ts';
import { etcd } from '../src/triage/probes/etcd.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { podsInTrouble } from '../src/triage/probes/podsInTrouble.ts';
import { changes, disks } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { runbook } from '../src/triage/runbook.ts';

/** etcd is slow, full, or lacks members. */
export const etcdTrouble = runbook({
  name: 'EtcdTrouble',
  matches: [{ alertname: /[Ee]tcd.*/ }],
  meaning: 'etcd is slow, nearly at its quota, lost a member, or changes its leader too often.',
  impact:
    'Without a majority the API server answers nothing: what runs goes on, but nothing can be changed or repaired by itself.',
  probes: (subject) => [
    etcd(),
    nodeConditions(subject.node),
    podsInTrouble({ namespace: 'kube-system' }),
    ...disks(subject),
    topNodes(subject.node),
    changes(subject),
  ],
  checklist: [
    'How many members are healthy, and is that still a majority?',
    'Slow fsync is nearly always the disk: who else writes to it?',
    'Quota: compact, defragment one member at a time, then disarm the alarm.',
    'Take a snapshot before touching members. Never remove one to fix another.',
  ],
  offers: (subject) => offers(subject, 'backup.run'),
});
