import { describe, expect, it } from 'vitest';
import { drainPlan } from '../../../src/actions/node/plan.ts';
import type { NodeWorld } from '../../../src/actions/node/world.ts';
import { differences } from '../../../src/gate/drift.ts';
import type { Plan } from '../../../src/gate/model.ts';
import type { KubeWorld } from '../../support/kubeWorld.ts';
import { type aNode, barePod, budget, deploy, stateful } from '../../support/manifests.ts';
import { findingsOf } from '../kit.ts';
import { settle, snapshotOf, threeNodes } from './kit.ts';

type Setting = (world: KubeWorld) => void;

const NOW = Date.parse('2026-11-21T03:10:00Z');

/** Sets a cluster up with its pods on node `a`, opens the other nodes, changes what is to be changed, and plans. */
async function planned(set: Setting, change: Setting = () => {}, more: Partial<NodeWorld> = {}): Promise<Plan> {
  const { world, open } = threeNodes();
  set(world);
  settle(world, 8);
  open();
  change(world);
  return drainPlan(await snapshotOf(world, 'a', more), { now: NOW, deadlineMs: 3_600_000, lastTookMs: undefined });
}

const web =
  (more: object = {}): Setting =>
  (world) =>
    deploy(world, { app: 'web', replicas: 2, ...more });
const node =
  (change: (node: ReturnType<typeof aNode>) => void): Setting =>
  (world) =>
    change(world.get('Node', 'a'));
const sick = (world: KubeWorld, count: number): void => {
  for (const pod of world.all('Pod').slice(0, count)) {
    pod.metadata.annotations = { sick: 'yes' };
    pod.status.conditions = [{ type: 'Ready', status: 'False' }];
  }
  world.judge();
};
const none: Setting = () => {};
const limited =
  (name: string, app: string, rule: object): Setting =>
  (world) => {
    budget(world, name, app, rule);
    world.judge();
  };
const answering =
  (answer: { status: number; body: unknown }): Setting =>
  (world) => {
    world.before = ({ path }) => (path.endsWith('/eviction') ? answer : undefined);
  };
const first = (world: KubeWorld) => world.all('Pod')[0];
const volume = { local: ['a'], app: 'db', replicas: 1 };
const saved = (lastGoodAt: number | 'none' | 'unknown'): Partial<NodeWorld> => ({
  backupOf: async () => ({ backup: 'restic_data', lastGoodAt, rpoMs: 86_400_000 }),
});

describe('a finding of the planner', () => {
  it.each<[string, Setting, Setting?, Partial<NodeWorld>?]>([
    [
      'BLOCK other-actor',
      web(),
      node(({ metadata }) => Object.assign(metadata.annotations, { 'weave.works/kured-reboot-in-progress': 'now' })),
    ],
    [
      'BLOCK other-actor',
      web(),
      node(({ spec }) =>
        Object.assign(spec, { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', value: '1', effect: 'NoSchedule' }] }),
      ),
    ],
    [
      'BLOCK other-actor',
      web(),
      node(({ spec }) => Object.assign(spec, { taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] })),
    ],
    [
      'BLOCK other-actor',
      web(),
      node(({ spec }) =>
        Object.assign(spec, {
          taints: [{ key: 'node.cluster.x-k8s.io/outdated-revision', effect: 'PreferNoSchedule' }],
        }),
      ),
    ],
    [
      'BLOCK other-actor',
      (world) => barePod(world, 'apply', 'a', { metadata: { labels: { 'upgrade.cattle.io/plan': 'k3s' } } }),
    ],
    [
      'ACKNOWLEDGE autoscaler-candidate',
      web(),
      node(({ spec }) =>
        Object.assign(spec, { taints: [{ key: 'DeletionCandidateOfClusterAutoscaler', effect: 'PreferNoSchedule' }] }),
      ),
    ],
    [
      'BLOCK last-node',
      web(),
      (world) => ['b', 'c'].map((name) => Object.assign(world.get('Node', name).spec, { unschedulable: true })),
    ],
    [
      'ACKNOWLEDGE node-not-ready',
      web(),
      node(({ status }) => Object.assign(status, { conditions: [{ type: 'Ready', status: 'Unknown' }] })),
    ],
    [
      'ACKNOWLEDGE single-control-plane',
      web(),
      node(({ metadata }) => Object.assign(metadata.labels, { 'node-role.kubernetes.io/control-plane': '' })),
    ],
    ['NOTE already-cordoned', web(), node(({ spec }) => Object.assign(spec, { unschedulable: true }))],
    [
      'BLOCK backup-running',
      web(),
      none,
      { busy: async () => ({ running: ['restic_data is being backed up on a (REQ-3)'], unknown: [] }) },
    ],
    [
      'NOTE backup-unknown',
      web(),
      none,
      { busy: async () => ({ running: [], unknown: ['whether x runs is not known'] }) },
    ],
    [
      'ACKNOWLEDGE own-pod',
      (world) =>
        barePod(world, 'me', 'a', {
          metadata: { ownerReferences: [{ apiVersion: 'x/v1', kind: 'Thing', name: 't', uid: 't', controller: true }] },
        }),
      none,
      { self: { namespace: 'default', name: 'me' } },
    ],
    [
      'BLOCK own-pod-stranded',
      (world) => barePod(world, 'me', 'a'),
      none,
      { self: { namespace: 'default', name: 'me' } },
    ],
    ['BLOCK budget-never', web(), limited('web', 'web', { maxUnavailable: 0 })],
    ['BLOCK budget-never', web(), limited('web', 'web', { minAvailable: 2 })],
    [
      'BLOCK budget-broken',
      (world) => barePod(world, 'solo', 'a', { metadata: { labels: { app: 'solo' } } }),
      limited('solo', 'solo', { maxUnavailable: 1 }),
    ],
    [
      'BLOCK budget-stranded',
      (world) => stateful(world, { app: 'db', replicas: 3, local: ['a', 'a', 'a'] }),
      limited('db', 'db', { maxUnavailable: 1 }),
    ],
    [
      'BLOCK several-budgets',
      web(),
      (world) => {
        budget(world, 'one', 'web', { maxUnavailable: 1 });
        limited('two', 'web', { minAvailable: 1 })(world);
      },
    ],
    [
      'ACKNOWLEDGE budget-not-now',
      web(),
      (world) => {
        budget(world, 'web', 'web', { maxUnavailable: 1 });
        sick(world, 1);
      },
    ],
    [
      'ACKNOWLEDGE budget-stale',
      web(),
      (world) => Object.assign(budget(world, 'web', 'web', { maxUnavailable: 1 }).metadata, { generation: 7 }),
    ],
    [
      'NOTE budget-in-turn',
      web({
        spec: {
          topologySpreadConstraints: [
            {
              topologyKey: 'kubernetes.io/hostname',
              maxSkew: 2,
              whenUnsatisfiable: 'DoNotSchedule',
              labelSelector: { matchLabels: { app: 'web' } },
            },
          ],
        },
      }),
      limited('web', 'web', { maxUnavailable: 1 }),
    ],
    ['NOTE budget-allows', web(), limited('web', 'web', { maxUnavailable: 1 })],
    [
      'BLOCK eviction-forbidden',
      web(),
      answering({
        status: 403,
        body: { message: 'pods "x" is forbidden: User "bot" cannot create resource "pods/eviction"' },
      }),
    ],
    [
      'BLOCK eviction-denied',
      web(),
      answering({ status: 400, body: { message: 'admission webhook "keep.example.org" denied the request: not now' } }),
    ],
    ['NOTE untried', web(), answering({ status: 500, body: 'oops' })],
    ['ACKNOWLEDGE unmanaged', (world) => barePod(world, 'solo', 'a')],
    ['ACKNOWLEDGE owner-gone', web(), (world) => world.remove('ReplicaSet', 'web-5d', 'default')],
    [
      'ACKNOWLEDGE daemonset-orphan',
      (world) =>
        barePod(world, 'd', 'a', {
          metadata: {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'gone', uid: 'd', controller: true }],
          },
        }),
    ],
    [
      'ACKNOWLEDGE controller-unknown',
      (world) =>
        barePod(world, 'x', 'a', {
          metadata: {
            ownerReferences: [{ apiVersion: 'pg/v1', kind: 'Cluster', name: 'pg', uid: 'pg', controller: true }],
          },
        }),
    ],
    ['ACKNOWLEDGE local-volume', (world) => stateful(world, volume)],
    ['ACKNOWLEDGE volume-unsaved', (world) => stateful(world, volume)],
    ['ACKNOWLEDGE volume-backup-none', (world) => stateful(world, volume), none, saved('none')],
    ['NOTE volume-backup-unasked', (world) => stateful(world, volume), none, saved('unknown')],
    ['ACKNOWLEDGE volume-backup-old', (world) => stateful(world, volume), none, saved(NOW - 46 * 3_600_000)],
    ['NOTE volume-backup', (world) => stateful(world, volume), none, saved(NOW - 3_600_000)],
    [
      'ACKNOWLEDGE nowhere-else',
      web(),
      (world) => world.all('Pod').map(({ spec }) => Object.assign(spec, { nodeSelector: { gpu: 'yes' } })),
    ],
    [
      'ACKNOWLEDGE no-room',
      web({ cpu: '3' }),
      (world) =>
        ['b', 'c'].map((name) =>
          barePod(world, `big-${name}`, name, { spec: { containers: [{ resources: { requests: { cpu: '6' } } }] } }),
        ),
    ],
    ['ACKNOWLEDGE single-replica', web({ replicas: 1 })],
    ['ACKNOWLEDGE all-replicas-here', web()],
    [
      'ACKNOWLEDGE running-job',
      (world) =>
        barePod(world, 'j', 'a', {
          metadata: {
            ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true }],
          },
        }),
      (world) =>
        world.apply({ kind: 'Job', metadata: { name: 'j', namespace: 'default', uid: 'j' }, spec: { parallelism: 1 } }),
    ],
    ['ACKNOWLEDGE opt-out', web({ annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } })],
    ['ACKNOWLEDGE opt-out', web({ annotations: { 'karpenter.sh/do-not-disrupt': 'true' } })],
    ['ACKNOWLEDGE empty-dir', web({ spec: { volumes: [{ name: 'tmp', emptyDir: {} }] } })],
    ['ACKNOWLEDGE empty-dir', web({ spec: { volumes: [{ name: 'tmp', ephemeral: { volumeClaimTemplate: {} } }] } })],
    [
      'ACKNOWLEDGE empty-dir',
      (world) => barePod(world, 'done', 'a', { phase: 'Failed', spec: { volumes: [{ name: 'tmp', ephemeral: {} }] } }),
    ],
    ['ACKNOWLEDGE host-path', web({ spec: { volumes: [{ name: 'h', hostPath: { path: '/srv' } }] } })],
    [
      'ACKNOWLEDGE stuck-terminating',
      web(),
      (world) => Object.assign(first(world).metadata, { deletionTimestamp: '2026-11-21T02:00:00Z' }),
    ],
    [
      'NOTE terminating',
      web(),
      (world) => Object.assign(first(world).metadata, { deletionTimestamp: '2026-11-21T03:10:00Z' }),
    ],
    [
      'NOTE daemonset',
      (world) =>
        barePod(world, 'd', 'a', {
          metadata: {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'ds', uid: 'ds', controller: true }],
          },
        }),
      (world) =>
        world.apply({ kind: 'DaemonSet', metadata: { name: 'ds', namespace: 'default', uid: 'ds' }, spec: {} }),
    ],
    [
      'NOTE mirror',
      (world) => barePod(world, 'etcd-a', 'a', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } }),
    ],
    ['NOTE finished', (world) => barePod(world, 'old', 'a', { phase: 'Succeeded' })],
  ])('%s is provoked by real objects', async (expected, set, change, more) => {
    expect(findingsOf(await planned(set, change, more))).toContain(expected);
  });

  it('gives figures and nodes as notes, since in a hazard each change would void the approval', async () => {
    const held = await planned(web(), (world) => {
      budget(world, 'web', 'web', { maxUnavailable: 1 });
      sick(world, 1);
    });
    expect(held.findings.map(({ text }) => text)).toContain(
      'the budget default/web needs 1 healthy, and 1 of 2 pods are',
    );
    expect(held.summary).toMatch(/held up until something heals. From then on it takes about /);
    const full = await planned(web({ cpu: '3' }), (world) => {
      Object.assign(world.get('Node', 'b').spec, { unschedulable: true });
      Object.assign(world.get('Node', 'c').status, { conditions: [{ type: 'Ready', status: 'Unknown' }] });
    });
    expect(findingsOf(full)).toContain('NOTE nodes-shut');
    expect(full.findings.find(({ code }) => code === 'nodes-shut')?.text).toContain('b, c (not Ready)');
  });

  it('says how many go at a time, and gives no time for what can not finish', async () => {
    const one = await planned(web(), limited('web', 'web', { maxUnavailable: 1 }));
    expect(one.findings.map(({ text }) => text)).toContain(
      'the budget default/web (maxUnavailable 1) lets 2 pods go, 1 at a time: 1 needed, 2 healthy',
    );
    const never = await planned(web(), limited('web', 'web', { maxUnavailable: 0 }));
    expect(never.summary).toMatch(/it can not finish\.$/);
    const full = await planned(web({ cpu: '3' }), (world) => {
      budget(world, 'web', 'web', { maxUnavailable: 1 });
      for (const name of ['b', 'c'])
        barePod(world, `big-${name}`, name, { spec: { containers: [{ resources: { requests: { cpu: '6' } } }] } });
      settle(world, 8);
    });
    expect(full.summary).toMatch(/2 find no node\. Its budgets hold it up unless those find room\. From then on/);
  });

  it('is not made up: two replicas on two nodes with room drain without any but notes', async () => {
    const { world, open } = threeNodes();
    open();
    Object.assign(world.get('Node', 'c').spec, { unschedulable: true });
    deploy(world, { app: 'web', replicas: 6 });
    budget(world, 'web', 'web', { maxUnavailable: 1 });
    settle(world, 8);
    world.get('Node', 'c').spec = {};
    const plan = drainPlan(await snapshotOf(world), { now: NOW, deadlineMs: 1, lastTookMs: 5 });
    expect(plan.findings.map(({ level }) => level)).toEqual(['NOTE']);
    expect(plan.summary).toContain('it will finish');
  });

  it('tells a spread that the drained node itself keeps from being met', async () => {
    const spread = [
      {
        topologyKey: 'kubernetes.io/hostname',
        maxSkew: 1,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ];
    const { world, open } = threeNodes();
    open();
    for (const name of ['a', 'b', 'c'])
      barePod(world, `web-${name}`, name, {
        metadata: {
          labels: { app: 'web' },
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'web', controller: true }],
        },
        spec: { topologySpreadConstraints: spread },
      });
    world.apply({
      kind: 'ReplicaSet',
      metadata: { name: 'web', namespace: 'default', uid: 'web' },
      spec: { replicas: 3 },
    });
    const plan = drainPlan(await snapshotOf(world), { now: NOW, deadlineMs: 1, lastTookMs: undefined });
    expect(findingsOf(plan)).toContain('ACKNOWLEDGE no-room');
  });
});

describe('an owner that somebody made up', () => {
  it.each(['ReplicaSet', 'K'.repeat(300_000)])('is lost or unknown, inert, and cut: %.20s', async (kind) => {
    const name = `<!channel>\u202e@everyone${'x'.repeat(300_000)}`;
    const owner = { apiVersion: 'apps/v1', kind, name, uid: 'u'.repeat(300_000), controller: true };
    const plan = await planned((world) => barePod(world, 'p', 'a', { metadata: { ownerReferences: [owner] } }));
    expect(findingsOf(plan)).toContain(
      kind === 'ReplicaSet' ? 'ACKNOWLEDGE owner-gone' : 'ACKNOWLEDGE controller-unknown',
    );
    expect(JSON.stringify(plan).length).toBeLessThan(4000);
    expect(plan.findings.every(({ text }) => !text.includes('\u202e'))).toBe(true);
  });
});

describe('drift', () => {
  const plan = async (change: Setting): Promise<Plan> => planned(web({ replicas: 3 }), change);

  it('is none when pods come and go under the same owner', async () => {
    const before = await plan(() => {});
    const after = await plan((world) => {
      world.remove('Pod', first(world).metadata.name, 'default');
      settle(world, 4);
    });
    expect(differences(before, after)).toEqual([]);
    expect(JSON.stringify(before.effects)).not.toContain('web-5d');
  });

  it.each<[string, Setting]>([
    ['a budget that never lets go', limited('web', 'web', { maxUnavailable: 0 })],
    ['another rule of a budget', limited('web', 'web', { maxUnavailable: 2 })],
    ['a new owner', (world) => void barePod(world, 'new', 'a')],
    ['another node under the name', (world) => Object.assign(world.get('Node', 'a').metadata, { uid: 'other' })],
    [
      'a new volume',
      (world) => world.all('Pod').map(({ spec }) => Object.assign(spec, { volumes: [{ name: 'x', emptyDir: {} }] })),
    ],
    [
      'a new ephemeral volume',
      (world) => world.all('Pod').map(({ spec }) => Object.assign(spec, { volumes: [{ name: 'x', ephemeral: {} }] })),
    ],
  ])('is %s', async (_, change) => {
    expect(differences(await plan(() => {}), await plan(change))).not.toEqual([]);
  });
});
