import { codeOf } from '../lib/errors.ts';
import type { OwnerRef } from './acting.ts';
import type { ActingClient } from './actingClient.ts';
import type { CleaningCluster } from './cleaning.ts';
import type { ClusterOptions } from './cluster.ts';
import { createDoor } from './door.ts';
import { isAbsent } from './faults.ts';
import { isObjectName, namespaceName, objectName } from './names.ts';

type RawFinished = import('./state/finished.ts').RawFinished;
type RawJob = import('./state/finished.ts').RawJob;
type Jobs = import('./state/finished.ts').Jobs;

interface Behind {
  readonly client: ActingClient;
  readonly finished: typeof import('./state/finished.ts').finishedPod;
  readonly isJob: typeof import('./state/finished.ts').isJob;
  readonly stateOf: typeof import('./state/finished.ts').jobState;
}

/** Per request, ms: admission webhooks may take 10 s each by default. */
const TIMEOUT_MS = 20_000;
/** Before any is asked for. */
const NO_JOBS: Jobs = { states: new Map(), lacks: undefined };
/** With more Jobs than this, a list of all is cheaper than asking for each. */
const ASK_EACH_MAX = 25;

/** A cluster that finished pods can be taken away from. As with the reader, nothing is read or loaded before the first question. */
export function createCleaningCluster(options: ClusterOptions = {}): CleaningCluster {
  const { open } = createDoor((shut) => openDoor(options, shut));
  return {
    finished: async (node, signal) => {
      const fields = `spec.nodeName=${objectName(node)},status.phase!=Running,status.phase!=Pending`;
      const { client, finished, isJob, stateOf } = await open();
      const { core } = client.requests;
      const raw = await client.list<RawFinished>(
        { verb: 'list', resource: 'pods' },
        (from, limit) => core.listPodForAllNamespaces(undefined, from, fields, undefined, limit),
        signal,
      );
      const first = raw.flatMap((pod) => finished(pod, NO_JOBS) ?? []);
      const owners = new Map(
        first.flatMap(({ owner }) => (owner && isJob(owner) ? [[owner.uid, owner] as const] : [])),
      );
      const jobs = await jobsOf([...owners.values()], { client, stateOf }, signal);
      return raw
        .flatMap((pod) => finished(pod, jobs) ?? [])
        .sort((a, b) => a.createdAt - b.createdAt || (a.uid < b.uid ? -1 : 1));
    },
    remove: async ({ namespace, name, uid }, signal) => {
      const { client } = await open();
      const asked = { verb: 'delete', resource: 'pods', namespace } as const;
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
      const none = undefined;
      const request = client.requests.core.deleteNamespacedPod(
        ...([objectName(name), namespaceName(namespace), none, none, none, none, none, none, body] as const),
      );
      const answer = await client.ask(request, signal);
      if (isAbsent(answer)) return 'gone';
      if (answer.status === 409) return 'replaced';
      if (answer.status >= 200 && answer.status < 300) return 'removed';
      throw client.fault(asked, answer);
    },
  };
}

/** How each Job is, by its uid. Without the right to read Jobs they are all unknown, and the right that is missing is told. */
async function jobsOf(
  owners: readonly OwnerRef[],
  { client, stateOf }: Pick<Behind, 'client' | 'stateOf'>,
  signal: AbortSignal,
): Promise<Jobs> {
  const { batch } = client.requests;
  const isMany = owners.length > ASK_EACH_MAX;
  // The API server takes any text for an owner's name: no Job has such a one.
  const one = async ({ namespace, name }: OwnerRef) =>
    isObjectName(name)
      ? client.get<RawJob>(
          { verb: 'get', resource: 'jobs.batch', namespace },
          batch.readNamespacedJob(name, namespaceName(namespace)),
          signal,
        )
      : undefined;
  const every = () =>
    client.list<RawJob>(
      { verb: 'list', resource: 'jobs.batch' },
      (from, limit) => batch.listJobForAllNamespaces(undefined, from, undefined, undefined, limit),
      signal,
    );
  try {
    const found = isMany ? await every() : await Promise.all(owners.map(one));
    const byUid = new Map(found.flatMap((job) => (job?.metadata?.uid ? [[job.metadata.uid, job] as const] : [])));
    return { states: new Map(owners.map(({ uid }) => [uid, stateOf(uid, byUid.get(uid))])), lacks: undefined };
  } catch (error) {
    if (codeOf(error) !== 'forbidden') throw error;
    return { states: new Map(), lacks: `${isMany ? 'list' : 'get'} jobs.batch` };
  }
}

async function openDoor(options: ClusterOptions, onUnauthorized: () => void): Promise<Behind> {
  const [config, login, acting, states] = await Promise.all([
    import('./kubeconfig.ts'),
    import('./login.ts'),
    import('./actingClient.ts'),
    import('./state/finished.ts'),
  ]);
  const way = await login.createLogin(await config.findTarget(options, options.env ?? process.env));
  return {
    client: acting.createActingClient(way, {
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      role: 'disk',
      onUnauthorized,
    }),
    finished: states.finishedPod,
    isJob: states.isJob,
    stateOf: states.jobState,
  };
}
