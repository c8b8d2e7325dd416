import { describe, expect, it } from 'vitest';
import { podColumns } from '../../src/cluster/view/podStatus.ts';
import { asPod, recorded, recordedItems, tableOf } from './objects.ts';

interface Shape {
  readonly phase?: string;
  readonly reason?: string;
  readonly deleted?: boolean;
  readonly init?: readonly object[];
  readonly initSpec?: readonly object[];
  readonly main?: readonly object[];
  readonly conditions?: readonly object[];
}

const running = { ready: true, restartCount: 0, state: { running: {} } };
const waiting = (reason: string, restartCount = 0) => ({ ready: false, restartCount, state: { waiting: { reason } } });
const ended = (exitCode: number, reason?: string, signal?: number) => ({
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode, reason, signal } },
});
const yes = (type: string) => ({ type, status: 'True' });

function pod({ phase = 'Running', reason, deleted, init = [], initSpec, main = [], conditions = [] }: Shape) {
  const named = (statuses: readonly object[]) => statuses.map((one, index) => ({ name: `c${index}`, ...one }));
  return asPod({
    metadata: { name: 'p', ...(deleted ? { deletionTimestamp: '2026-11-20T03:00:00Z' } : {}) },
    spec: {
      containers: (main.length > 0 ? main : [0]).map((_, index) => ({ name: `c${index}` })),
      initContainers: named(initSpec ?? init.map(() => ({}))),
    },
    status: { phase, reason, conditions, initContainerStatuses: named(init), containerStatuses: named(main) },
  });
}

describe('podColumns', () => {
  it.each<[status: string, ready: string, shape: Shape]>([
    ['Running', '1/1', { main: [running] }],
    ['Pending', '0/1', { phase: 'Pending' }],
    [
      'SchedulingGated',
      '0/1',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
    ],
    ['ContainerCreating', '0/1', { phase: 'Pending', main: [waiting('ContainerCreating')] }],
    ['ImagePullBackOff', '1/2', { phase: 'Pending', main: [running, waiting('ImagePullBackOff')] }],
    ['CrashLoopBackOff', '0/2', { main: [waiting('CrashLoopBackOff'), ended(1, 'Error')] }],
    ['Error', '1/2', { main: [running, ended(1, 'Error')] }],
    ['OOMKilled', '0/1', { main: [ended(137, 'OOMKilled')] }],
    ['ExitCode:3', '0/1', { main: [ended(3)] }],
    ['Signal:9', '0/1', { main: [ended(137, undefined, 9)] }],
    ['Completed', '0/1', { phase: 'Succeeded', main: [ended(0, 'Completed')] }],
    ['Running', '1/2', { main: [running, ended(0, 'Completed')], conditions: [yes('Ready')] }],
    ['NotReady', '1/2', { main: [running, ended(0, 'Completed')] }],
    ['Evicted', '0/1', { phase: 'Failed', reason: 'Evicted' }],
    ['Terminating', '1/1', { deleted: true, main: [running] }],
    ['Unknown', '1/1', { deleted: true, reason: 'NodeLost', main: [running] }],
    ['NodeLost', '0/1', { reason: 'NodeLost' }],
    ['Completed', '0/1', { deleted: true, phase: 'Succeeded', main: [ended(0, 'Completed')] }],
    [
      'Init:0/2',
      '0/1',
      {
        phase: 'Pending',
        init: [{ restartCount: 0, state: { running: {} } }, waiting('PodInitializing')],
        main: [waiting('PodInitializing')],
      },
    ],
    [
      'Init:1/2',
      '0/1',
      {
        phase: 'Pending',
        init: [ended(0, 'Completed'), waiting('PodInitializing')],
        main: [waiting('PodInitializing')],
      },
    ],
    [
      'Init:CrashLoopBackOff',
      '0/1',
      { phase: 'Pending', init: [waiting('CrashLoopBackOff', 4)], main: [waiting('PodInitializing')] },
    ],
    ['Init:Error', '0/1', { phase: 'Pending', init: [ended(1, 'Error')], main: [waiting('PodInitializing')] }],
    ['Init:ExitCode:2', '0/1', { phase: 'Pending', init: [ended(2)] }],
    ['Init:Signal:15', '0/1', { phase: 'Pending', init: [ended(143, undefined, 15)] }],
    ['PodInitializing', '0/1', { phase: 'Pending', init: [ended(0, 'Completed')], main: [waiting('PodInitializing')] }],
    [
      'Running',
      '2/2',
      { init: [{ ...running, started: true }], initSpec: [{ restartPolicy: 'Always' }], main: [running] },
    ],
    [
      'Init:0/1',
      '0/2',
      {
        phase: 'Pending',
        init: [{ ...running, ready: false, started: false }],
        initSpec: [{ restartPolicy: 'Always' }],
      },
    ],
    // An init container that starts again in an initialised pod: the main ones count, and name the status if they have a reason.
    ['Init:0/1', '1/1', { init: [waiting('PodInitializing')], main: [running], conditions: [yes('Initialized')] }],
    [
      'CrashLoopBackOff',
      '0/1',
      { init: [waiting('PodInitializing')], main: [waiting('CrashLoopBackOff')], conditions: [yes('Initialized')] },
    ],
    ['Unknown', '0/1', { phase: 'Unknown' }],
  ])('says %s %s', (status, ready, shape) => {
    expect(podColumns(pod(shape))).toMatchObject({ status, ready });
  });

  it.each([
    ['init ones while initialising', { init: [waiting('CrashLoopBackOff', 4)], main: [waiting('PodInitializing')] }, 4],
    [
      'only main ones afterwards',
      { init: [{ ...ended(0), restartCount: 4 }], main: [{ ...running, restartCount: 2 }] },
      2,
    ],
    [
      'those of sidecars with the main ones',
      {
        init: [{ ...running, started: true, restartCount: 3 }],
        initSpec: [{ restartPolicy: 'Always' }],
        main: [{ ...running, restartCount: 2 }],
      },
      5,
    ],
  ])('counts restarts: %s', (_, shape, restarts) => {
    expect(podColumns(pod(shape)).restarts).toBe(restarts);
  });

  it('takes an empty object', () => {
    expect(podColumns(asPod({}))).toEqual({ ready: '0/0', status: 'Unknown', restarts: 0 });
  });

  it.each(['kubectl-real-get-pods', 'kubectl-get-pods'])('says what kubectl said of %s', (name) => {
    const ours = recordedItems(`${name}.json`).map((item) => {
      const found = asPod(item);
      const { ready, status, restarts } = podColumns(found);
      return [found.metadata?.name, ready, status, String(restarts)];
    });
    expect(ours).toEqual(
      tableOf(recorded(`${name}.txt`))
        .slice(1)
        .map((row) => row.slice(0, 4)),
    );
  });
});
