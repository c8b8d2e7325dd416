import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestsFor } from '../../src/cluster/actingClient.ts';
import { createFollowClient, type FollowClient, type Kind } from '../../src/cluster/following/client.ts';
import { FOLLOW_TIMES, type Follower, follow } from '../../src/cluster/following/follower.ts';
import { findTarget } from '../../src/cluster/kubeconfig.ts';
import { createLogin } from '../../src/cluster/login.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { eventually } from '../support/real/process.ts';
import { startWatchServer, type WatchFault, type WatchServer } from '../support/watchServer.ts';

interface Seen {
  readonly name: string;
  readonly version: string;
}

const none = undefined;
/** What is kept is a pod's name and version, so that it can be compared with the server's. */
const KIND: Kind<{ metadata: { name: string; resourceVersion: string } }, Seen> = {
  resource: 'pods',
  list: ({ core }, from) => core.listPodForAllNamespaces(none, from, none, none, 7),
  watch: ({ core }, version, seconds) =>
    core.listPodForAllNamespaces(true, none, none, none, none, none, version, none, none, none, seconds, true),
  read: ({ metadata }) => ({ name: metadata.name, version: metadata.resourceVersion }),
};

const TIMES = { ...FOLLOW_TIMES, silentMs: 150, firstMs: 4, mostMs: 40, deniedMs: 60 };

let server: WatchServer;
let follower: Follower<Seen>;
let logins: number;
let client: FollowClient | undefined;

async function start(times = TIMES, random = Math.random): Promise<void> {
  const target = await findTarget({ kubeconfig: await server.kubeconfig() }, {});
  logins = 0;
  client = undefined;
  const open = async (): Promise<FollowClient> => {
    if (client) return client;
    logins += 1;
    const login = await createLogin(target);
    client = createFollowClient(login, requestsFor(login), () => {
      client = undefined;
    });
    return client;
  };
  follower = follow(KIND, { open, clock: systemClock, random, times });
  await eventually('it follows', () => follower.items() !== undefined);
}

const kept = (): Record<string, string> | undefined => {
  const items = follower.items();
  return items && Object.fromEntries([...items.values()].map(({ name, version }) => [name, version]));
};
const inStep = (): boolean =>
  JSON.stringify(sorted(kept() ?? { is: 'behind' })) === JSON.stringify(sorted(server.contents()));
const sorted = (of: Readonly<Record<string, string>>): readonly (readonly string[])[] => Object.entries(of).sort();
const listed = (): number =>
  server.asked.filter(({ what, version }) => what === 'list' && version === undefined).length;

beforeEach(async () => {
  server = await startWatchServer();
  for (let n = 0; n < 20; n += 1) server.put(`pod-${n}`);
});
afterEach(async () => {
  await follower.stop();
  await server.stop();
});

describe('a follower', () => {
  it('lists page by page, then has each change without asking again', async () => {
    await start();
    expect(server.asked.map(({ what }) => what)).toEqual(['list', 'list', 'list', 'watch']);
    expect(server.asked.at(-1)?.version).toBe('120');
    server.put('pod-3');
    server.put('new');
    server.remove('pod-4');
    await eventually('it has the changes', inStep);
    expect(kept()).not.toHaveProperty('pod-4');
    expect(server.asked).toHaveLength(4);
  });

  it('wakes who waits for a change', async () => {
    await start();
    const since = performance.now();
    const woken = follower.changed(5000, new AbortController().signal);
    server.put('new');
    await woken;
    expect(performance.now() - since).toBeLessThan(1000);
    expect(kept()).toHaveProperty('new');
  });

  it.each<WatchFault>(['cut', 'stall', 'garbage', 'unknown', 'end', 429, 500, 503])(
    'resumes where it was after %s, and misses nothing',
    async (fault) => {
      await start({ ...TIMES, silentMs: 100 });
      server.put('before');
      await eventually('it has that', inStep);
      server.fault(fault);
      server.put('meanwhile');
      server.remove('pod-1');
      await eventually('it is in step', inStep);
      expect(listed()).toBe(3);
      expect(server.asked.filter(({ what }) => what === 'watch').at(-1)?.version).toMatch(/^12[1-3]$/);
    },
  );

  it('resumes at a bookmark', async () => {
    await start();
    server.put('x');
    server.remove('x');
    await eventually('it is in step', inStep);
    server.bookmark();
    server.fault('end');
    await eventually('it resumed', () => server.asked.filter(({ what }) => what === 'watch').length > 1);
    expect(server.asked.at(-1)).toMatchObject({ what: 'watch', version: '122' });
  });

  it.each<WatchFault>(['expire', 410])('reads the list again once its version is forgotten (%s)', async (fault) => {
    await start();
    server.fault(fault);
    server.put('meanwhile');
    server.remove('pod-1');
    await eventually('it is in step', inStep);
    expect(listed()).toBe(6);
  });

  it('signs in anew after a 401', async () => {
    await start();
    server.fault(401);
    server.put('meanwhile');
    await eventually('it is in step', inStep);
    expect(logins).toBe(2);
  });

  it('says that a right is missing, gives nothing meanwhile, and comes back once it is granted', async () => {
    await start();
    server.fault(403);
    await eventually('it is denied', () => follower.state().is === 'denied');
    expect(follower.state()).toMatchObject({ text: expect.stringContaining('watch pods') });
    expect(follower.items()).toBeUndefined();
    await eventually('it is back', inStep);
  });

  it('gives nothing that it has not heard of for too long', async () => {
    await start({ ...TIMES, silentMs: 120, firstMs: 5000, mostMs: 5000 });
    server.fault('stall');
    await eventually('it has given up', () => follower.state().is === 'behind');
    expect(follower.items()).toBeUndefined();
    expect(follower.state()).toMatchObject({ text: 'Nothing was heard of pods for 0.12 s.' });
  });

  it('does not hammer a server that ends every watch', async () => {
    await start({ ...TIMES, firstMs: 40, mostMs: 400 });
    const until = performance.now() + 700;
    while (performance.now() < until) {
      server.fault('end');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(follower.counts().watches).toBeLessThan(12);
  });

  it('reads the list again where nothing ever comes of its version', async () => {
    await start();
    for (let n = 0; n < 3; n += 1) {
      const { watches } = follower.counts();
      server.fault('garbage');
      await eventually('it watches again', () => follower.counts().watches > watches && follower.items() !== undefined);
    }
    await eventually('it has listed', () => listed() > 3);
    await eventually('it is in step', inStep);
  });

  it('leaves no connection behind', async () => {
    await start();
    expect(server.open()).toBe(1);
    await follower.stop();
    await eventually('it is closed', () => server.open() === 0);
    expect(follower.items()).toBeUndefined();
  });
});

/** Numbers from 0 to 1 that are the same for a seed. Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const FAULTS: readonly WatchFault[] = [
  'cut',
  'stall',
  'garbage',
  'unknown',
  'end',
  'expire',
  401,
  403,
  410,
  429,
  500,
  503,
];

describe('a follower of a server with many faults', () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed))('is in step with it in the end (seed %i)', async (seed) => {
    const random = seeded(seed + 1);
    await start({ ...TIMES, silentMs: 60, deniedMs: 20 }, random);
    for (let n = 0; n < 150; n += 1) {
      const name = `pod-${Math.floor(random() * 40)}`;
      if (random() < 0.4) server.remove(name);
      else server.put(name);
      if (random() < 0.12) server.fault(FAULTS[Math.floor(random() * FAULTS.length)] ?? 'cut');
      if (random() < 0.1) server.bookmark();
      if (random() < 0.4) await new Promise((resolve) => setTimeout(resolve, random() * 12));
    }
    await eventually('it is in step', inStep, 20_000);
    expect(follower.counts().watches).toBeGreaterThan(2);
  });
});
