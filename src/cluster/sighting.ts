/** A condition of a node, bounded. `since` is epoch ms, 0 where the API says nothing. */
export interface SeenCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly since: number;
}

/** A node at one moment, as far as its past is told by it. Every text is the cluster's, bounded and not yet inert. */
export interface NodeSighting {
  readonly name: string;
  readonly uid: string;
  readonly kubelet: string;
  readonly conditions: readonly SeenCondition[];
  /** Undefined where it takes pods. */
  readonly cordon:
    | {
        /** The program that set it, as the API server calls it: `kubectl`; empty where it doesn't say. */
        readonly manager: string;
        /** When that program last wrote, epoch ms. */
        readonly at: number | undefined;
        readonly annotations: Readonly<Record<string, string>>;
      }
    | undefined;
}

/** All nodes of a cluster at one moment. Throws DaytwoError as `Cluster` does. */
export interface NodeSightings {
  /** `marks`: annotations that are wanted of cordoned nodes. */
  seen(marks: readonly string[], signal: AbortSignal): Promise<readonly NodeSighting[]>;
}
