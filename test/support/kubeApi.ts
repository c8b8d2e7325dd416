import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { KubeWorld } from './kubeWorld.ts';

/** An object of the Kubernetes API as JSON has it. */
export type KubeObject = Readonly<Record<string, unknown>>;

/** A set answer. An object body is JSON, a string plain text. */
export interface KubeAnswer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Before anything is answered. */
  readonly delayMs?: number;
  /** Cuts the connection before the answer, or within its body. */
  readonly cut?: 'before' | 'within';
  /** Never answers. */
  readonly hang?: boolean;
}

/** A request that came; `cutByClient` turns true when its socket ended before the answer did. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Of a POST, PATCH or DELETE, as JSON. */
  readonly body?: unknown;
  cutByClient: boolean;
}

/** An API server's read side over real HTTP: lists with paging and field selectors, and any answer that a test wants. */
export interface KubeApi {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Connections accepted so far. */
  connections(): number;
  /** Serves a list at `/api/v1/pods`; its namespaced paths are served from the same items. */
  list(path: string, kind: string, items: readonly KubeObject[]): void;
  /** Answers a path always so; a function is asked for each request. Undefined: as if nothing were set. */
  answer(path: string, answer: KubeAnswer | ((seen: SeenRequest) => KubeAnswer | undefined)): void;
  /** Serves a whole small cluster, writes included, wherever nothing else is set. */
  serve(world: KubeWorld): void;
  /** Forgets all that was set and seen. */
  reset(): void;
  /** Writes a kubeconfig for this server and returns its path; entries of `user` and `cluster` are added as they are. */
  kubeconfig(more?: { readonly user?: object; readonly cluster?: object; readonly context?: string }): Promise<string>;
  stop(): Promise<void>;
}

const NAMESPACED = /^(.*)\/namespaces\/([^/]+)\/([^/]+)$/;

/** A Status object, as the API server answers failures. */
export function kubeStatus(code: number, reason: string, message: string): KubeAnswer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message } };
}

/** Starts the server on loopback; with `tls` it speaks HTTPS. */
export async function startKubeApi(tls?: ServerOptions): Promise<KubeApi> {
  const lists = new Map<string, { kind: string; items: readonly KubeObject[] }>();
  const answers = new Map<string, KubeAnswer | ((seen: SeenRequest) => KubeAnswer | undefined)>();
  const requests: SeenRequest[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'daytwo-kube-'));
  let connections = 0;
  let world: KubeWorld | undefined;
  const sockets = new Set<Socket>();

  const listener: RequestListener = async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://kube');
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      ...(request.method === 'POST' || request.method === 'PATCH' || request.method === 'DELETE'
        ? { body: await json(request).catch(() => undefined) }
        : {}),
      cutByClient: false,
    };
    requests.push(seen);
    response.on('close', () => {
      seen.cutByClient = !response.writableFinished;
    });
    const set = answers.get(seen.path);
    const answer = typeof set === 'function' ? set(seen) : set;
    const { method, path, query, body } = seen;
    const type = request.headers['content-type'];
    await give(answer ?? world?.handle({ method, path, query, type, body }) ?? listAnswer(lists, seen), response);
  };
  const server = tls ? createHttps(tls, listener) : createHttp(listener);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let files = 0;
  return {
    url,
    requests,
    connections: () => connections,
    list: (path, kind, items) => lists.set(path, { kind, items }),
    answer: (path, answer) => answers.set(path, answer),
    serve: (served) => {
      world = served;
    },
    reset: () => {
      world = undefined;
      lists.clear();
      answers.clear();
      requests.length = 0;
    },
    kubeconfig: async ({ user = {}, cluster = {}, context = 'test' } = {}) => {
      files += 1;
      const path = join(folder, `kubeconfig-${files}`);
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': context,
        clusters: [{ name: 'test', cluster: { server: url, ...cluster } }],
        users: [{ name: 'test', user }],
        contexts: [{ name: context, context: { cluster: 'test', user: 'test' } }],
      };
      await writeFile(path, JSON.stringify(config));
      return path;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Serves the recorded cluster: one real node (node-0), one without metrics, its pods, events and figures. */
export async function serveRecorded(api: KubeApi): Promise<void> {
  const read = async (name: string): Promise<KubeObject> =>
    JSON.parse(await readFile(new URL(`../captures/cluster/${name}`, import.meta.url), 'utf8')) as KubeObject;
  const items = (list: KubeObject): KubeObject[] => list['items'] as KubeObject[];
  api.answer('/version', { body: await read('version.json') });
  api.list('/api/v1/nodes', 'NodeList', [await read('node-real.json'), await read('node-kwok.json')]);
  api.list('/api/v1/pods', 'PodList', items(await read('pod-crashloop.json')));
  api.list('/api/v1/events', 'EventList', items(await read('events-warning.json')));
  api.list('/apis/metrics.k8s.io/v1beta1/nodes', 'NodeMetricsList', items(await read('metrics-nodes.json')));
  api.list('/apis/metrics.k8s.io/v1beta1/pods', 'PodMetricsList', items(await read('metrics-pods.json')));
  for (const [plural, kind] of [
    ['deployments', 'Deployment'],
    ['replicasets', 'ReplicaSet'],
    ['controllerrevisions', 'ControllerRevision'],
  ] as const)
    api.list(`/apis/apps/v1/${plural}`, `${kind}List`, []);
}

function listAnswer(
  lists: ReadonlyMap<string, { kind: string; items: readonly KubeObject[] }>,
  { path, query }: SeenRequest,
): KubeAnswer {
  const [, base, namespace, plural] = NAMESPACED.exec(path) ?? [];
  const found = lists.get(base === undefined ? path : `${base}/${plural}`);
  // So the real server answers a path of an API that isn't there.
  if (!found) return { status: 404, body: '404 page not found\n' };
  const items = found.items
    .filter((item) => namespace === undefined || field(item, 'metadata.namespace') === namespace)
    .filter((item) => matches(item, query['fieldSelector'] ?? ''));
  const limit = Number(query['limit'] ?? items.length);
  const start = Number(Buffer.from(query['continue'] ?? '', 'base64').toString() || 0);
  const end = start + limit;
  const metadata = {
    resourceVersion: '1',
    ...(end < items.length
      ? { continue: Buffer.from(String(end)).toString('base64'), remainingItemCount: items.length - end }
      : {}),
  };
  return { body: { kind: found.kind, apiVersion: 'v1', metadata, items: items.slice(start, end) } };
}

function matches(item: KubeObject, selector: string): boolean {
  return selector.split(',').every((part) => {
    const [path = '', wanted] = part.split('=');
    return path === '' || field(item, path) === wanted;
  });
}

function field(item: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), item);
}

async function give(answer: KubeAnswer, response: ServerResponse): Promise<void> {
  if (answer.hang) return;
  if (answer.delayMs !== undefined) await wait(answer.delayMs);
  if (answer.cut === 'before') {
    response.destroy();
    return;
  }
  const isText = typeof answer.body === 'string';
  const text = isText ? String(answer.body) : JSON.stringify(answer.body ?? {});
  response.writeHead(answer.status ?? 200, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(text),
    ...answer.headers,
  });
  if (answer.cut === 'within') {
    response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
    return;
  }
  response.end(text);
}
