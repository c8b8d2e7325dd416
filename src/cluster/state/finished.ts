import type { FinishedPod, JobState } from '../cleaning.ts';
import { conditionOf, controllerOf, type RawCondition, type RawMeta, timeOf } from './raw.ts';

/** A finished Pod of core/v1, as JSON has it. */
export interface RawFinished {
  readonly metadata?: RawMeta & { readonly finalizers?: readonly string[]; readonly creationTimestamp?: string };
  readonly spec?: { readonly volumes?: readonly { readonly ephemeral?: unknown }[] };
  readonly status?: { readonly phase?: string; readonly reason?: string };
}

/** A Job of batch/v1, as JSON has it. */
export interface RawJob {
  readonly metadata?: RawMeta;
  readonly status?: { readonly conditions?: readonly RawCondition[] };
}

/** How Jobs are, by uid; `lacks` is the right for want of which they can't be read: `get jobs.batch`. */
export interface Jobs {
  readonly states: ReadonlyMap<string, JobState>;
  readonly lacks: string | undefined;
}

/** Source: kubernetes.io/docs/reference/labels-annotations-taints, "kubernetes.io/config.mirror". */
const MIRROR = 'kubernetes.io/config.mirror';

/** Reads a pod; undefined for one that hasn't finished. */
export function finishedPod(
  { metadata = {}, spec = {}, status = {} }: RawFinished,
  { states, lacks }: Jobs,
): FinishedPod | undefined {
  const { phase, reason = '' } = status;
  if (phase !== 'Succeeded' && phase !== 'Failed') return undefined;
  const owner = controllerOf(metadata);
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    phase,
    reason,
    owner,
    ...(owner && isJob(owner) ? jobOf(states.get(owner.uid), lacks) : { job: undefined }),
    mirror: Object.hasOwn(metadata.annotations ?? {}, MIRROR),
    finalizers: metadata.finalizers ?? [],
    ephemeral: (spec.volumes ?? []).some(({ ephemeral }) => ephemeral !== undefined),
    deleting: metadata.deletionTimestamp !== undefined,
    createdAt: timeOf(metadata.creationTimestamp) ?? 0,
  };
}

const jobOf = (job: JobState = 'unknown', lacks: string | undefined) =>
  job === 'unknown' && lacks !== undefined ? { job, lacks } : { job };

/** Whether an owner is a Job of batch. */
export const isJob = ({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): boolean =>
  kind === 'Job' && apiVersion.startsWith('batch/');

/**
 * How a Job is that was asked for under a uid; another one under its name means that it is gone. A Job is over once it is Complete or
 * Failed, which never changes back. Source: kubernetes.io/docs/concepts/workloads/controllers/job, "Job termination and cleanup".
 */
export function jobState(uid: string, job: RawJob | undefined): JobState {
  if (!job || job.metadata?.uid !== uid) return 'gone';
  const over = ['Complete', 'Failed'].some((type) => conditionOf(job.status?.conditions, type)?.status === 'True');
  return over ? 'over' : 'at-work';
}
