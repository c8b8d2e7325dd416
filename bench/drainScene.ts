import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
import { HttpMethod } from '@kubernetes/client-node/dist/gen/http/http.js';
import { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';
import { exchange } from '../src/cluster/exchange.ts';
import { findTarget } from '../src/cluster/kubeconfig.ts';
import { createLogin } from '../src/cluster/login.ts';

/** How large the cluster is made. */
export interface SceneSize {
  readonly nodes: number;
  /** In all, those of the node included. */
  readonly pods: number;
  readonly onNode: number;
}

/** A crowd of kwok nodes and pods that is gone afterwards. */
export interface Scene {
  /** The one with `onNode` pods of three controllers, two of them under budgets. */
  readonly node: string;
  readonly namespace: string;
  /** Gives the node its pods again, after a drain; `allowed` is what each budget then spares, else half. */
  refill(allowed?: number): Promise<void>;
}

/** Requests at once while the scene is set. */
const AT_ONCE = 16;
const TIMEOUT_MS = 60_000;
const SETTLED_WITHIN_MS = 300_000;

type Ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) => Promise<unknown>;

/** Asks the API of a kubeconfig. @throws Error with status and answer for other than 2xx */
async function asker(kubeconfig: string): Promise<Ask> {
  const login = await createLogin(await findTarget({ kubeconfig }, process.env));
  const { baseServer } = createConfiguration({ baseServer: new ServerConfiguration(login.server, {}) });
  return async (method, path, body) => {
    const request = baseServer.makeRequestContext(path, HttpMethod[method]);
    if (body) {
      request.setHeaderParam('content-type', method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
      request.setBody(JSON.stringify(body));
    }
    const answer = await exchange(login, request, TIMEOUT_MS, new AbortController().signal);
    const text = answer.body.toString();
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return JSON.parse(text);
  };
}

async function each<T>(items: readonly T[], task: (item: T) => Promise<unknown>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await task(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/**
 * Sets the scene on a cluster with kwok, uses it and takes it away. What it makes is named `bench-…`; its nodes are tainted, so nobody else's
 * pods come. @throws Error when it doesn't settle within five minutes (no kwok, perhaps)
 */
export async function withScene<T>(
  kubeconfig: string,
  { nodes, pods, onNode }: SceneSize,
  use: (scene: Scene) => Promise<T>,
): Promise<T> {
  const ask = await asker(kubeconfig);
  const id = `bench-${randomUUID().slice(0, 6)}`;
  const names = Array.from({ length: nodes }, (_, index) => `${id}-${index + 1}`);
  const [node = '', ...others] = names;
  const space = `/api/v1/namespaces/${id}`;
  const shapes = [
    { name: 'web', plural: 'deployments', replicas: onNode - Math.round(onNode * 0.3) - Math.round(onNode * 0.1) },
    { name: 'api', plural: 'deployments', replicas: Math.round(onNode * 0.3) },
    { name: 'db', plural: 'statefulsets', replicas: Math.round(onNode * 0.1) },
  ];
  const cordon = (unschedulable: boolean) => (name: string) =>
    ask('PATCH', `/api/v1/nodes/${name}`, { spec: { unschedulable } });

  const settled = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    for (const until = Date.now() + SETTLED_WITHIN_MS; !(await look()); await wait(1000))
      if (Date.now() > until) throw new Error(`${what}: not within ${SETTLED_WITHIN_MS / 1000} s. Is there kwok?`);
  };
  const fill = async (allowed: number | string = '50%'): Promise<void> => {
    await cordon(false)(node);
    await each(others, cordon(true));
    for (const shape of shapes)
      await ask('POST', `/apis/apps/v1/namespaces/${id}/${shape.plural}`, workload(id, shape));
    await ask(
      'POST',
      `/apis/policy/v1/namespaces/${id}/poddisruptionbudgets`,
      budget('web', { maxUnavailable: allowed }),
    );
    await ask(
      'POST',
      `/apis/policy/v1/namespaces/${id}/poddisruptionbudgets`,
      budget('api', { maxUnavailable: allowed }),
    );
    await settled('the node has its pods', async () => {
      const found = await Promise.all(
        shapes.map(({ name, plural }) => ask('GET', `/apis/apps/v1/namespaces/${id}/${plural}/${name}`)),
      );
      return found.every((one, at) => readyOf(one) === shapes[at]?.replicas);
    });
    await each(others, cordon(false));
  };
  const empty = async (): Promise<void> => {
    for (const { name, plural } of shapes)
      await ask('DELETE', `/apis/apps/v1/namespaces/${id}/${plural}/${name}`, { propagationPolicy: 'Background' });
    for (const name of ['web', 'api'])
      await ask('DELETE', `/apis/policy/v1/namespaces/${id}/poddisruptionbudgets/${name}`);
    await settled(
      'its pods are gone',
      async () => countOf(await ask('GET', `${space}/pods?labelSelector=app&limit=1`)) === 0,
    );
  };

  try {
    await ask('POST', '/api/v1/namespaces', { metadata: { name: id } });
    await each(names, async (name) => ask('POST', '/api/v1/nodes', kwokNode(name)));
    await settled('the account is there', async () => countOf(await ask('GET', `${space}/serviceaccounts`)) > 0);
    const fillers = Array.from({ length: pods - onNode }, (_, index) => index);
    await each(fillers, (index) => ask('POST', `${space}/pods`, filler(index, others[index % others.length] ?? '')));
    await settled(
      'all pods run',
      async () => countOf(await ask('GET', `${space}/pods?fieldSelector=status.phase!=Running&limit=1`)) === 0,
    );
    await fill();
    return await use({
      node,
      namespace: id,
      refill: async (allowed) => {
        await empty();
        await fill(allowed);
      },
    });
  } finally {
    await empty().catch(() => undefined);
    await ask('DELETE', `${space}/pods?gracePeriodSeconds=0`).catch(() => undefined);
    await ask('DELETE', `/api/v1/namespaces/${id}`).catch(() => undefined);
    await each(names, (name) => ask('DELETE', `/api/v1/nodes/${name}`).catch(() => undefined));
  }
}

const countOf = (list: unknown): number => (list as { items: unknown[] }).items.length;
const readyOf = (one: unknown): number | undefined =>
  (one as { status: { readyReplicas?: number } }).status.readyReplicas;

const TAINT = { key: 'daytwo-bench', value: 'yes', effect: 'NoSchedule' };

function kwokNode(name: string): object {
  const room = { cpu: '32', memory: '128Gi', pods: '250' };
  return {
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', bench: 'yes' },
    },
    spec: { taints: [TAINT] },
    status: { allocatable: room, capacity: room },
  };
}

/** A pod's spec as large as an ordinary one's. */
function podSpec(): object {
  return {
    terminationGracePeriodSeconds: 1,
    nodeSelector: { bench: 'yes' },
    tolerations: [{ key: TAINT.key, operator: 'Exists' }],
    containers: [
      {
        name: 'main',
        image: 'registry.example.org/team/service:v1.2.3',
        args: ['serve', '--listen=0.0.0.0:8080', '--log-format=json'],
        env: Array.from({ length: 12 }, (_, at) => ({
          name: `SETTING_${at}`,
          value: `a value of usual length, ${at}`,
        })),
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
        livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
        resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '128Mi' } },
      },
    ],
  };
}

function filler(index: number, node: string): object {
  const labels = { team: `team-${index % 20}`, 'app.kubernetes.io/name': `service-${index % 300}` };
  return { metadata: { name: `filler-${index}`, labels }, spec: { ...podSpec(), nodeName: node } };
}

function workload(
  namespace: string,
  { name, plural, replicas }: { name: string; plural: string; replicas: number },
): object {
  return {
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec() },
      ...(plural === 'statefulsets' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {}),
    },
  };
}

function budget(app: string, rule: object): object {
  return { metadata: { name: app }, spec: { ...rule, selector: { matchLabels: { app } } } };
}
