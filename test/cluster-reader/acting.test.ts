import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rightFindings } from '../../src/actions/node/rightFindings.ts';
import type { ActingCluster } from '../../src/cluster/acting.ts';
import { createActingCluster } from '../../src/cluster/actingCluster.ts';
import { evictionAnswer } from '../../src/cluster/eviction.ts';
import { budgetState } from '../../src/cluster/state/budget.ts';
import { podState } from '../../src/cluster/state/pod.ts';
import { type KubeApi, kubeStatus, startKubeApi } from '../support/kubeApi.ts';
import { createKubeWorld, type KubeWorld } from '../support/kubeWorld.ts';
import { aNode, barePod, budget, deploy, stateful } from '../support/manifests.ts';
import { recorded, recordedItems } from './objects.ts';

const never = new AbortController().signal;
let api: KubeApi;
let world: KubeWorld;
let cluster: ActingCluster;

beforeAll(async () => {
  api = await startKubeApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  api.reset();
  world = createKubeWorld(() => 0);
  api.serve(world);
  for (const name of ['a', 'b']) world.apply(aNode(name));
  cluster = createActingCluster({ kubeconfig: await api.kubeconfig(), timeoutMs: 400 });
});

/** A recorded answer of the eviction API. */
function answered(name: string) {
  const [head = '', body = ''] = recorded(name).split(/\r?\n\r?\n/);
  const headers = Object.fromEntries(
    head
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(/: (.*)/).slice(0, 2)),
  ) as Record<string, string>;
  return { status: Number(/^HTTP\/2 (\d+)/.exec(head)?.[1]), headers, body: Buffer.from(body) };
}

describe('a recorded answer of the eviction API (1.36)', () => {
  it.each([
    ['eviction-201-dryrun.http', { is: 'evicted' }],
    ['eviction-409-wrong-uid.http', { is: 'replaced' }],
    [
      'eviction-429-pdb-dryrun.http',
      { is: 'held', text: 'The disruption budget app needs 20 healthy pods and has 20 currently' },
    ],
    ['eviction-500-two-pdbs-dryrun.http', { is: 'several-budgets' }],
  ])('%s is read', (file, expected) => {
    expect(evictionAnswer(answered(file))).toEqual(expected);
  });

  it.each<[string, number, object, object | undefined, Record<string, string>?]>([
    ['throttling', 429, { message: 'slow down' }, { is: 'throttled', retryAfterMs: 3000 }, { 'retry-after': '3' }],
    [
      'throttling for an hour',
      429,
      { details: { retryAfterSeconds: 3600 } },
      { is: 'throttled', retryAfterMs: 60_000 },
    ],
    ['a pod that is gone', 404, { reason: 'NotFound' }, { is: 'gone' }],
    ['an API that isn’t served', 404, {}, undefined],
    ['any other conflict', 409, { message: 'the object has been modified' }, { is: 'conflict' }],
    [
      'a namespace on its way out',
      403,
      { details: { causes: [{ reason: 'NamespaceTerminating' }] } },
      { is: 'namespace-terminating' },
    ],
    [
      'a missing right',
      403,
      { message: 'pods "x" is forbidden: User "bot" cannot create resource "pods/eviction"' },
      { is: 'denied', right: true, text: 'pods "x" is forbidden: User "bot" cannot create resource "pods/eviction"' },
    ],
    [
      'a budget in disorder',
      403,
      { message: 'poddisruptionbudgets.policy "x" is forbidden: pdb disruptions allowed is negative' },
      {
        is: 'denied',
        right: false,
        text: 'poddisruptionbudgets.policy "x" is forbidden: pdb disruptions allowed is negative',
      },
    ],
    [
      'a webhook',
      403,
      { message: 'admission webhook "k" denied the request: no' },
      { is: 'denied', right: false, text: 'admission webhook "k" denied the request: no' },
    ],
    ['another 500', 500, { message: 'etcd is away' }, undefined],
    ['401', 401, { message: 'Unauthorized' }, undefined],
  ])('%s is told apart', (_, status, body, expected, headers = {}) => {
    expect(evictionAnswer({ status, headers, body: Buffer.from(JSON.stringify(body)) })).toEqual(expected);
  });

  it('the budgets beside them are read', () => {
    expect(recordedItems('pdb-list.json').map((raw) => budgetState(raw))).toMatchObject([
      { name: 'app', rule: 'maxUnavailable 0', allowed: 0, healthy: 20, desired: 20, expected: 20, stale: false },
      { name: 'app2', rule: 'maxUnavailable 2', allowed: 2, healthy: 20, desired: 18, expected: 20, stale: false },
    ]);
  });
});

describe('over the wire', () => {
  it('an eviction names the uid, and a dry run changes nothing', async () => {
    const pod = barePod(world, 'x', 'a');
    const id = { namespace: 'default', name: 'x', uid: pod.metadata.uid as string };
    expect(await cluster.evict(id, { dryRun: true }, never)).toEqual({ is: 'evicted' });
    expect(world.evicted).toEqual([]);
    expect(await cluster.evict({ ...id, uid: 'other' }, { dryRun: false }, never)).toEqual({ is: 'replaced' });
    expect(await cluster.evict(id, { dryRun: false }, never)).toEqual({ is: 'evicted' });
    expect(world.evicted).toHaveLength(1);
    const [dry, , real] = api.requests.filter(({ path }) => path.endsWith('/eviction'));
    expect([dry?.query, real?.query]).toEqual([{ dryRun: 'All' }, {}]);
    expect(real?.body).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'x', namespace: 'default' },
      deleteOptions: { preconditions: { uid: id.uid } },
    });
  });

  it('a node is patched as it was read, or not at all', async () => {
    const node = await cluster.node('a', never);
    const change = { unschedulable: true, annotations: { 'example.org/x': 'y' } };
    if (!node) throw new Error('no node');
    expect(await cluster.patchNode(node, change, never)).toMatchObject({
      is: 'patched',
      node: { unschedulable: true },
    });
    expect(await cluster.patchNode(node, change, never)).toEqual({ is: 'conflict' });
    expect(await cluster.patchNode({ ...node, name: 'gone' }, change, never)).toEqual({ is: 'gone' });
    const again = await cluster.node('a', never);
    if (!again) throw new Error('no node');
    const back = await cluster.patchNode(
      again,
      { unschedulable: false, annotations: { 'example.org/x': null } },
      never,
    );
    expect(back).toMatchObject({ is: 'patched', node: { unschedulable: false, annotations: {} } });
  });

  it('lists, controllers, claims, volumes and the cluster’s uid are read', async () => {
    deploy(world, { app: 'web', replicas: 2 });
    stateful(world, { app: 'db', replicas: 1, local: ['a'] });
    budget(world, 'web', 'web', { maxUnavailable: 1 });
    for (let n = 0; n < 5; n += 1) world.tick();
    expect(await cluster.uid(never)).toBe('cluster-uid');
    expect((await cluster.nodes(never)).map(({ name, allocatable }) => [name, allocatable])).toEqual([
      ['a', { cpu: 8000, memory: 32 * 2 ** 30, pods: 110 }],
      ['b', { cpu: 8000, memory: 32 * 2 ** 30, pods: 110 }],
    ]);
    const pods = await cluster.pods({ node: 'a' }, never);
    expect(pods.map(({ ready, requests }) => [ready, requests])).toEqual(Array(3).fill([true, { cpu: 100 }]));
    const owners = await cluster.owners(
      pods.flatMap(({ owner }) => owner ?? []),
      never,
    );
    expect(owners.map(({ ref, found, ready }) => [ref.kind, found, ready]).sort()).toEqual([
      ['Deployment', 'yes', 2],
      ['ReplicaSet', 'yes', 2],
      ['StatefulSet', 'yes', 1],
    ]);
    expect(await cluster.claims([{ namespace: 'default', name: 'data-db-0' }], never)).toMatchObject([
      { name: 'data-db-0', volume: 'pv-db-0', kind: 'local', path: '/data/db-0' },
    ]);
    expect(await cluster.budgets(never)).toMatchObject([{ name: 'web', allowed: 1, healthy: 2, desired: 1 }]);
    expect(await cluster.attached('a', never)).toEqual([]);
  });

  it('long lists come in pages', async () => {
    for (let n = 0; n < 2300; n += 1) barePod(world, `p-${n}`, 'a');
    expect(await cluster.pods({}, never)).toHaveLength(2300);
    expect(api.requests.filter(({ path }) => path === '/api/v1/pods').map(({ query }) => query['limit'])).toEqual(
      Array(3).fill('1000'),
    );
  });

  it('a controller that is gone, or of a kind that is not known, is told from one that is there', async () => {
    const ref = { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'default', name: 'gone', uid: 'u' };
    const owners = await cluster.owners([ref, { ...ref, apiVersion: 'pg/v1', kind: 'Cluster' }], never);
    expect(owners.map(({ found }) => found).sort()).toEqual(['no', 'unknown']);
    expect(rightFindings(owners)).toEqual([]);
  });

  it.each([200, 404])(
    'a proxy’s page of %i says neither that something is gone nor that it was done',
    async (status) => {
      const page = { status, body: '<html>404 page not found</html>' };
      for (const path of [
        '/api/v1/nodes/a',
        '/apis/apps/v1/namespaces/default/replicasets/web',
        '/api/v1/namespaces/default/pods/web-1/eviction',
      ])
        api.answer(path, page);
      const ref = { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'default', name: 'web', uid: 'u' };
      const change = { unschedulable: true, annotations: {} };
      const pod = { namespace: 'default', name: 'web-1', uid: 'u' };
      for (const asking of [
        () => cluster.node('a', never),
        () => cluster.owners([ref], never),
        () => cluster.patchNode({ name: 'a', resourceVersion: '1' }, change, never),
        () => cluster.evict(pod, { dryRun: false }, never),
      ])
        await expect(asking()).rejects.toThrow(/no Kubernetes object|not found/);
    },
  );

  it('names that nothing can have are asked for nowhere, and stop nobody', async () => {
    stateful(world, { app: 'db', replicas: 1, local: ['a'] });
    world.tick();
    world.get('PersistentVolumeClaim', 'data-db-0', 'default').spec.volumeName = '../nodes/b';
    const ref = { apiVersion: 'apps/v1', namespace: 'default', uid: 'u' };
    const strange = ['../../../../api/v1/nodes/a', 'x?watch=1', 'Web', 'é'];
    const owners = await cluster.owners(
      strange.map((name) => ({ ...ref, kind: 'ReplicaSet', name })),
      never,
    );
    expect(owners.map(({ found }) => found)).toEqual(strange.map(() => 'no'));
    const claims = await cluster.claims(
      [...strange, 'data-db-0'].map((name) => ({ namespace: 'default', name })),
      never,
    );
    expect(claims).toMatchObject([{ name: 'data-db-0', kind: 'other', path: undefined }]);
    expect(api.requests.map(({ path }) => path)).toEqual([
      '/api/v1/namespaces/default/persistentvolumeclaims/data-db-0',
    ]);
  });

  it.each([
    [1, 'get', '/apis/apps/v1/namespaces/default/replicasets/web-0'],
    [26, 'list', '/apis/apps/v1/replicasets'],
  ])('of %i controllers that may not be read the plan says which right is missing', async (count, verb, path) => {
    api.answer(path, kubeStatus(403, 'Forbidden', 'no'));
    const owners = await cluster.owners(
      Array.from({ length: count }, (_, index) => ({
        ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'default' },
        ...{ name: `web-${index}`, uid: `u${index}` },
      })),
      never,
    );
    expect(new Set(owners.map(({ found }) => found))).toEqual(new Set(['unknown']));
    const [finding, ...others] = rightFindings(owners);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ level: 'NOTE', code: 'right-missing' });
    expect(finding?.text).toMatch(
      new RegExp(
        `^the bot may not ${verb} replicasets\\.apps; to allow it, apply deploy/rbac/nodes\\.yaml\\. .*default/web-0`,
      ),
    );
  });

  it.each([
    ['pods is forbidden: User "x" cannot list resource "pods" in API group ""', true],
    ['admission webhook "keep.example.org" denied the request', false],
  ])('“%s”: the manifest is named only where a right is missing', async (said, isNamed) => {
    api.answer('/api/v1/pods', kubeStatus(403, 'Forbidden', said));
    const text = await cluster.pods({}, never).then(String, (error: Error) => error.message);
    expect(text).toContain(said);
    expect(text.includes(' To allow it, apply deploy/rbac/nodes.yaml.')).toBe(isNamed);
  });

  it.each<[string, string, (it: ActingCluster) => Promise<unknown>]>([
    ['list poddisruptionbudgets.policy', '/apis/policy/v1/poddisruptionbudgets', (it) => it.budgets(never)],
    ['get nodes', '/api/v1/nodes/a', (it) => it.node('a', never)],
    [
      'patch nodes',
      '/api/v1/nodes/a',
      (it) => it.patchNode({ name: 'a', resourceVersion: '1' }, { unschedulable: true, annotations: {} }, never),
    ],
    ['get namespaces', '/api/v1/namespaces/kube-system', (it) => it.uid(never)],
    ['list pods', '/api/v1/pods', (it) => it.pods({}, never)],
  ])('a missing right is named: %s', async (words, path, ask) => {
    api.answer(path, kubeStatus(403, 'Forbidden', 'no'));
    await expect(ask(cluster)).rejects.toMatchObject({ code: 'forbidden', message: expect.stringContaining(words) });
  });

  it('nothing waits for ever, and an abort ends a call', async () => {
    api.answer('/api/v1/nodes', { hang: true });
    await expect(cluster.nodes(never)).rejects.toMatchObject({ code: 'timeout' });
    await expect(cluster.nodes(AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('a list that the server forgot is read anew once', async () => {
    let asked = 0;
    api.answer('/api/v1/nodes', () => {
      asked += 1;
      return asked === 1 ? kubeStatus(410, 'Expired', 'too old') : undefined;
    });
    expect(await cluster.nodes(never)).toHaveLength(2);
  });

  it.each(['../x', 'a b', 'A', 'x/eviction'])('%j never becomes a path', async (name) => {
    await expect(
      cluster.evict({ namespace: 'default', name, uid: 'u' }, { dryRun: false }, never),
    ).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(api.requests).toEqual([]);
  });
});

describe('a pod’s requests', () => {
  const asks = (cpu: string) => ({ resources: { requests: { cpu } } });

  it.each<[string, object, number]>([
    ['are summed', { containers: [asks('100m'), asks('0.25')] }, 350],
    [
      'are those of the largest init container where that is more',
      { containers: [asks('100m')], initContainers: [asks('1')] },
      1000,
    ],
    [
      'count sidecars beside both',
      { containers: [asks('100m')], initContainers: [{ ...asks('200m'), restartPolicy: 'Always' }, asks('500m')] },
      700,
    ],
    ['and overhead', { containers: [asks('100m')], overhead: { cpu: '50m' } }, 150],
    [
      'are the pod’s own where it has some',
      { containers: [asks('100m')], resources: { requests: { cpu: '2' } } },
      2000,
    ],
  ])('%s', (_, spec, expected) => {
    expect(podState({ spec }).requests).toEqual({ cpu: expected });
  });
});
