import { z } from 'zod';
import type { Run } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { codeOf, DaytwoError, messageOf } from '../../lib/errors.ts';
import { beforeResult, rememberBefore } from './before.ts';
import { budgetName, turnOf } from './budgetTurn.ts';
import { cordon, cordonResult, sameNode } from './cordon.ts';
import { type DrainEffects, drainEffects } from './effects.ts';
import { tryEviction } from './evict.ts';
import { names } from './found.ts';
import { createLooker, type LeftPod } from './left.ts';
import { budgetsOf } from './select.ts';
import type { NodeWorld } from './world.ts';

/** Evictions at once: each is one small request; the API server's fairness takes more. */
const AT_ONCE = 10;
/** Between looks while pods go, and while all that is left is held, ms; the latter grow. */
const GOING_MS = 1000;
const HELD_MS = 2000;
const HELD_MOST_MS = 10_000;
/** How long a budget that refused a try is left alone, ms, and up to how much longer. */
const REFUSED_MS = 5000;
const JITTER_MS = 2500;
/** How often the node itself is looked at: somebody may take the cordon away. */
const NODE_MS = 15_000;
/** Looks that may fail in a row, each with a longer pause: an API server that restarts comes back. */
const AWAY_MOST_MS = 10_000;

/** Step `gave-up`: why it ended before the node was empty. */
export const gaveUpResult = z.object({
  why: z.string(),
  waits: z.array(z.object({ what: z.string(), text: z.string() })),
});

/** Drains a node by the plan's effects alone. Returns too where it gave up: verification tells. Throws as `Run.step`. */
export async function executeDrain(plan: Plan, run: Run, world: NodeWorld, signal: AbortSignal): Promise<void> {
  const effects = drainEffects(plan);
  beforeResult.parse(await run.step('before', (own) => rememberBefore(effects, world, own)));
  const { at } = cordonResult.parse(
    await run.step('cordon', (own) => cordon(effects.node, run.executionId, world, own)),
  );
  await empty(effects, at + effects.deadlineMs, run, world, signal);
}

/** Rounds of looking and evicting until two looks find nothing. */
async function empty(
  effects: DrainEffects,
  until: number,
  run: Run,
  world: NodeWorld,
  signal: AbortSignal,
): Promise<void> {
  const { clock, cluster } = world;
  const looker = createLooker(effects, world);
  const resting = new Map<string, Rest>();
  const held = new Map<string, string>();
  let nothing = 0;
  let most = 0;
  let quiet = 0;
  let nodeSeenAt = clock.now();
  let awayMs = GOING_MS;
  for (;;) {
    if (signal.aborted) throw new DaytwoError('cancelled', messageOf(signal.reason));
    let left: readonly LeftPod[];
    let pauseMs = GOING_MS;
    try {
      left = await looker.look(signal);
      if (clock.now() - nodeSeenAt > NODE_MS) {
        const node = await sameNode(effects.node, world, signal);
        nodeSeenAt = clock.now();
        if (!node.unschedulable) return await giveUp(run, 'somebody took the cordon away', left, held);
      }
      awayMs = GOING_MS;
    } catch (error) {
      if (signal.aborted || codeOf(error) === 'not-found' || codeOf(error) === 'forbidden') throw error;
      if (clock.now() > until) throw error;
      run.progress({ text: `the cluster can't be looked at: ${messageOf(error)}` });
      await clock.sleep(awayMs, signal);
      awayMs = Math.min(AWAY_MOST_MS, awayMs * 2);
      continue;
    }
    most = Math.max(most, left.length);
    if (left.length === 0) {
      nothing += 1;
      if (nothing === 2) return;
      await clock.sleep(GOING_MS, signal);
      continue;
    }
    nothing = 0;
    if (clock.now() > until) return await giveUp(run, 'its time is over', left, held);
    const turn = await takeTurn(left, held, resting, world, signal);
    tell(run, left, held, most);
    if (turn.length > 0) {
      const tried = await evictAll(turn, run, world, held);
      for (const { one, text } of tried.refused) {
        const restMs = REFUSED_MS + world.random() * JITTER_MS;
        for (const name of one.budgets) resting.set(name, { until: clock.now() + restMs, text });
        resting.set(one.left.pod.uid, { until: clock.now() + restMs, text });
        held.set(one.left.pod.uid, text);
      }
      if (tried.stop) return await giveUp(run, tried.stop, left, held);
      pauseMs = Math.max(pauseMs, tried.waitMs);
    }
    const waits = left.every(({ pod }) => held.has(pod.uid));
    quiet = waits && turn.length === 0 ? quiet + 1 : 0;
    if (waits) pauseMs = Math.max(pauseMs, Math.min(HELD_MOST_MS, HELD_MS + quiet * 250) + world.random() * 500);
    await clock.sleep(pauseMs, signal);
  }

  /** Who may be tried now. One list of budgets, where anybody is left to try. */
  async function takeTurn(
    left: readonly LeftPod[],
    waiting: Map<string, string>,
    rests: Map<string, Rest>,
    { self }: NodeWorld,
    own: AbortSignal,
  ): Promise<readonly Trial[]> {
    waiting.clear();
    for (const { pod, foreign } of left) if (foreign !== undefined) waiting.set(pod.uid, foreign);
    const open = left.filter(({ fate, foreign }) => fate.is !== 'ends' && foreign === undefined);
    // The bot's own pod goes last: whoever takes over has the least left to do.
    const isSelf = ({ pod }: LeftPod): boolean => pod.namespace === self?.namespace && pod.name === self?.name;
    const candidates = left.some((one) => !isSelf(one) && one.foreign === undefined)
      ? open.filter((one) => !isSelf(one))
      : open;
    for (const [name, rest] of rests) if (rest.until <= clock.now()) rests.delete(name);
    for (const { pod } of candidates) waiting.set(pod.uid, rests.get(pod.uid)?.text ?? '');
    const rested = candidates.filter(({ pod }) => !rests.has(pod.uid));
    for (const { pod } of rested) waiting.delete(pod.uid);
    if (rested.length === 0) return [];
    let budgets: Awaited<ReturnType<typeof cluster.budgets>>;
    try {
      budgets = await cluster.budgets(own);
    } catch (error) {
      if (own.aborted || codeOf(error) === 'forbidden') throw error;
      for (const { pod } of rested) waiting.set(pod.uid, messageOf(error));
      return [];
    }
    const turn = turnOf(
      rested.map(({ pod }) => pod),
      budgets,
      new Set(rests.keys()),
    );
    for (const [uid, text] of turn.held) waiting.set(uid, text);
    return turn.go.flatMap((pod) => {
      const found = rested.find((one) => one.pod === pod);
      return found ? [{ left: found, budgets: budgetsOf(pod, budgets).map(budgetName) }] : [];
    });
  }
}

/** What was refused, by a budget's name or a pod's uid: until when it is left alone, epoch ms, and why. */
interface Rest {
  readonly until: number;
  readonly text: string;
}

interface Trial {
  readonly left: LeftPod;
  readonly budgets: readonly string[];
}

/** Tries a round's evictions, a few at once; the first that can't be journaled ends the round. */
async function evictAll(
  trials: readonly Trial[],
  run: Run,
  world: NodeWorld,
  held: Map<string, string>,
): Promise<{
  readonly refused: readonly { one: Trial; text: string }[];
  readonly waitMs: number;
  readonly stop?: string;
}> {
  const queue = [...trials];
  const refused: { one: Trial; text: string }[] = [];
  let waitMs = 0;
  let stop: string | undefined;
  let broken: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one && !broken && stop === undefined && waitMs === 0; one = queue.shift()) {
      try {
        const tried = await tryEviction(one.left.pod, run, world);
        if (tried.is === 'held') refused.push({ one, text: tried.text });
        else if (tried.is === 'stop') stop = tried.text;
        else if (tried.is === 'throttled') waitMs = tried.waitMs;
        else if (tried.is === 'away') {
          held.set(one.left.pod.uid, tried.text);
          waitMs = GOING_MS;
        }
      } catch (error) {
        broken = { error };
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (broken) throw broken.error;
  return { refused, waitMs, ...(stop === undefined ? {} : { stop }) };
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
