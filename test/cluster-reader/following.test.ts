import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodState } from '../../src/cluster/acting.ts';
import { FOLLOW_TIMES } from '../../src/cluster/following/follower.ts';
import { createFollowing, type StartedFollowing } from '../../src/cluster/following/following.ts';
import { createSharing, leanPod } from '../../src/cluster/following/share.ts';
import { podState } from '../../src/cluster/state/pod.ts';
import { eventually } from '../support/real/process.ts';
import { startWatchServer, type WatchServer } from '../support/watchServer.ts';

const signal = new AbortController().signal;
const TIMES = { ...FOLLOW_TIMES, silentMs: 400, firstMs: 4, mostMs: 40, deniedMs: 5000 };
const at = (nodeName: string) => ({ spec: { nodeName } });

let server: WatchServer;
let following: StartedFollowing;

/** A node's pods as somebody has just read them. */
const read = (...names: readonly string[]): readonly PodState[] =>
  names.map((name) => podState({ metadata: { name, uid: server.uidOf(name) }, status: { phase: 'Running' } }));
const elsewhere = async (...here: readonly string[]): Promise<readonly string[] | undefined> =>
  (await following.elsewhere('a', read(...here), signal))?.map(({ name }) => name);

beforeEach(async () => {
  server = await startWatchServer();
  for (const name of ['here-1', 'here-2']) server.put(name, at('a'));
  for (const name of ['there-1', 'there-2']) server.put(name, at('b'));
  following = createFollowing({ kubeconfig: await server.kubeconfig(), times: TIMES });
});
afterEach(async () => {
  await following.stop();
  await server.stop();
});

describe('pods that are followed', () => {
  it('asks nothing before it is started', async () => {
    expect(await elsewhere('here-1', 'here-2')).toBeUndefined();
    expect(server.asked).toEqual([]);
  });

  it('gives those elsewhere, the first time as soon as they are listed', async () => {
    following.start();
    expect(await elsewhere('here-1', 'here-2')).toEqual(['there-1', 'there-2']);
    server.put('there-3', { spec: {} });
    await eventually('it knows', async () => (await elsewhere('here-1', 'here-2'))?.includes('there-3'));
  });

  it('waits until it has what was just read', async () => {
    following.start();
    await elsewhere('here-1', 'here-2');
    const late = setTimeout(100).then(() => server.put('here-3', at('a')));
    expect(await elsewhere('here-1', 'here-2', 'here-3')).toEqual(['there-1', 'there-2']);
    await late;
  });

  it.each<[string, readonly string[]]>([
    ['a pod that was just read is missing', ['here-1', 'here-2', 'there-1']],
    ['it has one that is gone', ['here-1']],
  ])('gives nothing where %s', async (_, here) => {
    following.start();
    await elsewhere('here-1', 'here-2');
    expect(await elsewhere(...here)).toBeUndefined();
  });

  it('takes finished pods for no pods', async () => {
    following.start();
    const done = podState({ metadata: { name: 'done', uid: 'done' }, status: { phase: 'Succeeded' } });
    const here = [...read('here-1', 'here-2'), done];
    expect(await following.elsewhere('a', here, signal)).toHaveLength(2);
  });

  it('gives nothing where it may not watch, and says which verb is missing', async () => {
    following.start();
    await elsewhere('here-1', 'here-2');
    server.fault(403);
    await eventually('it is denied', () => following.state().is === 'denied');
    expect(await elsewhere('here-1', 'here-2')).toBeUndefined();
    expect(following.state()).toMatchObject({ text: expect.stringContaining('watch pods') });
  });

  it('gives nothing of a cluster that grows beyond what a list may have, and keeps nothing', async () => {
    following.start();
    await elsewhere('here-1', 'here-2');
    for (let n = 0; n < 20_000; n += 1) {
      server.put(`p-${n}`, at('b'));
      if (n % 500 === 0) await setTimeout(5);
    }
    await eventually('it gave up', () => following.state().is === 'behind');
    expect(following.state()).toMatchObject({ text: 'There are more than 20000 pods.' });
    expect(await elsewhere('here-1', 'here-2')).toBeUndefined();
  });

  it('gives nothing while the server is away, and does not wait for long', async () => {
    following.start();
    await elsewhere('here-1', 'here-2');
    await server.stop();
    await eventually('it is behind', () => following.state().is === 'behind');
    const since = performance.now();
    expect(await elsewhere('here-1', 'here-2')).toBeUndefined();
    expect(performance.now() - since).toBeLessThan(1500);
  });
});

describe('a node that is followed', () => {
  it('has its pods, wakes with a change, and leaves no connection behind', async () => {
    const node = following.node('a');
    await eventually('it has them', () => node.pods()?.length === 4);
    expect(server.asked.some(({ fields }) => fields === 'spec.nodeName=a')).toBe(true);
    const woken = node.changed(5000, signal);
    server.remove('here-1');
    await woken;
    await eventually('it knows', () => node.pods()?.length === 3);
    expect(server.open()).toBe(2);
    await node.stop();
    await eventually('all is closed', () => server.open() === 0);
    expect(node.pods()).toBeUndefined();
  });
});

describe('what is kept of a pod', () => {
  const raw = (name: string) => ({
    metadata: {
      name,
      namespace: 'n',
      labels: { app: 'web' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(1000) },
    },
    spec: { nodeName: 'a', tolerations: [{ key: 'k', operator: 'Exists' }] },
  });

  it('is all that placement reads, its common parts held once', () => {
    const share = createSharing();
    const [one, other] = ['one', 'other'].map((name) => leanPod(podState(raw(name)), share));
    expect(one).toEqual({ ...podState(raw('one')), annotations: {} });
    expect(other?.labels).toBe(one?.labels);
    expect(other?.tolerations).toBe(one?.tolerations);
  });
});
