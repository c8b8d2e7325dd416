import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One folder below `tools/` with a go.mod and a go.sum, and what is built from it. */
export interface Tool {
  readonly name: ToolName | 'cri-tools' | 'kube-state-metrics';
  /** The main packages; each gives a program named by its last element. */
  readonly packages: readonly string[];
  /** The programs, as they lie in the cache. */
  readonly programs: readonly string[];
  readonly tags?: string;
  /** Of the linker, after `-s -w`. */
  readonly ldflags?: string;
  /** YAML files of the module that belong to the program, joined into `file`. */
  readonly documents?: { readonly module: string; readonly paths: readonly string[]; readonly file: string };
}

/** The folders of what a cluster is made of. */
export type ToolName = 'kubernetes' | 'etcd' | 'containerd' | 'kwok' | 'metrics-server';

/** What every cluster needs, and what it takes besides for a node with a kubelet. */
export const ALWAYS: readonly ToolName[] = ['etcd', 'kubernetes', 'kwok'];
export const WITH_KUBELET: readonly ToolName[] = [...ALWAYS, 'containerd', 'metrics-server'];

const KUBERNETES = 'v1.36.3';
const KUBERNETES_PROGRAMS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kubectl'];
const CONTAINERD_PROGRAMS = ['containerd', 'containerd-shim-runc-v2', 'ctr'];

/** What looks at a node's runtime as its admin would; no part of the cluster, so a new one takes no cluster down. */
export const CRICTL = {
  name: 'cri-tools',
  packages: ['sigs.k8s.io/cri-tools/cmd/crictl'],
  programs: ['crictl'],
} as const satisfies Tool;

/** What turns a node's conditions into metrics that alerts are made of; no part of the cluster either. */
export const KUBE_STATE_METRICS = {
  name: 'kube-state-metrics',
  packages: ['k8s.io/kube-state-metrics/v2'],
  programs: ['kube-state-metrics'],
} as const satisfies Tool;

/** All that a cluster is made of. Without the version given to the linker `kubectl version` fails and the kubelet calls itself v0.0.0. */
export const TOOLS: readonly (Tool & { readonly name: ToolName })[] = [
  {
    name: 'etcd',
    packages: ['go.etcd.io/etcd/server/v3'],
    // The package is the module's root: Go names the program after it.
    programs: ['server'],
  },
  {
    name: 'kubernetes',
    packages: KUBERNETES_PROGRAMS.map((program) => `k8s.io/kubernetes/cmd/${program}`),
    programs: KUBERNETES_PROGRAMS,
    ldflags: [
      `-X k8s.io/component-base/version.gitVersion=${KUBERNETES}`,
      '-X k8s.io/component-base/version.gitMajor=1',
      '-X k8s.io/component-base/version.gitMinor=36',
      `-X k8s.io/client-go/pkg/version.gitVersion=${KUBERNETES}`,
    ].join(' '),
  },
  {
    name: 'containerd',
    packages: CONTAINERD_PROGRAMS.map((program) => `github.com/containerd/containerd/v2/cmd/${program}`),
    programs: CONTAINERD_PROGRAMS,
    // Snapshotters that need headers of the machine's, and that nobody here uses.
    tags: 'no_btrfs,no_zfs,no_devmapper',
  },
  {
    name: 'kwok',
    packages: ['sigs.k8s.io/kwok/cmd/kwok'],
    programs: ['kwok'],
    // Without `pod-complete`: it ends a Job's pods as soon as they run, and a drain has to meet running ones.
    documents: {
      module: 'sigs.k8s.io/kwok',
      paths: [
        'kustomize/stage/node/fast/node-initialize.yaml',
        'kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
        'kustomize/stage/pod/fast/pod-ready.yaml',
        'kustomize/stage/pod/fast/pod-delete.yaml',
      ],
      file: 'stages.yaml',
    },
  },
  { name: 'metrics-server', packages: ['sigs.k8s.io/metrics-server/cmd/metrics-server'], programs: ['metrics-server'] },
];

/** The folder with the go.mod of a tool, or of Go itself. */
export function toolFolder(name: Tool['name'] | 'go'): string {
  return join(fileURLToPath(new URL('../tools/', import.meta.url)), name);
}
