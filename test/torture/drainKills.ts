import { ENDS, type GateRequest } from '../../src/gate/model.ts';
import { type DrainBot, makeDrainBot } from '../cluster/lab/bot.ts';
import { makePlace, type Place } from '../cluster/lab/place.ts';
import { evictionsIn } from '../cluster/lab/recordingProxy.ts';
import { barePod, budget, workload } from '../cluster/lab/workloads.ts';
import type { Target } from '../cluster/target.ts';
import { cutAt, type Left } from './actionState.ts';
import { drainFaults } from './drainVerify.ts';
import { type Chance, chanceOf } from './random.ts';

/** What the kills of drains did. */
export interface DrainKillReport {
  readonly kills: number;
  /** Drains; one may have been cut off several times. */
  readonly drains: number;
  /** Where they were when the bot died, with how often. */
  readonly where: ReadonlyMap<string, number>;
  /** How they ended, with how often. */
  readonly ends: ReadonlyMap<string, number>;
  /** Drains that had evicted something, were cut off and went on by themselves. */
  readonly resumed: number;
  readonly evictions: number;
  readonly faults: readonly string[];
}

/** A drain is cut off again with this probability, as soon as it goes on. */
const AGAIN = 0.35;
/** A kill by the clock falls within this time after the approval; a drain takes some nine seconds. */
const DRAIN_MS = 9000;
/** One within the start of the bot falls within this time. */
const START_MS = 2500;
const END_WITHIN_MS = 120_000;
const WEB = 6;
const DB = 3;

/** A point of a drain: the requests that it makes tell where it is. */
interface Point {
  readonly is: (method: string, path: string) => boolean;
  /** Of that kind. */
  readonly most: number;
}

const EVICTION: Point = { is: (method, path) => method === 'POST' && path.endsWith('/eviction'), most: WEB + DB };
const CORDON: Point = { is: (method) => method === 'PATCH', most: 1 };
/** The third to the fifth are looks at the budgets, at the node (after the cordon; at the end), and at what is left. */
const POINTS: readonly Point[] = [
  EVICTION,
  EVICTION,
  CORDON,
  { is: (_, path) => path.includes('/poddisruptionbudgets'), most: 6 },
  { is: (method, path) => method === 'GET' && /\/nodes\/[^/?]+$/.test(path), most: 3 },
  { is: (_, path) => path.includes('fieldSelector=spec.nodeName'), most: 12 },
];

/** Kills the real bot at random points of drains of a kwok node, until it has died `runs` times; looks at everything after each drain. */
export async function killDrains({
  runs,
  seed,
  target,
  say,
}: {
  readonly runs: number;
  readonly seed: number;
  readonly target: Pick<Target, 'kubeconfig' | 'image'>;
  readonly say: (line: string) => void;
}): Promise<DrainKillReport> {
  const chance = chanceOf(seed);
  const place = await makePlace(target);
  const bot = await makeDrainBot(place.api);
  const where = new Map<string, number>();
  const ends = new Map<string, number>();
  const faults: string[] = [];
  const count = { kills: 0, drains: 0, resumed: 0, evictions: 0 };
  try {
    await bot.start();
    while (count.kills < runs && faults.length === 0) {
      const drain = await one(bot, place, chance, runs - count.kills);
      count.drains += 1;
      count.kills += drain.cuts.length;
      for (const cut of drain.cuts) bump(where, cut);
      bump(ends, drain.end);
      if (drain.resumed) count.resumed += 1;
      count.evictions += drain.evictions;
      faults.push(...drain.faults);
      say(`  ${count.kills} kills: ${drain.name} was cut off ${drain.cuts.join(', then ')}: ${drain.end}`);
      await place.clear();
    }
  } finally {
    await bot.end();
    await place.remove();
  }
  return { ...count, where, ends, faults };
}

/** One drain, cut off once or more, and what is to be said of it. */
async function one(bot: DrainBot, place: Place, chance: Chance, most: number) {
  const [node] = place.nodes;
  await place.fill(
    [
      workload(place, { name: 'web', replicas: WEB }),
      workload(place, { kind: 'StatefulSet', name: 'db', replicas: DB }),
      budget('web', 'web', { maxUnavailable: 2 }),
      barePod(place, 'solo', node),
    ],
    WEB + DB + 1,
  );
  const before = await place.pods(node);
  const from = bot.proxy.passed.length;
  const { name } = await bot.ask(`/drain ${node}`);
  await bot.say('ana', `/confirm ${name}`);
  const cuts: string[] = [];
  const faults: string[] = [];
  let left: Left | undefined;
  let resumed = false;
  for (;;) {
    if (left) await bot.start();
    const died = killAt(bot, chance, left !== undefined);
    // Approving again is fine where the first approval died with the bot.
    await bot.say('ben', `/approve ${name}`).catch(() => {});
    await died;
    left = await bot.look();
    faults.push(...left.faults);
    const request = requestIn(left, name);
    // It was faster.
    if (ENDS.has(request.state)) break;
    cuts.push(whereIn(request, left));
    resumed ||= left.steps.some(
      ({ execution, step }) => execution === request.execution?.id && step.startsWith('evict'),
    );
    if (cuts.length >= most || !chance.is(AGAIN)) break;
  }
  if (chance.is(0.3) && cuts.length > 0 && cuts.length < most) {
    await bot.dieAfter(chance.between(200, START_MS));
    left = await bot.look();
    const request = requestIn(left, name);
    if (!ENDS.has(request.state)) cuts.push(`while it started again (${whereIn(request, left)})`);
  }
  if (left) await bot.start().catch(() => bot.start());
  await bot.say('ben', `/approve ${name}`);
  await bot.ended(name, END_WITHIN_MS);
  await bot.kill();
  const after = await bot.look();
  const request = requestIn(after, name);
  const passed = bot.proxy.passed.slice(from);
  faults.push(...after.faults, ...(await drainFaults({ request, steps: after.steps, passed, before, place })));
  const evictions = evictionsIn(passed).filter(({ status }) => status === 201);
  await bot.start();
  const end = `${request.state}${request.state === 'succeeded' ? '' : ` (${request.outcome?.text})`}`;
  return { name, cuts, end, resumed: resumed && request.state === 'succeeded', evictions: evictions.length, faults };
}

/** Kills it at a point of its way, or by the clock. */
async function killAt(bot: DrainBot, chance: Chance, again: boolean): Promise<void> {
  const { proxy } = bot;
  const { ended } = bot.process();
  const fire = Promise.withResolvers<void>();
  const point = chance.is(0.3) ? undefined : POINTS[chance.between(0, POINTS.length - 1)];
  const nth = chance.between(1, again ? Math.ceil((point?.most ?? 1) / 2) : (point?.most ?? 1));
  const wanted = chance.is(0.5) ? 'before' : 'after';
  const reaches = chance.is(0.5);
  const afterMs = point ? DRAIN_MS * 1.5 : chance.between(0, DRAIN_MS);
  let seen = 0;
  proxy.hook = async ({ method, path }, when) => {
    if (when !== wanted || !point?.is(method, path)) return;
    seen += 1;
    if (seen < nth) return;
    fire.resolve();
    await ended;
    // What it asked for last may reach the API server, or not.
    if (when === 'before' && !reaches) throw new Error('it died');
  };
  const timer = setTimeout(fire.resolve, afterMs);
  await fire.promise;
  clearTimeout(timer);
  await bot.kill();
  proxy.hook = undefined;
}

function requestIn({ requests }: Left, name: string): GateRequest {
  const found = requests.find((one) => one.name === name);
  if (!found) throw new Error(`${name} is gone`);
  return found;
}

/** Without names and uids of pods. */
function whereIn(request: GateRequest, { steps }: Left): string {
  const at = cutAt(request, steps);
  return at === undefined
    ? `while ${request.state}`
    : at.replace(/^node\.drain /, '').replace(/ evict .*/, ' an eviction');
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
