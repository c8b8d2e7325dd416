import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CORDON_MARK } from '../../src/actions/node/mark.ts';
import { eventually } from '../support/real/process.ts';
import { type DrainBot, makeDrainBot } from './lab/bot.ts';
import { makePlace, type Place } from './lab/place.ts';
import { openRawApi, type RawApi } from './lab/rawApi.ts';
import { type AskedEviction, evictionsIn } from './lab/recordingProxy.ts';
import { budget, workload } from './lab/workloads.ts';
import { clusterPlace } from './machine/places.ts';
import { readState } from './machine/state.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const AWAY_MS = 30_000;

let api: RawApi;
let place: Place;
let bot: DrainBot;
let node: string;
let from: number;

const passed = () => bot.proxy.passed.slice(from);
const evicted = (): readonly AskedEviction[] => evictionsIn(passed()).filter(({ status }) => status === 201);
const onNode = async () => (await place.pods(node)).length;
const web = (replicas: number, more: object = {}): object => workload(place, { name: 'web', replicas, ...more });
const some = (count: number): Promise<unknown> => eventually(`${count} evictions`, () => evicted().length >= count);

/** Cuts it off while the nth eviction is under way; when that was. To be called before the drain. */
async function cutInEviction(nth: number, cut: () => void): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  bot.proxy.hook = ({ path }, when) => {
    if (when !== 'before' || !path.endsWith('/eviction') || evictionsIn(passed()).length < nth) return;
    bot.proxy.hook = undefined;
    cut();
    resolve(Date.now());
  };
  return promise;
}

/** Each pod once, and only those that were there. */
function expectOnce(before: readonly { readonly metadata: { readonly uid: string } }[]): void {
  const uids = before.map(({ metadata }) => metadata.uid);
  const went = evicted().map(({ uid }) => uid);
  expect(new Set(went).size).toBe(went.length);
  expect(uids).toEqual(expect.arrayContaining(went));
  expect(passed().filter(({ method }) => method === 'DELETE')).toEqual([]);
}

describe.runIf(target.own)('a drain that others meddle with', () => {
  beforeAll(async () => {
    api = await openRawApi(target.kubeconfig);
    bot = await makeDrainBot(api);
    await bot.start();
  });
  afterAll(async () => {
    await bot?.end();
    api?.close();
  });
  beforeEach(async () => {
    from = bot.proxy.passed.length;
    place = await makePlace(target);
    node = place.nodes[0];
    return async () => {
      bot.proxy.line('open');
      bot.proxy.hook = undefined;
      await place.remove();
    };
  });

  it.each([
    ['refuses every connection', 'refuse' as const, /can.t be (?:looked at|reached)/],
    ['answers nothing any more', 'hang' as const, /has not answered for a while|gave no answer/],
  ])(
    'goes on after an API server that %s for 30 s, and says so meanwhile',
    async (_, how, words) => {
      await place.fill([web(8), budget('web', 'web', { maxUnavailable: 1 })], 8);
      const before = await place.pods(node);
      const cut = cutInEviction(3, () => bot.proxy.line(how));
      const name = await bot.drain(node);
      const since = await cut;
      const said = bot.shows(name, words, AWAY_MS);
      await expect(said).resolves.toContain('running');
      await wait(Math.max(0, AWAY_MS - (Date.now() - since)));
      bot.proxy.line('open');
      expect(await bot.ended(name, 90_000)).toContain('succeeded');
      expectOnce(before);
      expect(await onNode()).toBe(0);
    },
    180_000,
  );

  it('is verified once the API server is back, where it goes away during the verification', async () => {
    await place.fill([web(3)], 3);
    let cut: number | undefined;
    bot.proxy.hook = ({ method, path }) => {
      const verifies = evicted().length === 3 && method === 'GET' && path.endsWith(`/nodes/${node}`);
      if (!verifies || cut !== undefined) return;
      cut = Date.now();
      bot.proxy.line('refuse');
    };
    const name = await bot.drain(node);
    await eventually('the line is cut', () => cut !== undefined, 60_000);
    // Longer than a verification that fails for good is tried.
    await wait(15_000);
    bot.proxy.line('open');
    expect(await bot.ended(name, 90_000)).toContain('succeeded');
  }, 150_000);

  // It stops what everybody else works with: asked for by name, as the whole suite is in CI.
  it.runIf(process.env['DAYTWO_STOP_API'])(
    'goes on after the API server itself was stopped for 30 s',
    async () => {
      const found = (await readState(clusterPlace()))?.processes.find((one) => one.name === 'kube-apiserver');
      if (!found) throw new Error('there is no API server');
      await place.fill([web(8), budget('web', 'web', { maxUnavailable: 1 })], 8);
      const before = await place.pods(node);
      const stopped = cutInEviction(3, () => {
        process.kill(found.pid, 'SIGSTOP');
        // Whatever becomes of this test.
        setTimeout(() => process.kill(found.pid, 'SIGCONT'), AWAY_MS);
      });
      const name = await bot.drain(node);
      const since = await stopped;
      await bot.shows(name, /has not answered for a while|gave no answer/, AWAY_MS);
      await wait(Math.max(0, AWAY_MS - (Date.now() - since)));
      expect(await bot.ended(name, 120_000)).toContain('succeeded');
      expectOnce(before);
    },
    240_000,
  );

  it('names what a budget that comes in the middle needs and has, and stops where it is cancelled', async () => {
    await place.fill([web(6), budget('web', 'web', { maxUnavailable: 1 })], 6);
    const name = await bot.drain(node);
    await some(2);
    await place.api.patch(`/apis/policy/v1/namespaces/${place.namespace}/poddisruptionbudgets/web`, {
      spec: { maxUnavailable: 0 },
    });
    await bot.shows(
      name,
      new RegExp(`waiting on budget ${place.namespace}/web \\(needs 6 healthy, has 6: none to spare\\)`),
      30_000,
    );
    await bot.say('ana', `/cancel ${name}`);
    const card = await bot.ended(name);
    const remain = await onNode();
    expect(card).toContain(': cancelled');
    expect(card).toContain(`${node} stays cordoned; ${remain} pod${remain === 1 ? ' remains' : 's remain'}`);
    expect(remain).toBeGreaterThan(0);
    expect((await place.node()).spec.unschedulable).toBe(true);
  }, 90_000);

  it('stops where somebody takes its cordon away, and says so', async () => {
    await place.fill([web(3), budget('web', 'web', { maxUnavailable: 1 })], 3);
    await holdAfterOne();
    const name = await bot.drain(node);
    await bot.shows(name, /waiting on budget/, 30_000);
    await place.cordon(node, false);
    const card = await bot.ended(name, 60_000);
    expect(card).toContain('somebody took the cordon away');
    expect(card).toContain(': failed');
    expect(await onNode()).toBeGreaterThan(0);
  }, 120_000);

  it('leaves a cordon that was there before', async () => {
    await place.fill([web(3)], 3);
    await place.cordon(node);
    const name = await bot.drain(node);
    const card = await bot.ended(name);
    expect(card).toContain('It was cordoned by somebody else, who lifts that.');
    const { spec, metadata } = await place.node();
    expect(spec.unschedulable).toBe(true);
    expect(metadata.annotations[CORDON_MARK]).toBeUndefined();
    const back = await bot.ask(`/uncordon ${node}`);
    expect(await bot.card(back.name)).toContain('foreign-cordon');
  }, 60_000);

  it.each([
    ['is deleted', /no node .* any more|is gone/, () => place.api.remove(`/api/v1/nodes/${node}`)],
    ['is deleted and comes again under its name', /another node now/, () => place.replaceNode()],
  ])(
    'ends where its node %s, and evicts nothing more',
    async (_, words, meddle) => {
      await place.fill([web(3), budget('web', 'web', { maxUnavailable: 1 })], 3);
      await holdAfterOne();
      const name = await bot.drain(node);
      await bot.shows(name, /waiting on budget/, 30_000);
      await meddle();
      const gone = Date.now();
      const card = await bot.ended(name, 90_000);
      expect(card).toMatch(words);
      expect(card).toContain(': failed');
      // It may not have looked at the node for so long.
      expect(evicted().filter(({ at }) => at > gone + 20_000)).toEqual([]);
      expect((await place.node())?.spec.unschedulable).toBeUndefined();
    },
    150_000,
  );

  it('evicts what comes back to its node once, also after a crash', async () => {
    await place.fill(
      [
        workload(place, {
          kind: 'StatefulSet',
          name: 'db',
          replicas: 2,
          spec: {
            tolerations: [{ operator: 'Exists' }],
            nodeSelector: { ...place.confined.nodeSelector, 'kubernetes.io/hostname': node },
          },
        }),
      ],
      2,
    );
    const before = await place.pods(node);
    const name = await bot.drain(node);
    await some(2);
    await bot.kill();
    await eventually('both are back', async () => {
      const now = await place.pods(node);
      const uids = new Set(before.map(({ metadata }) => metadata.uid));
      return now.length === 2 && now.every(({ metadata }) => !uids.has(metadata.uid));
    });
    await bot.start();
    const card = await bot.ended(name, 120_000);
    expect(card).toContain(': failed');
    expect(card).toContain('it tolerates the cordon and came back to this node');
    expect(evicted()).toHaveLength(2);
    expectOnce(before);
  }, 180_000);
});

/** Replacements find no node: a budget of `maxUnavailable: 1` lets one pod go, and then nothing. */
async function holdAfterOne(): Promise<void> {
  for (const name of place.nodes.slice(1)) await place.cordon(name);
}
