import { join } from 'node:path';
import type { Recorded } from '../machine/processes.ts';
import { ownKubeconfig } from './controlPlane.ts';
import type { Ground } from './ground.ts';

/** Starts metrics-server beside the cluster. It has figures after two rounds of 15 s; less than 10 s a round is refused. */
export async function startMetricsServer({ place, built, ports, kubeconfigs, start }: Ground): Promise<Recorded> {
  return await start({
    name: 'metrics-server',
    program: join(built['metrics-server'], 'metrics-server'),
    args: [
      ...ownKubeconfig(kubeconfigs['metrics-server']),
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.metricsServer}`,
      `--cert-dir=${join(place.folder, 'metrics-server')}`,
      '--kubelet-preferred-address-types=Hostname',
      '--kubelet-insecure-tls',
      // The port is a free one, not 10250.
      '--kubelet-use-node-status-port',
      '--metric-resolution=15s',
    ],
  });
}

/** Tells the API server where metrics.k8s.io is answered: outside the cluster, by a Service that is but a name for loopback. */
export function metricsApi({ ports }: Pick<Ground, 'ports'>): readonly object[] {
  const service = { name: 'metrics-server', namespace: 'kube-system' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: service,
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port: ports.metricsServer }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { ...service, port: ports.metricsServer },
      },
    },
  ];
}
