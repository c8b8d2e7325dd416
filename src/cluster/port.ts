/** CPU in whole millicores, rounded up as kubectl does; memory in bytes; undefined where metrics-server has no figure. */
export interface NodeUse {
  readonly name: string;
  readonly cpuMilli: number | undefined;
  readonly memoryBytes: number | undefined;
  /** Allocatable, what kubectl's percentages are of. */
  readonly cpuAllocatableMilli: number;
  readonly memoryAllocatableBytes: number;
}

/** A pod's use, summed over its containers: whole millicores, rounded up after the sum, and bytes. */
export interface PodUse {
  readonly namespace: string;
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

/** A node as triage needs it. Times are epoch ms. */
export interface NodeView {
  readonly name: string;
  readonly internalIPs: readonly string[];
  readonly ready: 'True' | 'False' | 'Unknown';
  readonly unschedulable: boolean;
  readonly roles: readonly string[];
  readonly kubeletVersion: string;
  readonly createdAt: number;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly since: number;
    readonly heartbeat: number;
  }[];
  readonly taints: readonly string[];
}

/** A pod as triage needs it. */
export interface PodView {
  readonly namespace: string;
  readonly name: string;
  readonly node: string | undefined;
  readonly phase: string;
  /** What kubectl's STATUS column says: CrashLoopBackOff, Evicted, Init:0/1 … */
  readonly status: string;
  readonly ready: string;
  readonly restarts: number;
  readonly createdAt: number;
  /** Needs a look: failing, stuck for more than 5 min on its way up or down, not ready, or crashed within the last 15 min. */
  readonly inTrouble: boolean;
  /** Why the last container ended: reason, exit code, when, message; of the worst container. */
  readonly lastTermination:
    | {
        readonly container: string;
        readonly reason: string;
        readonly exitCode: number;
        readonly at: number;
        readonly message: string;
      }
    | undefined;
  readonly owner: string | undefined;
}

/** An event. `about` is `Kind/name`; `message` is untrusted text. */
export interface EventView {
  readonly namespace: string;
  readonly type: string;
  readonly reason: string;
  readonly about: string;
  readonly message: string;
  readonly count: number;
  readonly at: number;
}

/** A change in what runs: a new ReplicaSet revision, a changed DaemonSet or StatefulSet. */
export interface RolloutView {
  readonly namespace: string;
  /** `Deployment/web`. */
  readonly workload: string;
  readonly revision: string;
  readonly images: readonly string[];
  readonly at: number;
}

/**
 * The cluster, read only. All lists are bounded (20,000 items, else `too-large`) and paged. `sinceMs` is a time, epoch ms.
 * Every method throws DaytwoError: not-configured | unreachable | timeout | forbidden (names verb and resource) | not-found |
 * bad-answer | cancelled | too-large | overloaded | failed | invalid (the kubeconfig, or a name that is none). A missing
 * metrics-server is `not-found` with a message that says so plainly.
 */
export interface Cluster {
  /** How people call it: the context's name or "this cluster". The current context's is known after the first question only. */
  readonly name: string;
  version(signal: AbortSignal): Promise<string>;
  nodes(signal: AbortSignal): Promise<readonly NodeView[]>;
  nodeUse(signal: AbortSignal): Promise<readonly NodeUse[]>;
  podUse(namespace: string | undefined, signal: AbortSignal): Promise<readonly PodUse[]>;
  pods(
    where: { readonly namespace?: string; readonly node?: string },
    signal: AbortSignal,
  ): Promise<readonly PodView[]>;
  /** Newest first. */
  events(
    where: { readonly namespace?: string; readonly about?: string; readonly sinceMs: number },
    signal: AbortSignal,
  ): Promise<readonly EventView[]>;
  /** Newest first. A workload's first roll-out counts as well. */
  rollouts(
    where: { readonly namespace?: string; readonly sinceMs: number },
    signal: AbortSignal,
  ): Promise<readonly RolloutView[]>;
}
