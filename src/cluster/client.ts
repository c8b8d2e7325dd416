import {
  AppsV1ApiRequestFactory,
  AppsV1ApiResponseProcessor,
} from '@kubernetes/client-node/dist/gen/apis/AppsV1Api.js';
import {
  CoreV1ApiRequestFactory,
  CoreV1ApiResponseProcessor,
} from '@kubernetes/client-node/dist/gen/apis/CoreV1Api.js';
import {
  CustomObjectsApiRequestFactory,
  CustomObjectsApiResponseProcessor,
} from '@kubernetes/client-node/dist/gen/apis/CustomObjectsApi.js';
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import {
  VersionApiRequestFactory,
  VersionApiResponseProcessor,
} from '@kubernetes/client-node/dist/gen/apis/VersionApi.js';
import { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
import {
  type HttpInfo,
  type RequestContext,
  ResponseContext,
  SelfDecodingBody,
} from '@kubernetes/client-node/dist/gen/http/http.js';
import type { CoreV1Event } from '@kubernetes/client-node/dist/gen/models/CoreV1Event.js';
import type { V1ControllerRevision } from '@kubernetes/client-node/dist/gen/models/V1ControllerRevision.js';
import type { V1Deployment } from '@kubernetes/client-node/dist/gen/models/V1Deployment.js';
import type { V1Node } from '@kubernetes/client-node/dist/gen/models/V1Node.js';
import type { V1Pod } from '@kubernetes/client-node/dist/gen/models/V1Pod.js';
import type { V1ReplicaSet } from '@kubernetes/client-node/dist/gen/models/V1ReplicaSet.js';
import { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';
import { Expired, exchange } from './exchange.ts';
import { type Asked, statusFault, unreadable } from './faults.ts';
import type { Login } from './login.ts';
import { PAGE_ITEMS, type Page, readPages } from './paging.ts';

// The library's index costs 90 MB and its KubeConfig alone 85; the generated request factories and response readers used here 50
// (Node 24, resident). They build and read every request; the connection between them is ours.

/** What narrows a list. Already validated. */
export interface Filter {
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** The few requests that are made, in the library's types, whole lists at a time. All throw DaytwoError as the port says. */
export interface ApiClient {
  version(signal: AbortSignal): Promise<string>;
  nodes(signal: AbortSignal): Promise<V1Node[]>;
  /** Only what `keep` makes of each pod outlives the pod's page: whole pods of a large cluster are 50 MB. */
  pods<T>(filter: Filter, keep: (pod: V1Pod) => T, signal: AbortSignal): Promise<T[]>;
  events(filter: Filter, signal: AbortSignal): Promise<CoreV1Event[]>;
  deployments(filter: Filter, signal: AbortSignal): Promise<V1Deployment[]>;
  replicaSets(filter: Filter, signal: AbortSignal): Promise<V1ReplicaSet[]>;
  controllerRevisions(filter: Filter, signal: AbortSignal): Promise<V1ControllerRevision[]>;
  /** `nodes` or `pods` of metrics.k8s.io; untyped. */
  metrics(resource: 'nodes' | 'pods', namespace: string | undefined, signal: AbortSignal): Promise<unknown>;
}

const METRICS = ['metrics.k8s.io', 'v1beta1'] as const;

/** What the library's readers make of an answer, as far as it is wanted. */
type Read<T> = Pick<HttpInfo<T>, 'data'>;

/** A client on one login; every call ends within `timeoutMs`. `onUnauthorized` hears of each 401. */
export function createApiClient(login: Login, timeoutMs: number, onUnauthorized: () => void): ApiClient {
  const configuration = createConfiguration({ baseServer: new ServerConfiguration(login.server, {}) });
  const core = new CoreV1ApiRequestFactory(configuration);
  const apps = new AppsV1ApiRequestFactory(configuration);
  const custom = new CustomObjectsApiRequestFactory(configuration);
  const readCore = new CoreV1ApiResponseProcessor();
  const readApps = new AppsV1ApiResponseProcessor();
  const readCustom = new CustomObjectsApiResponseProcessor();

  const call = async <T>(
    asked: Asked,
    request: Promise<RequestContext>,
    read: (response: ResponseContext) => Promise<Read<T>>,
    signal: AbortSignal,
  ): Promise<T> => {
    const answer = await exchange(login, await request, timeoutMs, signal);
    try {
      const response = new ResponseContext(
        answer.status,
        answer.headers,
        new SelfDecodingBody(Promise.resolve(answer.body)),
      );
      return (await read(response)).data;
    } catch (error) {
      if (!(error instanceof ApiException)) throw unreadable(login.cluster, asked, error);
      if (error.code === 401) onUnauthorized();
      if (error.code === 410) throw new Expired(login.cluster);
      throw statusFault(login.cluster, { ...asked, roles: ['read'] }, error.code, answer.body.toString());
    }
  };

  const list = <T>(
    resource: string,
    { namespace, fieldSelector }: Filter,
    request: (place: {
      namespace: string | undefined;
      from: string | undefined;
      fields: string | undefined;
    }) => Promise<RequestContext>,
    read: (response: ResponseContext) => Promise<Read<Page<T>>>,
    signal: AbortSignal,
  ): Promise<T[]> => {
    const asked: Asked = { verb: 'list', resource, namespace };
    const page = async (from: string | undefined) => {
      const found = await call(asked, request({ namespace, from, fields: fieldSelector }), read, signal);
      if (!Array.isArray(found?.items)) throw unreadable(login.cluster, asked, undefined);
      return found;
    };
    return readPages(resource, page, (error) => error instanceof Expired);
  };

  // Positions: the namespaced lists take (namespace, pretty, bookmarks, continue, fields, labels, limit), those of all namespaces
  // (bookmarks, continue, fields, labels, limit). Both answer with the same kind of list, so one reader serves both.
  return {
    version: async (signal) => {
      const read = new VersionApiResponseProcessor();
      const request = new VersionApiRequestFactory(configuration).getCode();
      const asked: Asked = { verb: 'get', resource: 'the version' };
      const found = await call(asked, request, (response) => read.getCodeWithHttpInfo(response), signal);
      if (!found?.gitVersion) throw unreadable(login.cluster, asked, undefined);
      return found.gitVersion;
    },
    nodes: (signal) =>
      list(
        'nodes',
        {},
        ({ from }) => core.listNode(undefined, undefined, from, undefined, undefined, PAGE_ITEMS),
        (response) => readCore.listNodeWithHttpInfo(response),
        signal,
      ),
    pods: (filter, keep, signal) =>
      list(
        'pods',
        filter,
        ({ namespace, from, fields }) =>
          namespace === undefined
            ? core.listPodForAllNamespaces(undefined, from, fields, undefined, PAGE_ITEMS)
            : core.listNamespacedPod(namespace, undefined, undefined, from, fields, undefined, PAGE_ITEMS),
        async (response) => {
          const { items, metadata } = (await readCore.listNamespacedPodWithHttpInfo(response)).data;
          return { data: { items: items?.map(keep), metadata } };
        },
        signal,
      ),
    events: (filter, signal) =>
      list(
        'events',
        filter,
        ({ namespace, from, fields }) =>
          namespace === undefined
            ? core.listEventForAllNamespaces(undefined, from, fields, undefined, PAGE_ITEMS)
            : core.listNamespacedEvent(namespace, undefined, undefined, from, fields, undefined, PAGE_ITEMS),
        (response) => readCore.listNamespacedEventWithHttpInfo(response),
        signal,
      ),
    deployments: (filter, signal) =>
      list(
        'deployments',
        filter,
        ({ namespace, from, fields }) =>
          namespace === undefined
            ? apps.listDeploymentForAllNamespaces(undefined, from, fields, undefined, PAGE_ITEMS)
            : apps.listNamespacedDeployment(namespace, undefined, undefined, from, fields, undefined, PAGE_ITEMS),
        (response) => readApps.listNamespacedDeploymentWithHttpInfo(response),
        signal,
      ),
    replicaSets: (filter, signal) =>
      list(
        'replicasets',
        filter,
        ({ namespace, from, fields }) =>
          namespace === undefined
            ? apps.listReplicaSetForAllNamespaces(undefined, from, fields, undefined, PAGE_ITEMS)
            : apps.listNamespacedReplicaSet(namespace, undefined, undefined, from, fields, undefined, PAGE_ITEMS),
        (response) => readApps.listNamespacedReplicaSetWithHttpInfo(response),
        signal,
      ),
    controllerRevisions: (filter, signal) =>
      list(
        'controllerrevisions',
        filter,
        ({ namespace, from, fields }) =>
          namespace === undefined
            ? apps.listControllerRevisionForAllNamespaces(undefined, from, fields, undefined, PAGE_ITEMS)
            : apps.listNamespacedControllerRevision(
                namespace,
                undefined,
                undefined,
                from,
                fields,
                undefined,
                PAGE_ITEMS,
              ),
        (response) => readApps.listNamespacedControllerRevisionWithHttpInfo(response),
        signal,
      ),
    // metrics-server gives whole lists only.
    metrics: (resource, namespace, signal) => {
      const asked: Asked = {
        verb: 'list',
        resource: `${resource}.metrics.k8s.io`,
        namespace,
        aggregated: 'metrics-server',
      };
      return namespace === undefined
        ? call(
            asked,
            custom.listClusterCustomObject(...METRICS, resource),
            (response) => readCustom.listClusterCustomObjectWithHttpInfo(response),
            signal,
          )
        : call(
            asked,
            custom.listNamespacedCustomObject(METRICS[0], METRICS[1], namespace, resource),
            (response) => readCustom.listNamespacedCustomObjectWithHttpInfo(response),
            signal,
          );
    },
  };
}
