import type { FinishedPod } from '../../cluster/cleaning.ts';
import { missing } from '../../cluster/faults.ts';

/**
 * Controllers that never look at a finished pod of theirs again: they made another one already, or wait for nothing from it. Others have kinds of
 * the same names (OpenKruise's StatefulSet and DaemonSet), of which nothing is known.
 */
const DONE_WITH: ReadonlySet<string> = new Set([
  'ReplicationController',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  'apps/DaemonSet',
]);

/** Whether a finished pod may go; `bare`: nobody owns it, so it is somebody's own. */
export type PodFate = { readonly goes: true; readonly bare: boolean } | { readonly goes: false; readonly why: string };

const stays = (why: string): PodFate => ({ goes: false, why });

/**
 * The rule. A pod that has finished goes, but for: one that is being deleted, one of a file on the node, one with finalizers (somebody has
 * yet to count it), one with an ephemeral volume, whose claim goes with it, one whose Job is at work or can't be read, and one whose owner is of a
 * kind that isn't known here (a workflow's). Pure.
 */
export function podFate({ deleting, mirror, finalizers, ephemeral, owner, job, lacks }: FinishedPod): PodFate {
  if (deleting) return stays('being deleted already');
  if (mirror) return stays('made of a file on the node');
  if (finalizers.length > 0) return stays('somebody waits for it (finalizers)');
  if (ephemeral) return stays('an ephemeral volume and what is on it would be deleted with it');
  if (!owner) return { goes: true, bare: true };
  if (job === 'at-work') return stays('its Job is at work and needs it');
  if (job === 'unknown')
    return stays(`its Job can’t be read${lacks === undefined ? '' : `: ${missing(lacks, 'disk')}`}`);
  if (job === 'over' || job === 'gone') return { goes: true, bare: false };
  // `apps/v1`, `v1`: the version says nothing.
  const group = owner.apiVersion.replace(/[^/]*$/, '');
  return DONE_WITH.has(`${group}${owner.kind}`) ? { goes: true, bare: false } : stays(`${owner.kind} may need it`);
}
