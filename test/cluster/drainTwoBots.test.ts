import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORDON_MARK } from '../../src/actions/node/mark.ts';
import { postgresAvailable, type RealPostgres, startPostgres } from '../support/real/postgres.ts';
import { type DrainBot, makeDrainBot } from './lab/bot.ts';
import { makePlace, type Place } from './lab/place.ts';
import { openRawApi, type RawApi } from './lab/rawApi.ts';
import { evictionsIn } from './lab/recordingProxy.ts';
import { budget, workload } from './lab/workloads.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const POSTGRES = postgresAvailable('two bots of one state on one node were not tried');

/** Uids that were evicted by all of them, one entry an eviction. */
const evicted = (bots: readonly DrainBot[]): readonly (string | undefined)[] =>
  bots.flatMap(({ proxy }) => evictionsIn(proxy.passed).flatMap(({ status, uid }) => (status === 201 ? [uid] : [])));
const cordons = (bots: readonly DrainBot[]): number =>
  bots.flatMap(({ proxy }) => proxy.passed.filter(({ method, status }) => method === 'PATCH' && status === 200)).length;

describe.runIf(target.own)('two bots on one node', () => {
  let api: RawApi;
  let place: Place;
  beforeAll(async () => {
    api = await openRawApi(target.kubeconfig);
  });
  afterAll(() => api?.close());

  async function onNode(pods: number): Promise<string> {
    place = await makePlace(target);
    await place.fill(
      [workload(place, { name: 'web', replicas: pods }), budget('web', 'web', { maxUnavailable: 1 })],
      pods,
    );
    return place.nodes[0];
  }

  it.runIf(POSTGRES)(
    'of one state: one drains, the other is told who, and starts over with a plan of what is then',
    async () => {
      let postgres: RealPostgres | undefined;
      const bots: DrainBot[] = [];
      try {
        postgres = await startPostgres();
        const yaml = `store: { kind: postgres, url: "${postgres.url}" }`;
        for (let n = 0; n < 2; n += 1) {
          const bot: DrainBot = await makeDrainBot(api, { yaml, ...(bots[0] ? { people: bots[0].people } : {}) });
          bots.push(bot);
          await bot.start();
        }
        const [a, b] = bots as [DrainBot, DrainBot];
        const node = await onNode(5);
        const uids = (await place.pods(node)).map(({ metadata }) => metadata.uid);
        const [first, second] = await Promise.all([a.ask(`/drain ${node}`), b.ask(`/drain ${node}`)]);
        expect(first.name).not.toBe(second.name);
        // Confirmed at one, approved at the other.
        await Promise.all([b.say('ana', `/confirm ${first.name}`), a.say('ana', `/confirm ${second.name}`)]);
        await Promise.all([a.say('ben', `/approve ${first.name}`), b.say('ben', `/approve ${second.name}`)]);
        const waits = new RegExp(`waits: node/${node} is locked by REQ-\\d+`);
        const told = await Promise.race(
          [first, second].map(({ name }) => a.shows(name, waits, 30_000).then(() => name)),
        );
        const other = told === first.name ? second.name : first.name;
        expect(await b.ended(other)).toContain(': succeeded');
        // What it would move has gone: its plan is void, and nobody acts on it.
        await b.shows(told, /ana must confirm/, 30_000);
        expect(evicted(bots).toSorted()).toEqual(uids.toSorted());
        expect(cordons(bots)).toBe(1);
      } finally {
        for (const bot of bots) await bot.end();
        await postgres?.stop();
        await place?.remove();
      }
    },
    150_000,
  );

  it('of a state each: one drains, the other’s plan blocks and says who is at work', async () => {
    const bots: DrainBot[] = [];
    try {
      for (let n = 0; n < 2; n += 1) {
        const bot = await makeDrainBot(api);
        bots.push(bot);
        await bot.start();
      }
      const [a, b] = bots as [DrainBot, DrainBot];
      const node = await onNode(5);
      const uids = (await place.pods(node)).map(({ metadata }) => metadata.uid);
      // Both have a plan, and both are approved, before either has begun: the API server decides who cordons.
      const [first, second] = await Promise.all([a.ask(`/drain ${node}`), b.ask(`/drain ${node}`)]);
      expect(first.name).toBe(second.name);
      await Promise.all([a.say('ana', '/confirm REQ-1'), b.say('ana', '/confirm REQ-1')]);
      await Promise.all([a.say('ben', '/approve REQ-1'), b.say('ben', '/approve REQ-1')]);
      const ends = await Promise.all([a, b].map((bot) => bot.shows('REQ-1', /: (?:succeeded|failed|blocked)/, 60_000)));
      expect(ends.filter((card) => card.includes(': succeeded'))).toHaveLength(1);
      const loser = ends.findIndex((card) => !card.includes(': succeeded'));
      expect(ends[loser]).toContain('another daytwo (its REQ-1');
      expect(evicted(bots).toSorted()).toEqual(uids.toSorted());
      expect(evicted([bots[loser] as DrainBot])).toEqual([]);
      expect(cordons(bots)).toBe(1);

      const late = bots[loser] as DrainBot;
      const card = await late.card((await late.ask(`/drain ${node}`)).name);
      expect(card).toContain('other-actor');
      expect(card).toContain('another daytwo (its REQ-1');
      const back = await late.ask(`/uncordon ${node}`);
      expect(await late.card(back.name)).toContain('foreign-cordon');
      expect((await place.node()).metadata.annotations[CORDON_MARK]).toContain('REQ-1');
    } finally {
      for (const bot of bots) await bot.end();
      await place?.remove();
    }
  }, 150_000);
});
