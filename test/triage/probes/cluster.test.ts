import { describe, expect, it } from 'vitest';
import type { EventView, NodeUse } from '../../../src/cluster/port.ts';
import type { ErrorCode } from '../../../src/lib/errors.ts';
import type { EvidenceStatus } from '../../../src/triage/evidence.ts';
import { events } from '../../../src/triage/probes/events.ts';
import { nodeConditions } from '../../../src/triage/probes/nodeConditions.ts';
import { podsInTrouble } from '../../../src/triage/probes/podsInTrouble.ts';
import { topNodes } from '../../../src/triage/probes/topNodes.ts';
import { topPods } from '../../../src/triage/probes/topPods.ts';
import { whatChanged } from '../../../src/triage/probes/whatChanged.ts';
import { condition, DAY, fakeWorld, HOUR, MINUTE, NIGHT, nodeView, podView } from '../../support/world.ts';

const signal = new AbortController().signal;
const GIB = 2 ** 30;
const use = (name: string, memory: number | undefined, cpu: number | undefined = 100): NodeUse => ({
  name,
  cpuMilli: memory === undefined ? undefined : cpu,
  memoryBytes: memory === undefined ? undefined : memory * GIB,
  cpuAllocatableMilli: 2000,
  memoryAllocatableBytes: 10 * GIB,
});
const event = (change: Partial<EventView>): EventView => ({
  namespace: 'web',
  type: 'Warning',
  reason: 'BackOff',
  about: 'Pod/web-1',
  message: 'Back-off restarting failed container',
  count: 1,
  at: NIGHT - MINUTE,
  ...change,
});

describe('topNodes', () => {
  it.each<[string, NodeUse[], EvidenceStatus]>([
    ['little in use', [use('a', 5)], 'ok'],
    ['memory at 85 %', [use('a', 8.5)], 'warn'],
    ['memory at 95 %', [use('a', 9.5)], 'bad'],
    ['CPU at 90 %', [use('a', 1, 1800)], 'warn'],
    ['one node without figures', [use('a', 5), use('b', undefined)], 'unknown'],
    ['no figures at all', [use('a', undefined)], 'unknown'],
    ['no nodes', [], 'unknown'],
  ])('judges %s', async (_, nodeUse, status) => {
    expect((await topNodes().look(fakeWorld({ nodeUse }), signal)).status).toBe(status);
  });

  it("has kubectl's columns and names the node concerned", async () => {
    const found = await topNodes('b').look(fakeWorld({ nodeUse: [use('a', 9), use('b', 2, 553)] }), signal);
    expect(found.summary).toBe('b: memory 20 % (2.0 GiB), CPU 28 %');
    expect(found.parts[0]).toMatchObject({
      columns: [
        { label: 'NAME' },
        { label: 'CPU(cores)', align: 'right' },
        { label: 'CPU(%)' },
        { label: 'MEMORY(bytes)' },
        { label: 'MEMORY(%)' },
      ],
      rows: [
        ['b', '553m', '27%', '2048Mi', '20%'],
        ['a', '100m', '5%', '9216Mi', '90%'],
      ],
    });
  });

  it('does not show another node for the one that has no figures', async () => {
    const found = await topNodes('b').look(fakeWorld({ nodeUse: [use('a', 9), use('b', undefined)] }), signal);
    expect(found.summary).toBe('metrics-server has no figures of b');
  });

  it('names the node concerned first among those without figures', async () => {
    const blind = ['a', 'b', 'c', 'd', 'e'].map((name) => use(name, undefined));
    const found = await topNodes('e').look(fakeWorld({ nodeUse: blind }), signal);
    expect(found.summary).toBe('metrics-server has no figures of e, a, b and 2 others');
  });
});

describe('topPods', () => {
  it('names the largest', async () => {
    const podUse = [
      { namespace: 'web', name: 'a', cpuMilli: 5, memoryBytes: GIB },
      { namespace: 'web', name: 'b', cpuMilli: 50, memoryBytes: 1000 },
    ];
    const world = fakeWorld({ podUse });
    expect(await topPods('web').look(world, signal)).toMatchObject({
      status: 'ok',
      summary: 'Most memory: a 1.0 GiB; most CPU: b 50m',
    });
    expect(world.asked.where).toEqual([{ namespace: 'web' }]);
  });

  it('knows nothing without figures', async () => {
    expect(await topPods('web').look(fakeWorld({ podUse: [] }), signal)).toMatchObject({ status: 'unknown' });
  });
});

describe('nodeConditions', () => {
  const notReady = nodeView('b', {
    ready: 'Unknown',
    conditions: [condition('Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.')],
  });
  it.each<[string, Parameters<typeof nodeView>[1][], string | undefined, EvidenceStatus, string]>([
    ['all ready', [{}, {}], undefined, 'ok', 'All 2 nodes are ready'],
    ['one ready', [{}], 'n0', 'ok', 'n0 is ready, under no pressure'],
    ['a cordoned one', [{ unschedulable: true }], 'n0', 'warn', 'cordoned: n0'],
    [
      'pressure',
      [{ conditions: [condition('Ready', 'True'), condition('DiskPressure', 'True')] }],
      undefined,
      'bad',
      'n0 has DiskPressure for 2 h',
    ],
    ['an unknown node', [{}], 'gone', 'unknown', 'gone is not (or no longer) a node'],
    ['no nodes', [], undefined, 'unknown', 'no nodes'],
    [
      'not ready',
      [{ ready: 'False', conditions: [condition('Ready', 'False', 'KubeletNotReady', 'runtime is down')] }],
      undefined,
      'bad',
      'n0 is NotReady for 2 h (KubeletNotReady: runtime is down)',
    ],
    ['no Ready condition', [{ ready: 'Unknown', conditions: [] }], undefined, 'bad', 'no Ready condition'],
  ])('judges %s', async (_, changes, name, status, words) => {
    const nodes = changes.map((change, index) => nodeView(`n${index}`, change));
    const found = await nodeConditions(name).look(fakeWorld({ nodes }), signal);
    expect(found.status).toBe(status);
    expect(found.summary).toContain(words);
  });

  it('puts the one in trouble first', async () => {
    const found = await nodeConditions().look(fakeWorld({ nodes: [nodeView('a'), notReady] }), signal);
    expect(found.summary).toMatch(/^b is unreachable for the control plane for 2 h/);
    expect(found.parts[0]).toMatchObject({
      rows: [
        ['b', 'Ready', 'Unknown', '2 h ago', 'NodeStatusUnknown'],
        ['a', 'Ready', 'True', '2 h ago', ''],
      ],
    });
  });
});

describe('podsInTrouble', () => {
  const crashing = podView('web-1', {
    status: 'CrashLoopBackOff',
    inTrouble: true,
    restarts: 14,
    lastTermination: {
      container: 'app',
      reason: 'OOMKilled',
      exitCode: 137,
      at: NIGHT - 3 * MINUTE,
      message: 'heap\n\u001b[31mfull',
    },
  });

  it('says how the last container ended', async () => {
    const found = await podsInTrouble({ namespace: 'web', pod: 'web-1' }).look(
      fakeWorld({ pods: [podView('ok'), crashing] }),
      signal,
    );
    expect(found).toMatchObject({
      status: 'bad',
      summary: 'web-1 CrashLoopBackOff, 14 restarts, last: OOMKilled (exit code 137) 3 min ago',
    });
    expect(found.parts[1]).toMatchObject({ text: 'web-1/app:\nheap\nfull' });
  });

  it.each<[string, ReturnType<typeof podView>[], EvidenceStatus, string]>([
    ['none in trouble', [podView('a'), podView('b')], 'ok', 'None of 2 pods in namespace web is in trouble'],
    [
      'one just created',
      [podView('a', { phase: 'Pending', inTrouble: true, createdAt: NIGHT - MINUTE })],
      'warn',
      'a Running',
    ],
    [
      'one pending for long',
      [podView('a', { phase: 'Pending', status: 'Pending', inTrouble: true, createdAt: NIGHT - HOUR })],
      'bad',
      'a Pending',
    ],
    ['no pods', [], 'unknown', 'There are no pods in namespace web.'],
  ])('judges %s', async (_, pods, status, words) => {
    const found = await podsInTrouble({ namespace: 'web' }).look(fakeWorld({ pods }), signal);
    expect(found.status).toBe(status);
    expect(found.summary).toContain(words);
  });

  it('says that the pod of the alert is gone', async () => {
    const found = await podsInTrouble({ namespace: 'web', pod: 'old' }).look(
      fakeWorld({ pods: [podView('new')] }),
      signal,
    );
    expect(found.summary).toBe('old is gone (deleted or replaced); None of 1 pod in namespace web is in trouble');
  });
});

describe('events', () => {
  it('tells the loudest warning', async () => {
    const all = [
      event({}),
      event({ reason: 'FailedMount', about: 'Pod/web-2', count: 9, message: 'volume\nnot found' }),
      event({ type: 'Normal' }),
    ];
    const found = await events({ namespace: 'web' }).look(fakeWorld({ events: all }), signal);
    expect(found).toMatchObject({
      status: 'warn',
      summary: '2 warnings in 2 h; FailedMount Pod/web-2: volume not found (9 times)',
    });
  });

  it.each([
    ['ordinary events', [event({ type: 'Normal' })], 'No warnings in the last 2 h (1 ordinary event)'],
    ['none', [], 'No warnings in the last 2 h'],
    ['old ones only', [event({ at: NIGHT - 3 * HOUR })], 'No warnings in the last 2 h'],
  ])('is quiet about %s', async (_, all, summary) => {
    expect(await events({}).look(fakeWorld({ events: all }), signal)).toMatchObject({ status: 'ok', summary });
  });
});

describe('whatChanged', () => {
  const about = { alertname: 'A', namespace: 'web', openedAt: NIGHT - 10 * MINUTE };
  const rollout = {
    namespace: 'web',
    workload: 'Deployment/web',
    revision: '12',
    images: ['web:2'],
    at: NIGHT - 28 * MINUTE,
  };
  const past = [
    { id: 'INC-9', name: 'A', openedAt: NIGHT - 10 * MINUTE, resolvedAt: undefined, ending: 'still open' },
    {
      id: 'INC-3',
      name: 'A',
      openedAt: NIGHT - 9 * DAY,
      resolvedAt: NIGHT - 9 * DAY + HOUR,
      ending: 'acknowledged by ana',
    },
  ];

  it('names the namespace of what an event is about, and none of a node', async () => {
    const event = { type: 'Normal', message: '', count: 1, at: NIGHT - 20 * MINUTE };
    const said = [
      { ...event, namespace: 'shop', reason: 'ScalingReplicaSet', about: 'Deployment/web' },
      { ...event, namespace: 'default', reason: 'RegisteredNode', about: 'Node/a' },
    ];
    const { parts } = await whatChanged(about).look(
      fakeWorld({ rollouts: [], nodes: [], events: said, past: [] }),
      signal,
    );
    const words = JSON.stringify(parts);
    for (const what of ['"ScalingReplicaSet shop/Deployment/web"', '"RegisteredNode Node/a"'])
      expect(words).toContain(what);
  });

  it('tells the newest change before the alert and what ended the last one', async () => {
    const found = await whatChanged(about).look(
      fakeWorld({ rollouts: [rollout], nodes: [], events: [], past }),
      signal,
    );
    expect(found).toMatchObject({
      status: 'warn',
      summary:
        'web/Deployment/web rolled out, 18 min before the alert; 1 time before in 90 days, last ended by: acknowledged by ana',
    });
  });

  it('counts a node that joined or turned, and leaves out what is older than a day', async () => {
    const nodes = [nodeView('new', { createdAt: NIGHT - HOUR, conditions: [condition('Ready', 'True')] })];
    const found = await whatChanged(about).look(
      fakeWorld({ rollouts: [{ ...rollout, at: NIGHT - 2 * DAY }], nodes, events: [], past: [] }),
      signal,
    );
    expect(found.summary).toBe('new joined, 50 min before the alert; 2 changes in all; first time in 90 days');
  });

  it('says that nothing changed', async () => {
    const found = await whatChanged(about).look(fakeWorld({ rollouts: [], nodes: [], events: [], past: [] }), signal);
    expect(found).toMatchObject({
      status: 'ok',
      summary: 'Nothing changed in the day before that the cluster tells; first time in 90 days',
    });
  });

  it('goes on without a source, and never calls that ok', async () => {
    const found = await whatChanged(about).look(
      fakeWorld({ rollouts: 'forbidden', nodes: [], events: [], past: [] }),
      signal,
    );
    expect(found.status).toBe('unknown');
    expect(found.summary).toContain('not seen: rollouts');
  });

  it('claims nothing where the cluster could not be asked at all', async () => {
    const away = fakeWorld({ rollouts: 'not-configured', nodes: 'not-configured', events: 'not-configured', past: [] });
    const found = await whatChanged(about).look(away, signal);
    expect(found).toMatchObject({
      status: 'unknown',
      summary: 'Changes could not be looked at; first time in 90 days; not seen: rollouts, nodes, events',
    });
  });

  it('fails where every source fails', async () => {
    const away = fakeWorld({
      rollouts: 'unreachable',
      nodes: 'unreachable',
      events: 'unreachable',
      past: 'store-unavailable',
    });
    await expect(whatChanged(about).look(away, signal)).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('every probe of the cluster', () => {
  const codes: ErrorCode[] = [
    'not-configured',
    'unreachable',
    'timeout',
    'forbidden',
    'not-found',
    'bad-answer',
    'cancelled',
  ];
  it.each(codes)('passes %s on to the collector', async (code) => {
    const away = fakeWorld({
      nodes: code,
      nodeUse: code,
      pods: code,
      podUse: code,
      events: code,
      rollouts: code,
      past: code,
    });
    for (const probe of [
      topNodes(),
      topPods(),
      nodeConditions(),
      podsInTrouble({}),
      events({}),
      whatChanged({ alertname: 'A', namespace: undefined, openedAt: NIGHT }),
    ]) {
      await expect(probe.look(away, signal), probe.id).rejects.toMatchObject({ code });
    }
  });
});
