import { join } from 'node:path';
import { type Recorded, untilTrue } from '../machine/processes.ts';
import type { Ground } from './ground.ts';
import { kubectl } from './kubectl.ts';

/** On a machine that compiles something meanwhile it has taken most of a minute. */
const READY_MS = 180_000;

/** Starts etcd and waits until it answers. Its files may be lost with the machine: nothing is synced. */
export async function startEtcd({ place, built, ports, start }: Ground): Promise<Recorded> {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  const started = await start({
    name: 'etcd',
    program: join(built.etcd, 'server'),
    args: [
      '--name=daytwo-test',
      `--data-dir=${join(place.folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=daytwo-test=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  });
  const healthy = async () => (await fetch(`${client}/health`, { signal: AbortSignal.timeout(2000) })).ok;
  await untilTrue(place.folder, 'etcd is healthy', healthy, { withinMs: READY_MS, processes: [started] });
  return started;
}

/** Starts the API server and waits until it is ready. */
export async function startApiServer({
  place,
  built,
  ports,
  certificates,
  kubeconfigs,
  start,
}: Ground): Promise<Recorded> {
  const started = await start({
    name: 'kube-apiserver',
    program: join(built.kubernetes, 'kube-apiserver'),
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.apiServer}`,
      // Else it would publish 127.0.0.1 as the Service kubernetes' endpoint, which is refused.
      '--endpoint-reconciler-type=none',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      `--client-ca-file=${certificates.ca.cert}`,
      `--tls-cert-file=${certificates.apiServer.cert}`,
      `--tls-private-key-file=${certificates.apiServer.key}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${certificates.serviceAccount.publicKey}`,
      `--service-account-signing-key-file=${certificates.serviceAccount.privateKey}`,
      `--kubelet-certificate-authority=${certificates.ca.cert}`,
      `--kubelet-client-certificate=${certificates.kubeletClient.cert}`,
      `--kubelet-client-key=${certificates.kubeletClient.key}`,
      '--kubelet-preferred-address-types=Hostname',
      `--proxy-client-cert-file=${certificates.frontProxy.cert}`,
      `--proxy-client-key-file=${certificates.frontProxy.key}`,
      `--requestheader-client-ca-file=${certificates.frontProxyCa.cert}`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    ],
  });
  const ready = async () =>
    (await kubectl({ built, kubeconfig: kubeconfigs.admin }, ['get', '--raw', '/readyz'])) === 'ok';
  await untilTrue(place.folder, 'the API server is ready', ready, { withinMs: READY_MS, processes: [started] });
  return started;
}

/** Starts the controllers: endpoints, replica sets, disruption budgets, garbage collection, node lifecycle and the rest. */
export async function startControllers({
  place,
  built,
  ports,
  certificates,
  kubeconfigs,
  start,
}: Ground): Promise<Recorded> {
  const kubeconfig = kubeconfigs['controller-manager'];
  return await start({
    name: 'kube-controller-manager',
    program: join(built.kubernetes, 'kube-controller-manager'),
    args: [
      ...ownKubeconfig(kubeconfig),
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.controllers}`,
      `--cert-dir=${join(place.folder, 'controllers')}`,
      '--leader-elect=false',
      '--use-service-account-credentials',
      `--service-account-private-key-file=${certificates.serviceAccount.privateKey}`,
      `--root-ca-file=${certificates.ca.cert}`,
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ],
  });
}

/** Starts the scheduler. */
export async function startScheduler({ place, built, ports, kubeconfigs, start }: Ground): Promise<Recorded> {
  return await start({
    name: 'kube-scheduler',
    program: join(built.kubernetes, 'kube-scheduler'),
    args: [
      ...ownKubeconfig(kubeconfigs.scheduler),
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.scheduler}`,
      `--cert-dir=${join(place.folder, 'scheduler')}`,
      '--leader-elect=false',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ],
  });
}

/** The same for talking, for knowing who asks, and for what they may. */
export function ownKubeconfig(path: string): readonly string[] {
  return [`--kubeconfig=${path}`, `--authentication-kubeconfig=${path}`, `--authorization-kubeconfig=${path}`];
}
