import type { CoreV1Event } from '@kubernetes/client-node/dist/gen/models/CoreV1Event.js';
import type { V1Node } from '@kubernetes/client-node/dist/gen/models/V1Node.js';
import { describe, expect, it } from 'vitest';
import { eventView, eventViews } from '../../src/cluster/view/event.ts';
import { nodeView } from '../../src/cluster/view/node.ts';
import { podView } from '../../src/cluster/view/pod.ts';
import { rolloutViews } from '../../src/cluster/view/rollout.ts';
import { asModel, asPod, recorded, recordedItems, tableOf } from './objects.ts';

const now = Date.parse('2026-11-20T03:10:00Z');
const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

describe('nodeView', () => {
  it('reads a recorded node', () => {
    const view = nodeView(asModel<V1Node>('V1Node', JSON.parse(recorded('node-real.json'))));
    expect(view).toMatchObject({
      name: 'node-0',
      internalIPs: ['192.0.2.2'],
      ready: 'True',
      unschedulable: false,
      roles: [],
      kubeletVersion: 'v1.36.3',
      createdAt: Date.parse('2026-11-20T18:03:30Z'),
    });
    expect(view.conditions).toContainEqual({
      type: 'DiskPressure',
      status: 'False',
      reason: 'KubeletHasNoDiskPressure',
      message: 'kubelet has no disk pressure',
      since: Date.parse('2026-11-20T18:03:30Z'),
      heartbeat: Date.parse('2026-11-20T18:23:08Z'),
    });
  });

  it('reads roles, taints, cordon and a lost kubelet', () => {
    const view = nodeView(
      asModel<V1Node>('V1Node', {
        metadata: {
          name: 'a',
          labels: {
            'node-role.kubernetes.io/control-plane': 'true',
            'node-role.kubernetes.io/': '',
            'kubernetes.io/role': 'master',
          },
        },
        spec: {
          unschedulable: true,
          taints: [
            { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
            { key: 'k', value: 'v', effect: 'NoSchedule' },
          ],
        },
        status: { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] },
      }),
    );
    expect(view).toMatchObject({ ready: 'Unknown', unschedulable: true, roles: ['control-plane', 'master'] });
    expect(view.taints).toEqual(['node.kubernetes.io/unreachable:NoExecute', 'k=v:NoSchedule']);
  });

  it('takes an empty object', () => {
    expect(nodeView(asModel<V1Node>('V1Node', {}))).toMatchObject({ name: '', ready: 'Unknown', conditions: [] });
  });
});

describe('podView', () => {
  const base = {
    metadata: { name: 'p', namespace: 'n', creationTimestamp: ago(60) },
    spec: { containers: [{ name: 'c' }] },
  };
  const status = (change: object, statuses: object = { ready: true, state: { running: {} } }) => ({
    ...base,
    status: { phase: 'Running', containerStatuses: [{ name: 'c', restartCount: 0, ...statuses }], ...change },
  });
  const crash = (minutes: number, exitCode: number) => ({
    ready: true,
    state: { running: {} },
    lastState: { terminated: { exitCode, reason: 'Error', finishedAt: ago(minutes), message: 'out of memory' } },
  });

  it.each<[string, object, boolean]>([
    ['runs', status({}), false],
    ['is done', { ...base, status: { phase: 'Succeeded' } }, false],
    ['crashed 2 min ago and runs', status({}, crash(2, 1)), true],
    ['crashed an hour ago and runs', status({}, crash(60, 1)), false],
    ['was restarted after a good end', status({}, crash(2, 0)), false],
    ['crash-loops', status({}, { ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } }), true],
    ['was evicted', { ...base, status: { phase: 'Failed', reason: 'Evicted' } }, true],
    ['is not ready since an hour', status({}, { ready: false, state: { running: {} } }), true],
    [
      'is not ready since a minute',
      status(
        { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(1) }] },
        { ready: false, state: { running: {} } },
      ),
      false,
    ],
    [
      'has no node to run on',
      {
        ...base,
        status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
      },
      true,
    ],
    [
      'starts',
      { ...base, metadata: { ...base.metadata, creationTimestamp: ago(1) }, status: { phase: 'Pending' } },
      false,
    ],
    ['starts for an hour', { ...base, status: { phase: 'Pending' } }, true],
    [
      'ends',
      { ...base, metadata: { ...base.metadata, deletionTimestamp: ago(1) }, status: { phase: 'Running' } },
      false,
    ],
    [
      'ends for an hour',
      { ...base, metadata: { ...base.metadata, deletionTimestamp: ago(60) }, status: { phase: 'Running' } },
      true,
    ],
  ])('of one that %s: trouble or not', (_, json, inTrouble) => {
    expect(podView(asPod(json), now).inTrouble).toBe(inTrouble);
  });

  it('tells the end of the worst container', () => {
    const end = (name: string, exitCode: number, minutes: number) => ({
      name,
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: ago(minutes) } },
    });
    const json = {
      ...base,
      status: { phase: 'Running', containerStatuses: [end('good', 0, 1), end('old', 1, 9), end('new', 2, 3)] },
    };
    expect(podView(asPod(json), now).lastTermination).toEqual({
      container: 'new',
      reason: 'Error',
      exitCode: 2,
      at: now - 3 * 60_000,
      message: '',
    });
  });

  it('reads a recorded crash loop with its owner', () => {
    const [item] = recordedItems('pod-crashloop.json');
    expect(podView(asPod(item), now)).toMatchObject({
      status: 'CrashLoopBackOff',
      restarts: 8,
      node: 'node-0',
      inTrouble: true,
      owner: 'ReplicaSet/crash-586448cff7',
      lastTermination: { container: 'c', reason: 'Error', exitCode: 3 },
    });
  });

  it('takes an empty object', () => {
    expect(podView(asPod({}), now)).toMatchObject({
      name: '',
      node: undefined,
      owner: undefined,
      lastTermination: undefined,
    });
  });
});

describe('what a node says of itself', () => {
  it('is bounded, its kubelet’s own conditions first', () => {
    const made = Array.from({ length: 3000 }, (_, n) => ({
      type: `X${n}`,
      status: 'True',
      message: 'm'.repeat(50_000),
    }));
    const conditions = [...made, { type: 'DiskPressure', status: 'True' }, { type: 'Ready', status: 'False' }];
    const view = nodeView(asModel<V1Node>('V1Node', { status: { conditions } }));
    expect(view.ready).toBe('False');
    expect(view.conditions).toHaveLength(30);
    expect(view.conditions.slice(0, 3).map(({ type }) => type)).toEqual(['DiskPressure', 'Ready', 'X0']);
    expect(JSON.stringify(view).length).toBeLessThan(50_000);
  });

  it('is not taken from events of other namespaces', () => {
    const said = (about: object, namespace: string) =>
      asModel<CoreV1Event>('CoreV1Event', { metadata: { namespace }, involvedObject: { name: 'a', ...about } });
    const events = [
      said({ kind: 'Node' }, 'default'),
      said({ kind: 'Node', namespace: 'default' }, 'default'),
      said({ kind: 'Node', namespace: 'evil' }, 'evil'),
      said({ kind: 'Pod', namespace: 'evil' }, 'evil'),
    ];
    expect(eventViews(events, 0).map(({ namespace, about }) => `${namespace} ${about}`)).toEqual([
      'default Node/a',
      'default Node/a',
      'evil Pod/a',
    ]);
  });
});

describe('eventView', () => {
  const event = (json: object) =>
    eventView(asModel<CoreV1Event>('CoreV1Event', { involvedObject: { kind: 'Pod', name: 'a' }, ...json }));

  it.each<[string, object, number, number]>([
    [
      'an older source',
      { count: 7, firstTimestamp: ago(30), lastTimestamp: ago(2), eventTime: null },
      7,
      now - 120_000,
    ],
    [
      'events.k8s.io, once',
      { eventTime: '2026-11-20T03:08:00.123456Z', lastTimestamp: null, firstTimestamp: null },
      1,
      now - 119_877,
    ],
    [
      'events.k8s.io, a series',
      { eventTime: ago(30), series: { count: 12, lastObservedTime: ago(1) } },
      12,
      now - 60_000,
    ],
    ['neither', { metadata: { creationTimestamp: ago(5) } }, 1, now - 300_000],
    ['nothing', {}, 1, 0],
  ])('reads time and count of %s', (_, json, count, at) => {
    expect(event(json)).toMatchObject({ count, at, about: 'Pod/a' });
  });

  it('reads what kubectl read of recorded events, newest first', () => {
    const events = recordedItems('kubectl-real-events.json').map((item) => asModel<CoreV1Event>('CoreV1Event', item));
    const views = eventViews(events, 0);
    expect(views.map(({ at }) => at)).toEqual(views.map(({ at }) => at).toSorted((a, b) => b - a));
    const ours = new Set(views.map(({ type, reason, about }) => [type, reason, about.toLowerCase()].join(' ')));
    const theirs = tableOf(recorded('kubectl-real-events.txt')).filter(([age]) => /^\d/.test(age ?? ''));
    expect(theirs.length).toBeGreaterThan(3);
    for (const [, type, reason, about] of theirs) expect(ours).toContain([type, reason, about].join(' '));
    expect(eventViews(events, (views[0]?.at ?? 0) + 1)).toEqual([]);
  });
});

describe('rolloutViews', () => {
  const owner = (kind: string, name: string) => [{ kind, name, uid: `uid-${name}`, controller: true }];
  const template = (image: string) => ({ template: { spec: { containers: [{ name: 'c', image }] } } });
  const replicaSet = (revision: string, minutes: number, image: string, more: object = {}) => ({
    metadata: {
      namespace: 'shop',
      name: `api-${revision}`,
      creationTimestamp: ago(minutes),
      ownerReferences: owner('Deployment', 'api'),
      annotations: { 'deployment.kubernetes.io/revision': revision, ...more },
    },
    spec: template(image),
  });
  const models = <T>(type: string, items: readonly object[]): T[] => items.map((item) => asModel<T>(type, item));
  const views = (sources: { deployments?: object[]; replicaSets?: object[]; revisions?: object[] }, sinceMs: number) =>
    rolloutViews(
      {
        deployments: models('V1Deployment', sources.deployments ?? []),
        replicaSets: models('V1ReplicaSet', sources.replicaSets ?? []),
        controllerRevisions: models('V1ControllerRevision', sources.revisions ?? []),
      },
      sinceMs,
    );

  it('tells two of one second apart by their revisions', () => {
    const found = views({ replicaSets: ['9', '10', '8'].map((one) => replicaSet(one, 5, 'api:1')) }, 0);
    expect(found.map(({ revision }) => revision)).toEqual(['10', '9', '8']);
  });

  it('reads Deployments by their ReplicaSets, newest first, since a time', () => {
    const found = views(
      { replicaSets: [replicaSet('1', 500, 'api:1'), replicaSet('2', 60, 'api:2'), replicaSet('3', 5, 'api:3')] },
      now - 120 * 60_000,
    );
    expect(found).toEqual([
      { namespace: 'shop', workload: 'Deployment/api', revision: '3', images: ['api:3'], at: now - 5 * 60_000 },
      { namespace: 'shop', workload: 'Deployment/api', revision: '2', images: ['api:2'], at: now - 60 * 60_000 },
    ]);
  });

  it('dates a rollback by the Deployment’s progress, and leaves bare ReplicaSets out', () => {
    const deployment = {
      metadata: { name: 'api', uid: 'uid-api', annotations: { 'deployment.kubernetes.io/revision': '3' } },
      status: { conditions: [{ type: 'Progressing', status: 'True', lastUpdateTime: ago(10) }] },
    };
    const returned = replicaSet('3', 500, 'api:1', { 'deployment.kubernetes.io/revision-history': '1' });
    const bare = { metadata: { name: 'bare', namespace: 'shop', creationTimestamp: ago(1) } };
    const found = views(
      { deployments: [deployment], replicaSets: [returned, replicaSet('2', 60, 'api:2'), bare] },
      now - 30 * 60_000,
    );
    expect(found).toEqual([
      { namespace: 'shop', workload: 'Deployment/api', revision: '3', images: ['api:1'], at: now - 10 * 60_000 },
    ]);
  });

  it('reads StatefulSets and DaemonSets by their ControllerRevisions', () => {
    const revision = (kind: string, name: string, data: unknown) => ({
      metadata: { namespace: 'db', creationTimestamp: ago(3), ownerReferences: owner(kind, name) },
      revision: 4,
      data,
    });
    const found = views(
      {
        revisions: [
          revision('StatefulSet', 'pg', { spec: template('pg:17') }),
          revision('DaemonSet', 'log', 'odd'),
          revision('Other', 'x', {}),
        ],
      },
      0,
    );
    expect(found).toEqual([
      { namespace: 'db', workload: 'DaemonSet/log', revision: '4', images: [], at: now - 3 * 60_000 },
      { namespace: 'db', workload: 'StatefulSet/pg', revision: '4', images: ['pg:17'], at: now - 3 * 60_000 },
    ]);
  });
});
