/** Amounts of resources by name: `cpu` in millicores, everything else in its unit (bytes, pods, devices). */
export type Amounts = Readonly<Record<string, number>>;

/** A requirement on labels or fields, as selectors and affinities have it: In, NotIn, Exists, DoesNotExist, Gt, Lt. */
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** A label selector; all of it must hold. An empty one matches everything. */
export interface LabelQuery {
  readonly labels: Readonly<Record<string, string>>;
  readonly expressions: readonly Requirement[];
}

/** One alternative of a required node affinity: all of it must hold. */
export interface NodeTerm {
  readonly expressions: readonly Requirement[];
  readonly fields: readonly Requirement[];
}

/** A taint of a node. */
export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** A toleration of a pod; empty where the API says nothing. */
export interface Toleration {
  readonly key: string;
  readonly operator: string;
  readonly value: string;
  readonly effect: string;
}

/** A required affinity or anti-affinity to pods. `namespaces` undefined: all of them, or those that a selector names. */
export interface PodTerm {
  readonly topologyKey: string;
  readonly query: LabelQuery | undefined;
  readonly namespaces: readonly string[] | undefined;
}

/** A topology spread that forbids (`DoNotSchedule`). */
export interface SpreadRule {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly query: LabelQuery | undefined;
}

/** Names of field managers: `kubectl-cordon`, `daytwo`. */
export interface NodeWriters {
  readonly cordon: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A node as draining needs it. */
export interface NodeState {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  /** Of a cordoned node: who wrote the cordon, and each annotation, by the API server's own record. Undefined where that says nothing. */
  readonly writers?: NodeWriters | undefined;
  readonly ready: 'True' | 'False' | 'Unknown';
  readonly controlPlane: boolean;
  /** What pods may ask for in all; `pods` is their number. */
  readonly allocatable: Amounts;
}

/** A controller as an ownerReference names it. */
export interface OwnerRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What a pod mounts. `name` is the claim's, or the path's. `ephemeral`: its claim is the pod's own, and goes with it. */
export interface VolumeUse {
  readonly kind: 'claim' | 'ephemeral' | 'emptyDir' | 'hostPath';
  readonly name: string;
}

/** A pod as draining needs it. Times are epoch ms. */
export interface PodState {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly node: string | undefined;
  readonly phase: string;
  readonly ready: boolean;
  /** Set once it is being deleted. */
  readonly deletedAt: number | undefined;
  readonly graceSeconds: number;
  readonly owner: OwnerRef | undefined;
  /** Made by the kubelet from a file: can't be evicted. */
  readonly mirror: boolean;
  readonly requests: Amounts;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Undefined: any node. */
  readonly nodeTerms: readonly NodeTerm[] | undefined;
  readonly tolerations: readonly Toleration[];
  readonly near: readonly PodTerm[];
  readonly apart: readonly PodTerm[];
  readonly spread: readonly SpreadRule[];
  /** `TCP/0.0.0.0/80`. */
  readonly hostPorts: readonly string[];
  readonly volumes: readonly VolumeUse[];
}

/** A PodDisruptionBudget with the status that the eviction API decides by. */
export interface BudgetState {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Undefined: it matches nothing. */
  readonly query: LabelQuery | undefined;
  /** `maxUnavailable 1`, `minAvailable 50%`. */
  readonly rule: string;
  readonly alwaysAllowUnhealthy: boolean;
  /** Its status is of an older specification. */
  readonly stale: boolean;
  /** The controller can't compute it (pods without a scale). */
  readonly broken: boolean;
  readonly allowed: number;
  readonly healthy: number;
  readonly desired: number;
  readonly expected: number;
}

/** A controller as it is. Figures are undefined where its kind has none, or isn't known here. */
export interface OwnerState {
  readonly ref: OwnerRef;
  /** `yes`, `no` (it is gone: nothing recreates its pods), or `unknown` (a kind that isn't read, or no right to). */
  readonly found: 'yes' | 'no' | 'unknown';
  /** Where it may not be read: the right that is missing, `get replicasets.apps`. */
  readonly lacks?: string;
  readonly terminating: boolean;
  readonly wanted: number | undefined;
  readonly ready: number | undefined;
  /** A StatefulSet that waits for each pod before the next. */
  readonly ordered: boolean;
  readonly parent: OwnerRef | undefined;
}

/** A claim and the volume behind it. */
export interface ClaimState {
  readonly namespace: string;
  readonly name: string;
  readonly volume: string | undefined;
  /** The volume's required node affinity; undefined: any node. */
  readonly nodeTerms: readonly NodeTerm[] | undefined;
  readonly kind: 'local' | 'hostPath' | 'csi' | 'nfs' | 'other';
  /** On the node, for local and hostPath. */
  readonly path: string | undefined;
}

/** What identifies a pod. */
export interface PodId {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * What the eviction API said.
 * - `held`: its budget forbids it now, with the budget's words (`needs 2 healthy pods and has 2 currently`) or that it is being processed
 * - `throttled`: the API server asks to slow down
 * - `replaced`: another pod has the name now
 * - `several-budgets`: the API never evicts such a pod
 * - `denied`: a right is missing, or an admission webhook refused; `right` tells which of the two
 */
export type EvictionAnswer =
  | { readonly is: 'evicted' }
  | { readonly is: 'gone' }
  | { readonly is: 'replaced' }
  | { readonly is: 'conflict' }
  | { readonly is: 'held'; readonly text: string }
  | { readonly is: 'throttled'; readonly retryAfterMs: number }
  | { readonly is: 'several-budgets' }
  | { readonly is: 'namespace-terminating' }
  | { readonly is: 'denied'; readonly right: boolean; readonly text: string };

/** What became of a patch of a node. */
export type NodePatched =
  | { readonly is: 'patched'; readonly node: NodeState }
  | { readonly is: 'conflict' }
  | { readonly is: 'gone' };

/**
 * The cluster as far as nodes are acted on. Lists are paged and bounded (20,000 items); every call ends within its time-out or with the signal.
 * Throws DaytwoError as `Cluster` does; `forbidden` names verb and resource.
 */
export interface ActingCluster {
  /** How people call it. */
  readonly name: string;
  /** The uid of the namespace kube-system: it is the cluster's. */
  uid(signal: AbortSignal): Promise<string>;
  nodes(signal: AbortSignal): Promise<readonly NodeState[]>;
  /** Undefined where it isn't there. */
  node(name: string, signal: AbortSignal): Promise<NodeState | undefined>;
  /** Of a node, all; of the cluster, those that haven't finished. */
  pods(where: { readonly node?: string }, signal: AbortSignal): Promise<readonly PodState[]>;
  budgets(signal: AbortSignal): Promise<readonly BudgetState[]>;
  /** Controllers by their references, and those of their own; each once. */
  owners(refs: readonly OwnerRef[], signal: AbortSignal): Promise<readonly OwnerState[]>;
  claims(
    wanted: readonly { readonly namespace: string; readonly name: string }[],
    signal: AbortSignal,
  ): Promise<readonly ClaimState[]>;
  /** Names of the volumes that are attached to a node. */
  attached(node: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Asks once for the eviction of this very pod. With `dryRun` nothing happens but the checks. */
  evict(pod: PodId, options: { readonly dryRun: boolean }, signal: AbortSignal): Promise<EvictionAnswer>;
  /** Sets or takes the cordon, and annotations (null takes one away), of the node as it was read. */
  patchNode(
    node: Pick<NodeState, 'name' | 'resourceVersion'>,
    change: { readonly unschedulable: boolean; readonly annotations: Readonly<Record<string, string | null>> },
    signal: AbortSignal,
  ): Promise<NodePatched>;
}
