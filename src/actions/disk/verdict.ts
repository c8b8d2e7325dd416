import type { JournaledStep, Verdict } from '../../gate/action.ts';
import type { Outcome, Plan } from '../../gate/model.ts';
import { humanBytes } from '../../lib/text.ts';
import { beforeResult, type DiskEffects, diskEffects, resultOf } from './effects.ts';
import { freeShare, percent, type Room, roomsAt, roomWords } from './room.ts';
import type { DiskWorld } from './world.ts';

type Check = Outcome['checks'][number];

/** What the action itself found when it looked once more. */
export interface Left {
  /** What was to go: "unused images". */
  readonly check: Check;
  readonly facts: Outcome['facts'];
  /** What was done, in words: "14 images were removed". */
  readonly done: string;
}

/**
 * Measures once more and judges. What was to go must be gone, and no file system may be below the kubelet's threshold: else the
 * alert stays, and the request ends `degraded`. Throws only `cancelled`.
 */
export async function verdictOf(
  { plan, journal, left }: { readonly plan: Plan; readonly journal: readonly JournaledStep[]; readonly left: Left },
  world: DiskWorld,
  signal: AbortSignal,
): Promise<Verdict> {
  const { host, places } = diskEffects(plan);
  const before = resultOf(journal, 'before', beforeResult)?.rooms ?? [];
  const after = host === undefined ? [] : await roomsAt(host, places, world, signal);
  const limits = places.flatMap((one) => limitCheck(one, after));
  const freed = freedWords(places, before, after);
  const checks = [left.check, ...limits];
  const doubts = checks.filter(({ ok }) => !ok);
  const stays = limits.some(({ ok }) => !ok) ? ' DiskPressure stays until more is freed.' : '';
  // Two names of one file system say the same.
  const apart = after.filter((one, at) => after.findIndex(({ mount }) => mount === one.mount) === at);
  const facts = [
    { name: 'freed, by df', value: freed },
    ...apart.map((one) => ({
      name: `free on ${one.name}`,
      value: `${humanBytes(one.freeBytes)}, ${percent(freeShare(one))}`,
    })),
    ...left.facts,
  ];
  return {
    is: doubts.length === 0 ? 'succeeded' : 'degraded',
    outcome: {
      text: `${left.done}; freed, by df: ${freed}.${apart.map((one) => ` ${roomWords(one, undefined)}.`).join('')}${stays}`,
      facts,
      checks,
    },
  };
}

function limitCheck({ name, least }: DiskEffects['places'][number], after: readonly Room[]): Check[] {
  if (least === undefined) return [];
  const found = after.find((one) => one.name === name);
  const share = found && freeShare(found);
  return [
    {
      what: `${name} free`,
      expected: `${Math.round(100 * least)} % or more`,
      actual: share === undefined ? 'can’t be told' : percent(share),
      ok: share !== undefined && share >= least,
    },
  ];
}

/** What became free where it was to become free. Others write meanwhile: it may be less than nothing. */
function freedWords(places: DiskEffects['places'], before: readonly Room[], after: readonly Room[]): string {
  const name = places[0]?.name;
  const [was, is] = [before, after].map((rooms) => rooms.find((one) => one.name === name));
  if (!was || !is) return 'not measured';
  const bytes = is.freeBytes - was.freeBytes;
  if (bytes >= 0) return humanBytes(bytes);
  return `nothing to be seen by df (${humanBytes(-bytes)} less are free than before: others write to it)`;
}
