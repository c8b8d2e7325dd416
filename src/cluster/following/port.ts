import type { BudgetState, PodState } from '../acting.ts';
import type { FollowState } from './follower.ts';

/** The cluster as it changes, without asking again. What isn't known for sure is undefined, and is to be asked for. Nothing here throws. */
export interface Following {
  /**
   * The unfinished pods of other nodes than this and of none, without annotations: for estimates. Undefined unless what is followed is
   * in step with `here`, the node's pods as they were just read.
   */
  elsewhere(node: string, here: readonly PodState[], signal: AbortSignal): Promise<readonly PodState[] | undefined>;
  /** Follows a node's pods and the budgets until it is stopped. */
  node(name: string): NodeFollower;
  /** How all pods are followed. */
  state(): FollowState;
}

/** A node that is followed while it is drained. */
export interface NodeFollower {
  pods(): readonly PodState[] | undefined;
  budgets(): readonly BudgetState[] | undefined;
  /** Resolves with the next change of either, or after `ms`, or when the signal is aborted. */
  changed(ms: number, signal: AbortSignal): Promise<void>;
  /** How both are followed: the worse of the two. */
  state(): FollowState;
  /** Resolves when no connection is left. */
  stop(): Promise<void>;
}
