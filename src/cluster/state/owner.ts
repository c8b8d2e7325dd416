import type { OwnerRef, OwnerState } from '../acting.ts';
import { controllerOf, type RawMeta } from './raw.ts';

/** A controller of any kind that is read, as JSON has it. */
export interface RawOwner {
  readonly metadata?: RawMeta;
  readonly spec?: {
    readonly replicas?: number;
    readonly parallelism?: number;
    readonly podManagementPolicy?: string;
  };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly numberReady?: number;
    readonly desiredNumberScheduled?: number;
    readonly ready?: number;
  };
}

/** A controller that was read. One with another uid is another one: the pod's own is gone. */
export function ownerState(ref: OwnerRef, { metadata = {}, spec = {}, status = {} }: RawOwner): OwnerState {
  const same = ref.uid === '' || metadata.uid === ref.uid;
  if (!same) return ownerGone(ref);
  const daemon = ref.kind === 'DaemonSet';
  const job = ref.kind === 'Job' || ref.kind === 'CronJob';
  return {
    ref,
    found: 'yes',
    terminating: metadata.deletionTimestamp !== undefined,
    wanted: daemon ? (status.desiredNumberScheduled ?? 0) : job ? spec.parallelism : (spec.replicas ?? 1),
    ready: daemon ? (status.numberReady ?? 0) : job ? undefined : (status.readyReplicas ?? 0),
    ordered: ref.kind === 'StatefulSet' && spec.podManagementPolicy !== 'Parallel',
    parent: controllerOf(metadata),
  };
}

const absent = { terminating: false, wanted: undefined, ready: undefined, ordered: false, parent: undefined };

/** A controller that isn't there any more. */
export function ownerGone(ref: OwnerRef): OwnerState {
  return { ref, found: 'no', ...absent };
}

/** A controller of a kind that isn't known here. */
export function ownerUnknown(ref: OwnerRef): OwnerState {
  return { ref, found: 'unknown', ...absent };
}

/** A controller that may not be read for want of a right, `get replicasets.apps`. */
export function ownerForbidden(ref: OwnerRef, lacks: string): OwnerState {
  return { ...ownerUnknown(ref), lacks };
}
