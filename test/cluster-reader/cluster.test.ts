import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clusterNotConfigured, createCluster } from '../../src/cluster/cluster.ts';
import type { Cluster } from '../../src/cluster/port.ts';
import { topNodes } from '../../src/cluster/top.ts';
import { type KubeAnswer, type KubeApi, kubeStatus, serveRecorded, startKubeApi } from '../support/kubeApi.ts';
import { freePort } from '../support/real/ports.ts';
import { eventually } from '../support/real/process.ts';
import { recordedItems } from './objects.ts';

const never = new AbortController().signal;
let api: KubeApi;
let cluster: Cluster;

beforeAll(async () => {
  api = await startKubeApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  api.reset();
  await serveRecorded(api);
  cluster = createCluster({ kubeconfig: await api.kubeconfig(), timeoutMs: 5000 });
});

describe('a recorded cluster over the wire', () => {
  it('tells its version, and its name after the first question', async () => {
    expect(cluster.name).toBe('this cluster');
    expect(await cluster.version(never)).toBe('v1.36.3');
    expect(cluster.name).toBe('test');
    expect(createCluster({ context: 'home' }).name).toBe('home');
  });

  it('tells nodes and what they use, as kubectl does', async () => {
    expect((await cluster.nodes(never)).map(({ name, ready }) => [name, ready])).toEqual([
      ['node-0', 'True'],
      ['worker-1', 'True'],
    ]);
    expect(topNodes(await cluster.nodeUse(never)).rows).toEqual([
      ['node-0', '552m', '27%', '3497Mi', '14%'],
      ['worker-1', '<unknown>', '<unknown>', '<unknown>', '<unknown>'],
    ]);
    expect(await cluster.podUse('default', never)).toHaveLength(3);
    expect(await cluster.podUse('kube-system', never)).toEqual([]);
  });

  it('tells pods of a namespace and of a node', async () => {
    api.list('/api/v1/pods', 'PodList', recordedItems('kubectl-real-get-pods.json'));
    const names = async (where: Parameters<Cluster['pods']>[0]) =>
      (await cluster.pods(where, never)).map(({ name, status }) => `${name} ${status}`);
    expect(await names({})).toContain('crash CrashLoopBackOff');
    expect(await names({ namespace: 'shop', node: 'localhost' })).toHaveLength(5);
    expect(await names({ namespace: 'shop', node: 'other' })).toEqual([]);
    expect(await names({ namespace: 'default' })).toEqual([]);
    expect(api.requests.at(-2)).toMatchObject({
      path: '/api/v1/namespaces/shop/pods',
      query: { limit: '500', fieldSelector: 'spec.nodeName=other' },
    });
  });

  it('tells events about one object since a time', async () => {
    const all = await cluster.events({ sinceMs: 0 }, never);
    const about = await cluster.events({ namespace: 'default', about: 'Pod/bb', sinceMs: 0 }, never);
    expect(about.length).toBeGreaterThan(0);
    expect(about.length).toBeLessThan(all.length);
    expect(new Set(about.map((event) => `${event.namespace} ${event.about}`))).toEqual(new Set(['default Pod/bb']));
    const newest = all[0]?.at ?? 0;
    expect((await cluster.events({ sinceMs: newest }, never)).every(({ at }) => at >= newest)).toBe(true);
  });

  it('tells rollouts', async () => {
    const replicaSet = {
      metadata: {
        namespace: 'shop',
        creationTimestamp: '2026-11-20T03:00:00Z',
        annotations: { 'deployment.kubernetes.io/revision': '2' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'api', uid: 'u' }],
      },
      spec: { template: { spec: { containers: [{ name: 'c', image: 'api:2' }] } } },
    };
    api.list('/apis/apps/v1/replicasets', 'ReplicaSetList', [replicaSet]);
    const found = [
      {
        namespace: 'shop',
        workload: 'Deployment/api',
        revision: '2',
        images: ['api:2'],
        at: Date.parse('2026-11-20T03:00:00Z'),
      },
    ];
    expect(await cluster.rollouts({ namespace: 'shop', sinceMs: 0 }, never)).toEqual(found);
    expect(await cluster.rollouts({ sinceMs: 0 }, never)).toEqual(found);
    expect(await cluster.rollouts({ namespace: 'web', sinceMs: 0 }, never)).toEqual([]);
  });

  it('keeps few connections over many questions', async () => {
    const before = api.connections();
    for (let round = 0; round < 10; round += 1) await cluster.nodeUse(never);
    expect(api.connections() - before).toBeLessThanOrEqual(2);
  });

  it('asks once more when a kept connection turns out to be closed, and only then', async () => {
    await cluster.nodes(never);
    api.answer('/api/v1/nodes', () => (api.requests.length === 2 ? { cut: 'before' } : undefined));
    expect(await cluster.nodes(never)).toHaveLength(2);
    expect(api.requests).toHaveLength(3);
    api.answer('/api/v1/nodes', { cut: 'before' });
    await expect(cluster.nodes(never)).rejects.toMatchObject({ code: 'unreachable' });
    expect(api.requests).toHaveLength(5);
  });
});

describe('long lists', () => {
  const pods = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      metadata: { name: `p${index}`, namespace: 'n' },
      status: { phase: 'Running' },
    }));

  it('are read in pages of 500', async () => {
    api.list('/api/v1/pods', 'PodList', pods(1234));
    const found = await cluster.pods({}, never);
    expect(found.map(({ name }) => name)).toEqual(pods(1234).map(({ metadata }) => metadata.name));
    expect(api.requests.map(({ query }) => query['limit'])).toEqual(['500', '500', '500']);
  });

  it('are read anew, once, when the server has forgotten them', async () => {
    api.list('/api/v1/pods', 'PodList', pods(700));
    let forgotten = 0;
    const gone = kubeStatus(410, 'Expired', 'The provided continue parameter is too old');
    api.answer('/api/v1/pods', ({ query }) => {
      if (query['continue'] === undefined || forgotten > 0) return undefined;
      forgotten += 1;
      return gone;
    });
    expect(await cluster.pods({}, never)).toHaveLength(700);
    api.answer('/api/v1/pods', ({ query }) => (query['continue'] === undefined ? undefined : gone));
    await expect(cluster.pods({}, never)).rejects.toMatchObject({ code: 'failed', retryable: true });
  });

  it.each([
    ['too many items', 600],
    ['pages without end', 0],
  ])('end at a bound: %s', async (_, size) => {
    const page = { kind: 'PodList', apiVersion: 'v1', metadata: { continue: 'again' }, items: pods(size) };
    api.answer('/api/v1/pods', { body: page });
    await expect(cluster.pods({}, never)).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringMatching(/more than 20000 pods/),
    });
    expect(api.requests.length).toBeLessThanOrEqual(200);
  });
});

describe('what goes wrong at the API server', () => {
  const forbidden = 'nodes is forbidden: User "bot" cannot list resource "nodes" in API group "" at the cluster scope';

  it.each<[string, KubeAnswer, string, RegExp]>([
    [
      'no right',
      kubeStatus(403, 'Forbidden', forbidden),
      'forbidden',
      /^Cluster test does not let us list nodes\. It says: nodes is forbidden: User "bot" cannot list/,
    ],
    ['an unknown caller', kubeStatus(401, 'Unauthorized', 'Unauthorized'), 'forbidden', /does not know us \(401\)/],
    ['too many questions', kubeStatus(429, 'TooManyRequests', 'slow down'), 'overloaded', /slow down/],
    [
      'a failure of its own',
      kubeStatus(500, 'InternalError', 'etcdserver: request timed out'),
      'failed',
      /HTTP 500.*etcdserver/,
    ],
    ['a proxy in front', { status: 502, body: '<html>Bad Gateway</html>' }, 'failed', /HTTP 502.*Bad Gateway/],
    ['a refusal', kubeStatus(400, 'BadRequest', 'unable to parse'), 'invalid', /unable to parse/],
    ['an unknown path', { status: 404, body: '404 page not found\n' }, 'not-found', /list nodes: not found/],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'bad-answer', /redirects \(302\)/],
    [
      'a login page',
      { body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } },
      'bad-answer',
      /no Kubernetes object/,
    ],
    [
      'broken JSON',
      { body: '{"items": [', headers: { 'content-type': 'application/json' } },
      'bad-answer',
      /no Kubernetes object/,
    ],
    ['another object', { body: { kind: 'Status' } }, 'bad-answer', /no Kubernetes object/],
    ['null', { body: null }, 'bad-answer', /no Kubernetes object/],
    ['a cut before the answer', { cut: 'before' }, 'unreachable', /the connection was cut/],
    ['a cut within the answer', { cut: 'within', body: { kind: 'NodeList', items: [] } }, 'bad-answer', /cut half way/],
    ['control characters in what it says', kubeStatus(500, 'x', 'a\u001b[31mb\u202ec'), 'failed', /ab\ufffdc/],
  ])('is told: %s', async (_, answer, code, message) => {
    api.answer('/api/v1/nodes', answer);
    await expect(cluster.nodes(never)).rejects.toMatchObject({
      name: 'DaytwoError',
      code,
      message: expect.stringMatching(message),
    });
  });

  it('names the namespace in which a right is missing', async () => {
    api.answer('/api/v1/namespaces/web/pods', kubeStatus(403, 'Forbidden', 'no'));
    await expect(cluster.pods({ namespace: 'web' }, never)).rejects.toMatchObject({
      code: 'forbidden',
      message: 'Cluster test does not let us list pods in namespace web. It says: no',
    });
  });

  it.each<[string, KubeAnswer, RegExp]>([
    [
      'was never installed',
      { status: 404, body: '404 page not found\n' },
      /^metrics-server isn't there: .*Install metrics-server/,
    ],
    [
      'is installed and down',
      { status: 503, body: 'service unavailable\n' },
      /^metrics-server isn't there: .*nothing answers behind it/,
    ],
  ])('says that metrics-server %s', async (_, answer, message) => {
    api.answer('/apis/metrics.k8s.io/v1beta1/nodes', answer);
    api.answer('/apis/metrics.k8s.io/v1beta1/namespaces/web/pods', answer);
    await expect(cluster.nodeUse(never)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(message),
    });
    await expect(cluster.podUse('web', never)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(message),
    });
  });

  it('refuses names that are none before anything is asked', async () => {
    const questions = [
      cluster.pods({ namespace: '../../secrets' }, never),
      cluster.pods({ node: 'a,metadata.name=b' }, never),
      cluster.podUse('A', never),
      cluster.events({ about: 'Pod/a/b', sinceMs: 0 }, never),
      cluster.events({ about: 'pod', sinceMs: 0 }, never),
      cluster.rollouts({ namespace: '', sinceMs: 0 }, never),
    ];
    for (const question of questions) await expect(question).rejects.toMatchObject({ code: 'invalid' });
    expect(api.requests).toEqual([]);
  });
});

describe('time and abort', () => {
  it('ends a question that takes too long, and its socket', async () => {
    api.answer('/api/v1/nodes', { hang: true });
    const hasty = createCluster({ kubeconfig: await api.kubeconfig(), timeoutMs: 200 });
    await expect(hasty.nodes(never)).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
      message: expect.stringMatching(/^Cluster test \(http:.*\) gave no answer within 0\.2 s\.$/),
    });
    await eventually('the socket to end', () => api.requests[0]?.cutByClient || undefined);
  });

  it('ends an aborted question at once, and its socket', async () => {
    api.answer('/api/v1/nodes', { hang: true });
    const control = new AbortController();
    const outcome = expect(cluster.nodes(control.signal)).rejects.toMatchObject({
      code: 'cancelled',
      retryable: false,
    });
    await eventually('the request', () => api.requests[0]);
    const abortedAt = Date.now();
    control.abort();
    await outcome;
    expect(Date.now() - abortedAt).toBeLessThan(500);
    await eventually('the socket to end', () => api.requests[0]?.cutByClient || undefined);
  });

  it('asks nothing when it is aborted already', async () => {
    await expect(cluster.nodes(AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    expect(api.requests).toEqual([]);
  });

  it('ends between pages', async () => {
    const control = new AbortController();
    const page = { kind: 'PodList', apiVersion: 'v1', metadata: { continue: 'again' }, items: [] };
    api.answer('/api/v1/pods', () => {
      if (api.requests.length === 3) control.abort();
      return { body: page };
    });
    await expect(cluster.pods({}, control.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(api.requests).toHaveLength(3);
  });
});

describe('a cluster that is away', () => {
  it('is named with its address', async () => {
    const port = await freePort();
    const kubeconfig = await api.kubeconfig({ cluster: { server: `http://127.0.0.1:${port}` }, context: 'home' });
    await expect(createCluster({ kubeconfig }).nodes(never)).rejects.toMatchObject({
      code: 'unreachable',
      retryable: true,
      message: `Cluster home (http://127.0.0.1:${port}) can't be reached: connection refused.`,
    });
  });

  it('is told from a name that is unknown', async () => {
    const kubeconfig = await api.kubeconfig({ cluster: { server: 'https://kube.invalid:6443' } });
    await expect(createCluster({ kubeconfig }).nodes(never)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/host name/),
    });
  });

  it('that is not set up names the key to set', async () => {
    await expect(clusterNotConfigured().nodes(never)).rejects.toMatchObject({
      code: 'not-configured',
      message: expect.stringContaining('cluster.kubeconfig'),
    });
  });
});
