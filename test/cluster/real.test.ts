import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/real/process.ts';
import { budget, deployment, pod } from './objects.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const { kubectl, realNode, nodes } = target;
const [worker = ''] = nodes;

let space: TestNamespace;
beforeAll(async () => {
  space = await target.namespace('real');
});
afterAll(async () => {
  await space?.remove();
});

// What the other tests stand on: is it a Kubernetes in these respects?
describe.skipIf(!realNode)('a node with a kubelet', () => {
  it('runs pods, gives their logs and runs commands in them', async () => {
    const command = ['sh', '-c', 'echo up since today; exec sleep 1000000'];
    await target.apply([pod(target, { namespace: space, name: 'talking' }, { node: realNode, command })]);
    await kubectl(['wait', 'pod/talking', '-n', space.name, '--for=condition=Ready', '--timeout=90s']);
    const log = await eventually(
      'the log',
      async () => (await kubectl(['logs', 'talking', '-n', space.name])) || undefined,
    );
    expect(log).toBe('up since today');
    expect(await kubectl(['exec', 'talking', '-n', space.name, '--', 'echo', 'from inside'])).toBe('from inside');
  });

  it('keeps the log of the container before a crash', async () => {
    const command = ['sh', '-c', 'echo about to fail; exit 7'];
    await target.apply([pod(target, { namespace: space, name: 'failing' }, { node: realNode, command })]);
    const previous = ['logs', 'failing', '-n', space.name, '--previous'];
    const log = await eventually('the log before', async () => (await kubectl(previous)) || undefined, 90_000);
    expect(log).toBe('about to fail');
  });
});

describe('a disruption budget', () => {
  it('holds an eviction, with 429 and its cause', async () => {
    const place = { namespace: space, name: 'guarded' };
    await target.apply([
      deployment(target, place, { replicas: 2, node: worker }),
      budget(place, 'guarded', { minAvailable: 2 }),
    ]);
    await kubectl(['rollout', 'status', 'deployment/guarded', '-n', space.name, '--timeout=90s']);
    const healthy = ['get', 'pdb', 'guarded', '-n', space.name, '-o', 'jsonpath={.status.currentHealthy}'];
    await eventually('the budget counts two', async () => (await kubectl(healthy)) === '2', 60_000);
    const names = await kubectl(['get', 'pods', '-n', space.name, '-l', 'app=guarded', '-o', 'name']);
    const name = names.split('\n')[0]?.replace('pod/', '') ?? '';
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: space.name } };
    const path = `/api/v1/namespaces/${space.name}/pods/${name}/eviction`;
    const refused = kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(eviction));
    await expect(refused).rejects.toThrow(/TooManyRequests.*disruption budget|disruption budget/);
  });
});
