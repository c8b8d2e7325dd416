import { join } from 'node:path';
import type { Recorded } from '../machine/processes.ts';
import type { Ground } from './ground.ts';

/** How kwok tells its nodes from real ones. */
const FAKE = { 'kwok.x-k8s.io/node': 'fake' };
const ZONES = 3;

/** Starts kwok: it plays the kubelet of every node that is marked for it. Pods on them get Running at once and end at once. */
export async function startKwok({ built, ports, kubeconfigs, start }: Ground): Promise<Recorded> {
  return await start({
    name: 'kwok',
    program: join(built.kwok, 'kwok'),
    args: [
      `--kubeconfig=${kubeconfigs.admin}`,
      `--config=${join(built.kwok, 'stages.yaml')}`,
      '--manage-all-nodes=false',
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      // Without leases they turn NotReady under load, their pods stay unready for good, and every budget falls to 0.
      '--node-lease-duration-seconds=40',
      `--server-address=127.0.0.1:${ports.kwok}`,
    ],
  });
}

/** `worker-1` … `worker-COUNT`, over three zones. */
export function kwokNodes(count: number): readonly object[] {
  const room = { cpu: '8', memory: '32Gi', pods: '110' };
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: `worker-${index + 1}`,
      annotations: FAKE,
      labels: {
        'kubernetes.io/hostname': `worker-${index + 1}`,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/zone': `zone-${(index % ZONES) + 1}`,
        type: 'kwok',
      },
    },
    status: { allocatable: room, capacity: room },
  }));
}
