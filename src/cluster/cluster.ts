import { type Clock, systemClock } from '../lib/clock.ts';
import { DaytwoError } from '../lib/errors.ts';
import type { ApiClient } from './client.ts';
import { createDoor } from './door.ts';
import type { ClusterSettings } from './kubeconfig.ts';
import { kindAndName, namespaceName, objectName, UNNAMED } from './names.ts';
import type { Cluster } from './port.ts';

/** Where the cluster is, and what tests replace. */
export interface ClusterOptions extends ClusterSettings {
  /** Per request, ms. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A probe's deadline is 15 s; a single request ends before. */
const TIMEOUT_MS = 10_000;

/** What the door opens onto: the client library and all that needs it. Loaded at the first question. */
interface Behind {
  readonly name: string;
  readonly api: ApiClient;
  readonly views: typeof import('./view/index.ts');
  readonly metrics: typeof import('./metrics.ts');
}

/**
 * A Kubernetes cluster. Costs nothing until the first question: then the kubeconfig is read and the client library loaded. What
 * goes wrong there is told by that question, and tried again by the next; a 401 makes the credentials be read anew.
 */
export function createCluster(options: ClusterOptions = {}): Cluster {
  const clock = options.clock ?? systemClock;
  const door = createDoor((shut) => openDoor(options, shut));
  const open = door.open;
  const nameNow = (): string => door.opened?.name ?? options.context ?? UNNAMED;
  const filter = (namespace: string | undefined, fields: Readonly<Record<string, string>> = {}) => ({
    namespace: namespace === undefined ? undefined : namespaceName(namespace),
    fieldSelector: selector(fields),
  });
  return {
    get name() {
      return nameNow();
    },
    version: async (signal) => (await open()).api.version(signal),
    nodes: async (signal) => {
      const { api, views } = await open();
      return (await api.nodes(signal)).map(views.nodeView);
    },
    nodeUse: async (signal) => {
      const { api, views, metrics } = await open();
      const [found, nodes] = await Promise.all([api.metrics('nodes', undefined, signal), api.nodes(signal)]);
      return metrics.nodeUses(found, nodes.map(views.allocatable));
    },
    podUse: async (namespace, signal) => {
      const wanted = filter(namespace);
      const { api, metrics } = await open();
      return metrics.podUses(await api.metrics('pods', wanted.namespace, signal));
    },
    pods: async ({ namespace, node }, signal) => {
      const wanted = filter(namespace, node === undefined ? {} : { 'spec.nodeName': objectName(node) });
      const { api, views } = await open();
      const now = clock.now();
      return api.pods(wanted, (pod) => views.podView(pod, now), signal);
    },
    events: async ({ namespace, about, sinceMs }, signal) => {
      const object = about === undefined ? undefined : kindAndName(about);
      const fields = object ? { 'involvedObject.kind': object.kind, 'involvedObject.name': object.name } : {};
      const wanted = filter(namespace, fields);
      const { api, views } = await open();
      return views.eventViews(await api.events(wanted, signal), sinceMs);
    },
    rollouts: async ({ namespace, sinceMs }, signal) => {
      const wanted = filter(namespace);
      const { api, views } = await open();
      const [deployments, replicaSets, controllerRevisions] = await Promise.all([
        api.deployments(wanted, signal),
        api.replicaSets(wanted, signal),
        api.controllerRevisions(wanted, signal),
      ]);
      return views.rolloutViews({ deployments, replicaSets, controllerRevisions }, sinceMs);
    },
  };
}

/** Stands for a cluster that is not set up: every question throws `not-configured`. */
export function clusterNotConfigured(): Cluster {
  const absent = async (): Promise<never> => {
    throw new DaytwoError(
      'not-configured',
      'No cluster is set up. Set cluster.kubeconfig to see nodes, pods and events.',
    );
  };
  return {
    name: UNNAMED,
    version: absent,
    nodes: absent,
    nodeUse: absent,
    podUse: absent,
    pods: absent,
    events: absent,
    rollouts: absent,
  };
}

async function openDoor(options: ClusterOptions, onUnauthorized: () => void): Promise<Behind> {
  const [{ findTarget }, { createLogin }, { createApiClient }, views, metrics] = await Promise.all([
    import('./kubeconfig.ts'),
    import('./login.ts'),
    import('./client.ts'),
    import('./view/index.ts'),
    import('./metrics.ts'),
  ]);
  const target = await findTarget(options, options.env ?? process.env);
  const api = createApiClient(await createLogin(target), options.timeoutMs ?? TIMEOUT_MS, onUnauthorized);
  return { name: target.name, api, views, metrics };
}

/** Values are validated names: they hold nothing that a selector would read otherwise. */
function selector(fields: Readonly<Record<string, string>>): string | undefined {
  const parts = Object.entries(fields).map(([field, value]) => `${field}=${value}`);
  return parts.length === 0 ? undefined : parts.join(',');
}
