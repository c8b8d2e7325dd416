import type { OwnerRef, OwnerState, PodState } from '../../cluster/acting.ts';

/**
 * What a drain means for a pod, in kubectl's order of asking.
 * - `ends`: it is being deleted already; `stays`: DaemonSets' and static pods; `finished`: it only leaves its record
 * - `lost`: nothing recreates it; `moves`: its controller recreates it, as far as that is known
 */
export interface Fate {
  readonly is: 'ends' | 'stays' | 'finished' | 'lost' | 'moves';
  readonly why:
    | 'terminating'
    | 'daemonset'
    | 'orphan'
    | 'mirror'
    | 'unmanaged'
    | 'owner-gone'
    | 'finished'
    | 'managed'
    | 'unknown';
  /** Whether it must leave: it is evicted, or waited for. */
  readonly goes: boolean;
}

const sameOwner = (one: OwnerRef, other: OwnerRef): boolean =>
  one.uid === other.uid && one.kind === other.kind && one.name === other.name && one.namespace === other.namespace;

/** What is known of a controller. Pure. */
export function ownerOf(ref: OwnerRef | undefined, owners: readonly OwnerState[]): OwnerState | undefined {
  return ref && owners.find((one) => sameOwner(one.ref, ref));
}

/** A pod's fate. Source: kubectl `pkg/drain/filters.go` (1.36). Pure. */
export function fateOf(pod: PodState, owners: readonly OwnerState[]): Fate {
  const finished = pod.phase === 'Succeeded' || pod.phase === 'Failed';
  if (pod.deletedAt !== undefined) return { is: 'ends', why: 'terminating', goes: !pod.mirror && !isDaemon(pod) };
  if (pod.mirror) return { is: 'stays', why: 'mirror', goes: false };
  if (finished) return { is: 'finished', why: 'finished', goes: true };
  const owner = ownerOf(pod.owner, owners);
  if (isDaemon(pod))
    return owner?.found === 'no'
      ? { is: 'lost', why: 'orphan', goes: true }
      : { is: 'stays', why: 'daemonset', goes: false };
  if (!pod.owner) return { is: 'lost', why: 'unmanaged', goes: true };
  if (owner?.found === 'no' || owner?.terminating) return { is: 'lost', why: 'owner-gone', goes: true };
  return { is: 'moves', why: owner?.found === 'yes' ? 'managed' : 'unknown', goes: true };
}

const isDaemon = ({ owner }: PodState): boolean => owner?.kind === 'DaemonSet' && owner.apiVersion.startsWith('apps/');

/** The workload a pod belongs to, as far up as is known: `Deployment default/web`; a pod without one is its own. Pure. */
export function workloadOf(pod: PodState, owners: readonly OwnerState[]): string {
  const { owner } = pod;
  if (!owner) return `Pod ${pod.namespace}/${pod.name}`;
  const parent = ownerOf(owner, owners)?.parent;
  const top = parent ?? owner;
  return `${top.kind} ${top.namespace}/${top.name}`;
}
