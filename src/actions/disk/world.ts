import type { CleaningCluster } from '../../cluster/cleaning.ts';
import type { ActingHosts } from '../../host/actPort.ts';
import type { Clock } from '../../lib/clock.ts';

/** A configured host, as far as its disks are concerned. */
export interface DiskHost {
  readonly name: string;
  /** Where its journal lies, if not where journald puts it. */
  readonly journalDirectory?: string | undefined;
}

/** All that the actions that free disk space need of the world. */
export interface DiskWorld {
  readonly hosts: ActingHosts;
  /** The configured hosts; a node's host has its name. */
  readonly known: readonly DiskHost[];
  /** Absent where no cluster is named: then there is no `disk.pods`. */
  readonly cluster?: CleaningCluster | undefined;
  readonly clock: Clock;
  /** How long the last good execution of an action on a target took, ms. */
  readonly lastTookMs?: ((action: string, target: string) => Promise<number | undefined>) | undefined;
  /** Where the kubelet's files and pods' logs lie on hosts; `KUBELET_FOLDER` and `POD_LOGS` where absent. */
  readonly kubeletFolder?: string | undefined;
  readonly podLogs?: string | undefined;
}

/** The kubelet's root, whose file system is its nodefs; k3s has it there, too. Source: kubelet's --root-dir. */
export const KUBELET_FOLDER = '/var/lib/kubelet';
/** Source: kubernetes `pkg/kubelet/kuberuntime/helpers.go`, podLogsRootDirectory. */
export const POD_LOGS = '/var/log/pods';

/** Where container runtimes keep what is theirs: nothing in there is anybody else's to remove. */
const RUNTIME_FOLDERS = [
  '/var/lib/containerd',
  '/run/containerd',
  '/var/lib/rancher/k3s/agent/containerd',
  '/run/k3s/containerd',
  '/var/lib/containers',
  '/var/lib/docker',
];

/** The runtime's folder that a path lies in; undefined where it lies in none. Pure. */
export function runtimeFolderOf(path: string): string | undefined {
  return RUNTIME_FOLDERS.find((folder) => path === folder || path.startsWith(`${folder}/`));
}
