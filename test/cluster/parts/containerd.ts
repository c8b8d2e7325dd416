import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import type { Place } from '../machine/places.ts';
import { type Recorded, untilTrue } from '../machine/processes.ts';
import type { Ground } from './ground.ts';
import { IMAGES, packImage } from './images.ts';

/** Where Debian's containernetworking-plugins puts them. */
export const CNI_FOLDER = '/usr/lib/cni';

const READY_MS = 60_000;
/** Of the kubelet's containers, in containerd. */
const NAMESPACE = 'k8s.io';

/** containerd's socket. */
export function containerdSocket({ folder }: Place): string {
  return join(folder, 'containerd.sock');
}

/** The bridge of the pods that have a network of their own. */
export function bridgeName({ id }: Place): string {
  return `daytwo-${id}`;
}

/** Starts containerd with everything it writes below the cluster's folder, and gives it the two images. */
export async function startContainerd({ place, built, start }: Ground): Promise<Recorded> {
  const { folder } = place;
  const cni = join(folder, 'cni');
  await mkdir(cni);
  await writeFile(join(cni, '10-daytwo.conflist'), JSON.stringify(network(place)));
  const config = join(folder, 'containerd.toml');
  await writeFile(config, configuration(place, cni));
  const started = await start({
    name: 'containerd',
    program: join(built.containerd, 'containerd'),
    args: ['--config', config],
    env: { PATH: [built.containerd, process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(delimiter) },
  });
  const answers = async () => (await ctr({ place, built }, ['version'])) !== '';
  await untilTrue(folder, 'containerd answers', answers, { withinMs: READY_MS, processes: [started] });
  for (const [name, image] of Object.entries(IMAGES)) {
    const archive = await packImage(join(folder, 'images', name), image);
    await ctr({ place, built }, ['-n', NAMESPACE, 'images', 'import', archive]);
  }
  return started;
}

/** Ends every container that is still there: their shims outlive containerd. */
export async function endContainers(part: Pick<Ground, 'place' | 'built'>): Promise<void> {
  const ids = (await ctr(part, ['-n', NAMESPACE, 'tasks', 'list', '-q'])).split('\n').filter((id) => id !== '');
  for (const id of ids) await ctr(part, ['-n', NAMESPACE, 'tasks', 'delete', '--force', id]).catch(() => undefined);
}

async function ctr({ place, built }: Pick<Ground, 'place' | 'built'>, args: readonly string[]): Promise<string> {
  const program = join(built.containerd, 'ctr');
  const { stdout } = await execa(program, ['--address', containerdSocket(place), ...args], { timeout: 60_000 });
  return stdout;
}

/**
 * Pods see each other on one bridge and nobody else: it has no address, so the machine routes nothing. Probes have to be `exec`, or
 * the pod `hostNetwork`.
 */
function network(place: Place): object {
  const ipam = {
    type: 'host-local',
    dataDir: join(place.folder, 'ipam'),
    ranges: [[{ subnet: '10.213.0.0/16' }]],
  };
  return {
    cniVersion: '1.0.0',
    name: bridgeName(place),
    plugins: [{ type: 'bridge', bridge: bridgeName(place), isGateway: false, ipMasq: false, ipam }],
  };
}

/** Source: docs/cri/config.md of github.com/containerd/containerd, version 3. */
function configuration(place: Place, cni: string): string {
  const quote = (text: string) => JSON.stringify(text);
  const inFolder = (name: string) => quote(join(place.folder, name));
  return `version = 3
root = ${inFolder('containerd')}
state = ${inFolder('containerd-state')}

[grpc]
  address = ${quote(containerdSocket(place))}

[plugins.'io.containerd.internal.v1.opt']
  path = ${inFolder('opt')}

[plugins.'io.containerd.nri.v1.nri']
  disable = true

[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = ${quote(IMAGES.pause)}

[plugins.'io.containerd.cri.v1.runtime']
  # Machines that forbid lowering oom_score_adj can't start a pod otherwise.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = [${quote(CNI_FOLDER)}]
  conf_dir = ${quote(cni)}
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = "runc"
  SystemdCgroup = false
`;
}
