import type { RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import { codeOf } from '../lib/errors.ts';
import type { OwnerRef, OwnerState } from './acting.ts';
import type { ActingClient } from './actingClient.ts';
import { isObjectName, namespaceName } from './names.ts';
import { ownerForbidden, ownerGone, ownerState, ownerUnknown, type RawOwner } from './state/owner.ts';

type Kind = {
  readonly resource: string;
  /** `apps` of `apps/v1`; empty for core. */
  readonly group: string;
  readonly one: (name: string, namespace: string) => Promise<RequestContext>;
  readonly all: (from: string | undefined, limit: number) => Promise<RequestContext>;
};

/** With more of one kind than this, a list of all is cheaper than asking for each. */
const ASK_EACH_MAX = 25;

/** The kinds whose pods come back, or don't, by rules that are known here. */
function kindsOf({ apps, batch, core }: ActingClient['requests']): Readonly<Record<string, Kind>> {
  return {
    ReplicaSet: {
      resource: 'replicasets.apps',
      group: 'apps',
      one: (name, namespace) => apps.readNamespacedReplicaSet(name, namespace),
      all: (from, limit) => apps.listReplicaSetForAllNamespaces(undefined, from, undefined, undefined, limit),
    },
    Deployment: {
      resource: 'deployments.apps',
      group: 'apps',
      one: (name, namespace) => apps.readNamespacedDeployment(name, namespace),
      all: (from, limit) => apps.listDeploymentForAllNamespaces(undefined, from, undefined, undefined, limit),
    },
    StatefulSet: {
      resource: 'statefulsets.apps',
      group: 'apps',
      one: (name, namespace) => apps.readNamespacedStatefulSet(name, namespace),
      all: (from, limit) => apps.listStatefulSetForAllNamespaces(undefined, from, undefined, undefined, limit),
    },
    DaemonSet: {
      resource: 'daemonsets.apps',
      group: 'apps',
      one: (name, namespace) => apps.readNamespacedDaemonSet(name, namespace),
      all: (from, limit) => apps.listDaemonSetForAllNamespaces(undefined, from, undefined, undefined, limit),
    },
    Job: {
      resource: 'jobs.batch',
      group: 'batch',
      one: (name, namespace) => batch.readNamespacedJob(name, namespace),
      all: (from, limit) => batch.listJobForAllNamespaces(undefined, from, undefined, undefined, limit),
    },
    ReplicationController: {
      resource: 'replicationcontrollers',
      group: '',
      one: (name, namespace) => core.readNamespacedReplicationController(name, namespace),
      all: (from, limit) =>
        core.listReplicationControllerForAllNamespaces(undefined, from, undefined, undefined, limit),
    },
  };
}

const idOf = ({ kind, namespace, name, uid }: OwnerRef): string => `${kind}/${namespace}/${name}/${uid}`;
const groupOf = ({ apiVersion }: OwnerRef): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';

/** Reads controllers and, one floor up, those of their own; each once. A kind that isn't known gives `unknown`, as does a right that is missing, with its name. */
export async function readOwners(
  client: ActingClient,
  refs: readonly OwnerRef[],
  signal: AbortSignal,
): Promise<readonly OwnerState[]> {
  const found = await readThese(client, unique(refs), signal);
  const known = new Set(found.map(({ ref }) => idOf(ref)));
  const parents = unique(found.flatMap(({ parent }) => (parent ? [parent] : []))).filter(
    (ref) => !known.has(idOf(ref)),
  );
  return [...found, ...(await readThese(client, parents, signal))];
}

const unique = (refs: readonly OwnerRef[]): readonly OwnerRef[] => [
  ...new Map(refs.map((ref) => [idOf(ref), ref])).values(),
];

async function readThese(
  client: ActingClient,
  refs: readonly OwnerRef[],
  signal: AbortSignal,
): Promise<readonly OwnerState[]> {
  const kinds = kindsOf(client.requests);
  const byKind = Map.groupBy(refs, ({ kind }) => kind);
  const parts = await Promise.all(
    [...byKind].map(async ([kind, own]) => {
      const known = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
      const ours = known ? own.filter((ref) => groupOf(ref) === known.group) : [];
      const others = own.filter((ref) => !ours.includes(ref)).map(ownerUnknown);
      if (!known || ours.length === 0) return others;
      return [...others, ...(await readKind(client, known, ours, signal))];
    }),
  );
  return parts.flat();
}

async function readKind(
  client: ActingClient,
  { resource, one, all }: Kind,
  refs: readonly OwnerRef[],
  signal: AbortSignal,
): Promise<readonly OwnerState[]> {
  const verb = refs.length > ASK_EACH_MAX ? 'list' : 'get';
  try {
    if (verb === 'list') {
      const listed = await client.list<RawOwner>({ verb, resource }, all, signal);
      const byName = new Map(listed.map((raw) => [`${raw.metadata?.namespace}/${raw.metadata?.name}`, raw]));
      return refs.map((ref) => {
        const raw = byName.get(`${ref.namespace}/${ref.name}`);
        return raw ? ownerState(ref, raw) : ownerGone(ref);
      });
    }
    return await Promise.all(
      refs.map(async (ref) => {
        // The API server takes any text for an owner's name. Nothing has such a name, and it stays out of the path.
        if (!isObjectName(ref.name)) return ownerGone(ref);
        const asked = { verb, resource, namespace: ref.namespace } as const;
        const raw = await client.get<RawOwner>(asked, one(ref.name, namespaceName(ref.namespace)), signal);
        return raw ? ownerState(ref, raw) : ownerGone(ref);
      }),
    );
  } catch (error) {
    if (codeOf(error) !== 'forbidden') throw error;
    return refs.map((ref) => ownerForbidden(ref, `${verb} ${resource}`));
  }
}
