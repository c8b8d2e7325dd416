import type { OwnerRef, PodId } from './acting.ts';

/** What is known of the Job that a pod belongs to. `unknown`: it could not be read for want of a right. */
export type JobState = 'over' | 'at-work' | 'gone' | 'unknown';

/** A pod that has finished: it never runs again, since no pod leaves Succeeded or Failed. */
export interface FinishedPod extends PodId {
  readonly phase: 'Succeeded' | 'Failed';
  /** `Evicted`, `NodeLost`; empty where the API says nothing. */
  readonly reason: string;
  readonly owner: OwnerRef | undefined;
  /** Where the owner is a Job. */
  readonly job: JobState | undefined;
  /** Where that is unknown: the right that is missing, `get jobs.batch`. */
  readonly lacks?: string;
  /** Made by the kubelet from a file: it isn't the API's to delete. */
  readonly mirror: boolean;
  /** Somebody waits for it before it may go: a Job's controller that hasn't counted it, for instance. */
  readonly finalizers: readonly string[];
  /** It has a volume whose claim is its own, and is deleted with it. */
  readonly ephemeral: boolean;
  /** It is being deleted already. */
  readonly deleting: boolean;
  /** Epoch ms. */
  readonly createdAt: number;
}

/** What became of a deletion. `replaced`: another pod has the name now, which was left alone. */
export type PodRemoved = 'removed' | 'gone' | 'replaced';

/** The cluster as far as finished pods are taken away. Throws DaytwoError as `Cluster` does; `forbidden` names verb and resource. */
export interface CleaningCluster {
  /** The finished pods of a node, oldest first; 20,000 at most, else `too-large`. */
  finished(node: string, signal: AbortSignal): Promise<readonly FinishedPod[]>;
  /** Deletes this very pod, by its uid. */
  remove(pod: PodId, signal: AbortSignal): Promise<PodRemoved>;
}
