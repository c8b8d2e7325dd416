import type { BudgetState, PodState } from '../../cluster/acting.ts';
import type { NodeFollower } from '../../cluster/following/port.ts';
import type { Run } from '../../gate/action.ts';
import { codeOf, messageOf } from '../../lib/errors.ts';
import { budgetName, turnOf } from './budgetTurn.ts';
import { tryEviction } from './evict.ts';
import type { LeftPod } from './left.ts';
import { budgetsOf } from './select.ts';
import { stopwatch } from './stopwatch.ts';
import type { NodeWorld } from './world.ts';

/**
 * Evictions at once: each is one small request; the API server's fairness takes more. Those under one budget go one after the other: the
 * server writes the budget with each, and a second that meets it waits 500 ms. Source: kubernetes `pkg/registry/core/pod/storage/eviction.go`,
 * EvictionsRetry.
 */
const AT_ONCE = 10;
/** How long what was refused is left alone, ms, and up to how much longer. */
const REFUSED_MS = 5000;
const JITTER_MS = 2500;
/** After an answer that didn't come, ms. */
const AWAY_MS = 1000;

/** A round of trials: how many, how long to wait at least, and why no other would help. */
export interface Round {
  readonly tried: number;
  readonly waitMs: number;
  readonly stop?: string | undefined;
}

/** Tries evictions, round by round. */
export interface Trials {
  /** Tries those that may go now. Throws as `Run.step`. */
  round(left: readonly LeftPod[], signal: AbortSignal): Promise<Round>;
  /** What each pod waits for, by uid, as of the last round. */
  waits(): ReadonlyMap<string, string>;
}

/** Builds the trials of an execution; budgets come from what is followed, where that is fresh. */
export function createTrials(run: Run, world: NodeWorld, followed?: Pick<NodeFollower, 'budgets'>): Trials {
  const { cluster, self } = world;
  const passed = stopwatch(world.clock.now);
  /** What was refused, by a budget's name or a pod's uid: until when it is left alone, by the stopwatch, and why. */
  const rests = new Map<string, { readonly until: number; readonly text: string }>();
  const waits = new Map<string, string>();

  /** Who is left to try: neither on its way nor foreign nor resting; the bot's own pod last, so that whoever takes over has little to do. */
  function candidates(left: readonly LeftPod[]): readonly PodState[] {
    const isSelf = ({ pod }: LeftPod): boolean => pod.namespace === self?.namespace && pod.name === self?.name;
    const others = left.some((one) => !isSelf(one) && one.foreign === undefined);
    for (const [name, rest] of rests) if (rest.until <= passed()) rests.delete(name);
    return left.flatMap((one) => {
      const { pod, fate, foreign } = one;
      const rest = foreign ?? rests.get(pod.uid)?.text;
      if (rest !== undefined) waits.set(pod.uid, rest);
      return rest === undefined && fate.is !== 'ends' && !(others && isSelf(one)) ? [pod] : [];
    });
  }

  /** At most one list of budgets a round, where anybody is left to try. */
  async function budgetsFor(
    pods: readonly PodState[],
    signal: AbortSignal,
  ): Promise<readonly BudgetState[] | undefined> {
    try {
      return followed?.budgets() ?? (await cluster.budgets(signal));
    } catch (error) {
      if (signal.aborted || codeOf(error) === 'forbidden') throw error;
      for (const { uid } of pods) waits.set(uid, messageOf(error));
      return undefined;
    }
  }

  /** A few at once, one of each budget; the first that can't be journaled ends the round. */
  async function evictAll(pods: readonly PodState[], budgets: readonly BudgetState[]): Promise<Round> {
    const queue = [...Map.groupBy(pods, (pod) => budgetsOf(pod, budgets)[0] ?? pod).values()];
    let waitMs = 0;
    let stop: string | undefined;
    let broken: { readonly error: unknown } | undefined;
    const one = async (pod: PodState): Promise<void> => {
      const tried = await tryEviction(pod, run, world);
      if ('text' in tried) waits.set(pod.uid, tried.text);
      if (tried.is === 'stop') stop = tried.text;
      else if (tried.is === 'throttled') waitMs = Math.max(waitMs, tried.waitMs);
      else if (tried.is === 'away') waitMs = Math.max(waitMs, AWAY_MS);
      else if (tried.is === 'held') {
        const rest = { until: passed() + REFUSED_MS + world.random() * JITTER_MS, text: tried.text };
        for (const name of [pod.uid, ...budgetsOf(pod, budgets).map(budgetName)]) rests.set(name, rest);
      }
    };
    const goesOn = (): boolean => !broken && stop === undefined && waitMs === 0;
    const worker = async (): Promise<void> => {
      for (let turn = queue.shift(); turn && goesOn(); turn = queue.shift())
        for (const pod of turn) {
          if (!goesOn()) return;
          await one(pod).catch((error: unknown) => {
            broken ??= { error };
          });
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (broken) throw broken.error;
    return { tried: pods.length, waitMs, stop };
  }

  return {
    waits: () => waits,
    round: async (left, signal) => {
      waits.clear();
      const pods = candidates(left);
      const budgets = pods.length === 0 ? undefined : await budgetsFor(pods, signal);
      if (!budgets) return { tried: 0, waitMs: 0 };
      const { go, held } = turnOf(pods, budgets, new Set(rests.keys()));
      for (const [uid, text] of held) waits.set(uid, text);
      return evictAll(go, budgets);
    },
  };
}
