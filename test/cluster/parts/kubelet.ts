import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recorded } from '../machine/processes.ts';
import { cgroupName, makeCgroups } from './cgroups.ts';
import { containerdSocket } from './containerd.ts';
import { type Ground, REAL_NODE } from './ground.ts';

/** Starts a kubelet on containerd: the node `node-0` with this machine's CPUs and memory. */
export async function startKubelet(ground: Ground): Promise<Recorded> {
  const { place, built, kubeconfigs, start } = ground;
  const root = join(place.folder, 'kubelet');
  await mkdir(root);
  await makeCgroups(place);
  const config = join(place.folder, 'kubelet.json');
  await writeFile(config, JSON.stringify(configuration(ground), null, 2));
  return await start({
    name: 'kubelet',
    program: join(built.kubernetes, 'kubelet'),
    args: [
      `--config=${config}`,
      `--kubeconfig=${kubeconfigs.kubelet}`,
      `--root-dir=${root}`,
      `--cert-dir=${join(root, 'pki')}`,
      `--hostname-override=${REAL_NODE}`,
    ],
  });
}

/** Source: kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1. */
function configuration({ place, ports, certificates }: Ground): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: '127.0.0.1',
    port: ports.kubelet,
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: certificates.ca.cert },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: certificates.kubeletServing.cert,
    tlsPrivateKeyFile: certificates.kubeletServing.key,
    containerRuntimeEndpoint: `unix://${containerdSocket(place)}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroupName(place),
    // Older machines have version 1 alone.
    failCgroupV1: false,
    failSwapOn: false,
    // The machine is somebody's: its processes, its firewall and its full disk are none of the kubelet's business.
    oomScoreAdj: 0,
    makeIPTablesUtilChains: false,
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: {
      'memory.available': '50Mi',
      'nodefs.available': '200Mi',
      'imagefs.available': '200Mi',
      'nodefs.inodesFree': '0%',
      'imagefs.inodesFree': '0%',
    },
    podLogsDir: join(place.folder, 'pods'),
    volumePluginDir: join(place.folder, 'volume-plugins'),
  };
}
