import { z } from 'zod';
import type { NodeFollower } from '../../cluster/following/port.ts';
import type { Run } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { codeOf, DaytwoError, messageOf } from '../../lib/errors.ts';
import { beforeResult, rememberBefore } from './before.ts';
import { cordon, cordonResult, sameNode } from './cordon.ts';
import { type DrainEffects, drainEffects } from './effects.ts';
import { names } from './found.ts';
import { createLooker, type LeftPod, type Looker } from './left.ts';
import { stopwatch } from './stopwatch.ts';
import { createTrials } from './trials.ts';
import type { NodeWorld } from './world.ts';

/** Between looks while pods go, and while all that is left is held, ms; the latter grow. */
const GOING_MS = 1000;
const HELD_MS = 2000;
const HELD_MOST_MS = 10_000;
/** What was done is known to followers a moment later, ms: until then a budget would be counted as before. */
const SETTLE_MS = 500;
/** How often the node itself is looked at: somebody may take the cordon away. */
const NODE_MS = 15_000;
/** The longest pause between looks while the cluster can't be looked at, ms: an API server that restarts comes back. */
const AWAY_MOST_MS = 10_000;
/** An answer that takes longer is told of, ms. */
const SLOW_MS = 5000;
/** How long it waits for pods that aren't in the plan to leave by themselves, ms. */
const FOREIGN_MS = 60_000;

/** Step `gave-up`: why it ended before the node was empty. */
export const gaveUpResult = z.object({
  why: z.string(),
  waits: z.array(z.object({ what: z.string(), text: z.string() })),
});

/** Drains a node by the plan's effects alone. Returns too where it gave up: verification tells. Throws as `Run.step`. */
export async function executeDrain(plan: Plan, run: Run, world: NodeWorld, signal: AbortSignal): Promise<void> {
  const effects = drainEffects(plan);
  const first = createLooker(effects, world);
  const { uids, pods } = beforeResult.parse(await run.step('before', (own) => rememberBefore(first, world, own)));
  const { at } = cordonResult.parse(
    await run.step('cordon', (own) => cordon(effects.node, run.executionId, world, own)),
  );
  const passed = stopwatch(world.clock.now);
  const spent = Math.max(0, world.clock.now() - at);
  const looker = createLooker(effects, world, { before: uids, seen: first.owners() });
  const followed = world.following?.node(effects.node.name);
  try {
    const untilMs = effects.deadlineMs - spent;
    await empty({ effects, looker, followed, passed, untilMs, atFirst: pods }, run, world, signal);
  } finally {
    await followed?.stop();
  }
}

/** What an execution goes by. Its times are ms since it began or went on, however the clock is set. */
interface Course {
  readonly effects: DrainEffects;
  readonly looker: Looker;
  readonly followed: NodeFollower | undefined;
  readonly passed: () => number;
  readonly untilMs: number;
  /** Pods that had to go when it began: what is done counts from there after a crash, too. */
  readonly atFirst: number;
}

/** Rounds of looking and evicting until two looks find nothing, or there is a reason to give up. */
async function empty(course: Course, run: Run, world: NodeWorld, signal: AbortSignal): Promise<void> {
  const { clock } = world;
  const { passed, untilMs, followed, atFirst } = course;
  const look = createLook(course, run, world, signal);
  const trials = createTrials(run, world, followed);
  let nothing = 0;
  let most = atFirst;
  let quiet = 0;
  let strange = passed();
  for (;;) {
    const { left, uncordoned } = await told(run, look());
    most = Math.max(most, left.length);
    nothing = left.length === 0 ? nothing + 1 : 0;
    if (nothing === 2) return;
    if (left.some(({ foreign }) => foreign === undefined)) strange = passed();
    const why = uncordoned
      ? 'somebody took the cordon away'
      : passed() > untilMs
        ? 'its time is over'
        : passed() - strange > FOREIGN_MS
          ? 'what is left is not evicted by this request'
          : undefined;
    if (left.length > 0 && why !== undefined) return await giveUp(run, why, left, trials.waits());
    const round = await told(run, trials.round(left, signal));
    if (round.stop !== undefined) return await giveUp(run, round.stop, left, trials.waits());
    if (left.length > 0) tell(run, left, trials.waits(), most);
    const held = left.length > 0 && left.every(({ pod }) => trials.waits().has(pod.uid));
    quiet = held && round.tried === 0 ? quiet + 1 : 0;
    const heldMs = held ? Math.min(HELD_MOST_MS, HELD_MS + quiet * 250) + world.random() * 500 : 0;
    const restMs = Math.max(GOING_MS, heldMs);
    await Promise.all([
      // Whoever follows knows of a change when it comes; a server that asks to slow down is given its time.
      clock.sleep(Math.max(round.waitMs, followed ? SETTLE_MS : restMs), signal),
      followed?.changed(restMs, signal),
    ]);
  }
}

/**
 * Looks what is left, and now and then whether the cordon is; while the cluster is away it looks again, until the time is over. What is followed
 * stands for a list in between, and never says that nothing is left.
 */
function createLook(
  { effects, looker, followed, passed, untilMs }: Course,
  run: Run,
  world: NodeWorld,
  signal: AbortSignal,
) {
  const { clock } = world;
  // After a crash the cordon may be gone for long.
  let nodeSeenAt = -Infinity;
  return async (): Promise<{ readonly left: readonly LeftPod[]; readonly uncordoned: boolean }> => {
    for (let awayMs = GOING_MS; ; awayMs = Math.min(AWAY_MOST_MS, awayMs * 2)) {
      if (signal.aborted) throw new DaytwoError('cancelled', messageOf(signal.reason));
      try {
        if (passed() - nodeSeenAt <= NODE_MS) {
          const pods = followed?.pods();
          const known = pods ? await looker.look(signal, pods) : [];
          return { left: known.length > 0 ? known : await looker.look(signal), uncordoned: false };
        }
        const left = await looker.look(signal);
        const node = await sameNode(effects.node, world, signal);
        nodeSeenAt = passed();
        return { left, uncordoned: !node.unschedulable };
      } catch (error) {
        const code = codeOf(error);
        if (signal.aborted || code === 'not-found' || code === 'forbidden' || passed() > untilMs) throw error;
        run.progress({ text: `the cluster can't be looked at: ${messageOf(error)}` });
        await clock.sleep(awayMs, signal);
      }
    }
  };
}

/** Says on the card that the cluster takes its time: a call may take twenty seconds until it is given up. */
async function told<T>(run: Run, asking: Promise<T>): Promise<T> {
  const timer = setTimeout(() => run.progress({ text: 'the cluster has not answered for a while' }), SLOW_MS);
  try {
    return await asking;
  } finally {
    clearTimeout(timer);
  }
}

/** What is left and what it waits for, on the card. */
function tell(run: Run, left: readonly LeftPod[], held: ReadonlyMap<string, string>, most: number): void {
  const reasons = names(left.flatMap(({ pod }) => held.get(pod.uid) ?? []));
  const waits = reasons === '' ? '' : `; waiting on ${reasons}`;
  run.progress({ text: `${left.length} of ${most} pods left${waits}`, share: 1 - left.length / Math.max(1, most) });
}

/** Ends it with the node not empty; what each pod waited for is kept for the verification. */
async function giveUp(
  run: Run,
  why: string,
  left: readonly LeftPod[],
  held: ReadonlyMap<string, string>,
): Promise<void> {
  const waits = left.slice(0, 200).map(({ workload, pod, fate }) => ({
    what: workload,
    text: held.get(pod.uid) ?? (fate.is === 'ends' ? 'is being deleted, and does not end' : 'was not tried'),
  }));
  await run.step('gave-up', async () => ({ why, waits }));
}
