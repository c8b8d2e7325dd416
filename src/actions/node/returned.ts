import type { PodState } from '../../cluster/acting.ts';
import { tolerated } from './select.ts';

/** What the node lifecycle controller puts on a cordoned node. Source: kubernetes.io/docs/reference/labels-annotations-taints. */
const CORDONED = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

/** Pods of one workload that may be bound late, whatever its size. */
const LATE_MOST = 3;

/** Whether the scheduler may put a pod on a cordoned node. Pure. */
export const toleratesCordon = ({ tolerations }: Pick<PodState, 'tolerations'>): boolean =>
  tolerated(tolerations, CORDONED);

/** Tells pods that come back to the node as often as they are evicted: evicting them only restarts them. */
export interface Returned {
  /** Why a pod of the plan is left alone; undefined where it isn't one of those. */
  why(pod: PodState, workload: string): string | undefined;
}

/**
 * Knows who was there `before` the cordon, by uid; undefined: nothing is known, and nobody is left alone. Of a workload that doesn't tolerate
 * the cordon as many late ones go as there were pods: the scheduler may have bound some just before it; a fixed `nodeName` brings more.
 */
export function createReturned(before: readonly string[] | undefined): Returned {
  const known = new Set(before);
  const seen = new Map<string, { readonly there: Set<string>; readonly late: Set<string> }>();
  return {
    why: ({ uid, tolerations }, workload) => {
      if (!before) return undefined;
      const own = seen.get(workload) ?? { there: new Set(), late: new Set() };
      seen.set(workload, own);
      (known.has(uid) ? own.there : own.late).add(uid);
      if (known.has(uid)) return undefined;
      if (toleratesCordon({ tolerations })) return 'it tolerates the cordon and came back to this node';
      return own.late.size > Math.max(own.there.size, LATE_MOST)
        ? 'its pods come back to this node again and again'
        : undefined;
    },
  };
}
