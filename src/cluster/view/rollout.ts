import type { V1ControllerRevision } from '@kubernetes/client-node/dist/gen/models/V1ControllerRevision.js';
import type { V1Deployment } from '@kubernetes/client-node/dist/gen/models/V1Deployment.js';
import type { V1ReplicaSet } from '@kubernetes/client-node/dist/gen/models/V1ReplicaSet.js';
import type { RolloutView } from '../port.ts';
import { epochMs } from './time.ts';

/** Source: kubernetes `pkg/controller/deployment/util/deployment_util.go`. */
const REVISION = 'deployment.kubernetes.io/revision';
/** Set on a ReplicaSet that was returned to: its earlier revisions. */
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';

/** What rollouts are read from. */
export interface RolloutSources {
  readonly deployments: readonly V1Deployment[];
  readonly replicaSets: readonly V1ReplicaSet[];
  readonly controllerRevisions: readonly V1ControllerRevision[];
}

/**
 * The changes in what runs since a time (epoch ms), newest first: a Deployment's by its ReplicaSets, a StatefulSet's or DaemonSet's
 * by its ControllerRevisions. A rollback gives an old ReplicaSet a new revision without a new creation time; its time is then
 * that of the Deployment's Progressing condition, which scaling does not move.
 */
export function rolloutViews(sources: RolloutSources, sinceMs: number): RolloutView[] {
  const progress = new Map(sources.deployments.map((one) => [one.metadata?.uid, progressAt(one)]));
  return [
    ...sources.replicaSets.flatMap((one) => replicaSetRollout(one, progress)),
    ...sources.controllerRevisions.flatMap(revisionRollout),
  ]
    .filter(({ at }) => at >= sinceMs)
    .toSorted((a, b) => b.at - a.at || a.workload.localeCompare(b.workload, 'en') || laterFirst(a, b));
}

/** Times have whole seconds: what was rolled out twice in one is told apart by its revision. */
function laterFirst(a: RolloutView, b: RolloutView): number {
  return Number(b.revision) - Number(a.revision) || 0;
}

function replicaSetRollout(
  replicaSet: V1ReplicaSet,
  progress: ReadonlyMap<string | undefined, { readonly revision: string | undefined; readonly at: number | undefined }>,
): RolloutView[] {
  const owner = replicaSet.metadata?.ownerReferences?.find(({ kind }) => kind === 'Deployment');
  if (!owner) return [];
  const annotations = replicaSet.metadata?.annotations ?? {};
  const revision = annotations[REVISION] ?? '';
  const created = epochMs(replicaSet.metadata?.creationTimestamp) ?? 0;
  const current = progress.get(owner.uid);
  const returnedTo = annotations[REVISION_HISTORY] !== undefined && current?.revision === revision;
  return [
    {
      namespace: replicaSet.metadata?.namespace ?? '',
      workload: `Deployment/${owner.name}`,
      revision,
      images: (replicaSet.spec?.template?.spec?.containers ?? []).map(({ image }) => image ?? ''),
      at: returnedTo ? Math.max(created, current?.at ?? 0) : created,
    },
  ];
}

function progressAt(deployment: V1Deployment): { revision: string | undefined; at: number | undefined } {
  const condition = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  return { revision: deployment.metadata?.annotations?.[REVISION], at: epochMs(condition?.lastUpdateTime) };
}

function revisionRollout(revision: V1ControllerRevision): RolloutView[] {
  const owner = revision.metadata?.ownerReferences?.find(({ kind }) => kind === 'StatefulSet' || kind === 'DaemonSet');
  if (!owner) return [];
  return [
    {
      namespace: revision.metadata?.namespace ?? '',
      workload: `${owner.kind}/${owner.name}`,
      revision: String(revision.revision),
      images: imagesOf(revision.data),
      at: epochMs(revision.metadata?.creationTimestamp) ?? 0,
    },
  ];
}

/** The images within a revision's patch ({spec: {template: {spec: {containers}}}}), which the API leaves untyped. */
function imagesOf(data: unknown): string[] {
  const containers = ['spec', 'template', 'spec', 'containers'].reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    data,
  );
  if (!Array.isArray(containers)) return [];
  return containers.flatMap((one: unknown) => {
    const image: unknown = typeof one === 'object' && one !== null ? Reflect.get(one, 'image') : undefined;
    return typeof image === 'string' ? [image] : [];
  });
}
