import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DrainBot, makeDrainBot } from './lab/bot.ts';
import { makePlace, type Place } from './lab/place.ts';
import { openRawApi, type RawApi } from './lab/rawApi.ts';
import { evictionsIn } from './lab/recordingProxy.ts';
import { barePod, budget, workload } from './lab/workloads.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();

let api: RawApi;
let bot: DrainBot;
let place: Place;
let node: string;
let from: number;

const web = (replicas: number): object => workload(place, { name: 'web', replicas });
const touched = () => {
  const passed = bot.proxy.passed.slice(from);
  return { evictions: evictionsIn(passed), patches: passed.filter(({ method }) => method === 'PATCH') };
};

/** A drain that two have to approve, and one has. */
async function halfApproved(): Promise<string> {
  const { name } = await bot.ask(`/drain ${node}`);
  await bot.say('ana', `/confirm ${name}`);
  await bot.say('ben', `/approve ${name}`);
  expect(await bot.card(name)).toContain('waits for an approval');
  return name;
}

describe.runIf(target.own)('an approved drain whose node changes before it starts', () => {
  beforeAll(async () => {
    api = await openRawApi(target.kubeconfig);
    bot = await makeDrainBot(api, { approvals: 2 });
    await bot.start();
  });
  afterAll(async () => {
    await bot?.end();
    api?.close();
  });
  beforeEach(async () => {
    place = await makePlace(target);
    node = place.nodes[0];
    from = bot.proxy.passed.length;
    return () => place.remove();
  });

  it.each<[string, RegExp, () => object]>([
    ['a budget that forbids it', /: blocked/, () => budget('no', 'web', { maxUnavailable: 0 })],
    ['a budget that lets it', /ana must confirm/, () => budget('some', 'web', { maxUnavailable: 1 })],
    ['a new pod of its own', /ana must confirm/, () => barePod(place, 'solo', node)],
  ])(
    'is void by %s, and shows what differs; nothing was touched',
    async (_, words, change) => {
      await place.fill([web(3)], 3);
      const name = await halfApproved();
      await place.make([change()]);
      await bot.say('cleo', `/approve ${name}`);
      const card = await bot.shows(name, words, 30_000);
      expect(card).not.toContain('approved through');
      expect(touched()).toEqual({ evictions: [], patches: [] });
      expect((await place.node()).spec.unschedulable).toBeUndefined();
      const thread = await bot.thread(name);
      expect(thread).toContain(`${name}`);
      expect(thread).toMatch(/differ|changed|void/);
      await bot.say('ana', `/cancel ${name}`);
    },
    60_000,
  );

  it('is void for one that waited for another drain of the node', async () => {
    await place.fill([web(3), budget('web', 'web', { maxUnavailable: 1 })], 3);
    // Replacements find no room: the first one drain is held after one pod.
    for (const other of place.nodes.slice(1)) await place.cordon(other);
    const first = await halfApproved();
    await bot.say('cleo', `/approve ${first}`);
    await bot.shows(first, /waiting on budget/, 30_000);
    const second = await halfApproved();
    await bot.say('cleo', `/approve ${second}`);
    await bot.shows(second, new RegExp(`waits: node/${node} is locked by ${first}`), 30_000);
    await place.make([barePod(place, 'late', node)]);
    await bot.say('ana', `/cancel ${first}`);
    await bot.ended(first);
    const before = touched().evictions.length;
    await bot.shows(second, /ana must confirm/, 30_000);
    expect(touched().evictions).toHaveLength(before);
    await bot.say('ana', `/cancel ${second}`);
  }, 90_000);

  it('goes on where only pods have changed, not workloads', async () => {
    await place.fill([web(3)], 3);
    const name = await halfApproved();
    const [first] = await place.pods(node);
    await place.api.remove(`/api/v1/namespaces/${place.namespace}/pods/${first.metadata.name}`);
    await bot.say('cleo', `/approve ${name}`);
    expect(await bot.ended(name)).toContain(': succeeded');
    expect(await place.pods(node)).toEqual([]);
  }, 60_000);
});
