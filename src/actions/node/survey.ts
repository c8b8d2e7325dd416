import type { OwnerState, PodState } from '../../cluster/acting.ts';
import { type BudgetVerdict, judgeBudgets, type Return, torn } from './budgets.ts';
import { type Fate, fateOf, ownerOf, workloadOf } from './fate.ts';
import { type Place, placements } from './placement.ts';
import { toleratesCordon } from './returned.ts';
import type { DrainSnapshot } from './snapshot.ts';

/** A pod of the node, and what becomes of it. */
export interface SurveyedPod {
  readonly pod: PodState;
  readonly fate: Fate;
  /** `Deployment default/web`. */
  readonly workload: string;
  /** Of those that move. */
  readonly place: Place | undefined;
  readonly returns: Return;
  /** All of its controller's living pods, here and elsewhere. */
  readonly siblings: number;
}

/** What a drain comes to. */
export interface Survey {
  readonly pods: readonly SurveyedPod[];
  readonly budgets: readonly BudgetVerdict[];
  /** Pods that no eviction can ever move, since several budgets name them. */
  readonly torn: readonly PodState[];
  /**
   * Whether every pod will leave: `will` in a closed world, `should` as long as replacements become ready, `held` until something heals,
   * `never` as things are.
   */
  readonly finishes: 'will' | 'should' | 'held' | 'never';
  /** How long at most, by grace periods and budgets, ms. */
  readonly atMostMs: number;
}

/** A replacement that is placed at once is ready after about this long, ms: image there, probes quick. */
const START_MS = 15_000;

/** Works out what a drain comes to. Pure. */
export function survey(snapshot: DrainSnapshot): Survey {
  const { here, elsewhere, owners, node } = snapshot;
  const living = Map.groupBy(
    [...here, ...elsewhere].filter(
      ({ deletedAt, phase }) => deletedAt === undefined && phase !== 'Succeeded' && phase !== 'Failed',
    ),
    ({ owner }) => owner?.uid ?? '',
  );
  const fates = here.map((pod) => ({ pod, fate: fateOf(pod, owners) }));
  const moving = fates.filter(({ fate }) => fate.is === 'moves').map(({ pod }) => pod);
  const places = placements(snapshot, moving);
  const pods = fates.map(({ pod, fate }): SurveyedPod => {
    const siblings = pod.owner ? (living.get(pod.owner.uid) ?? []) : [pod];
    const place = places.get(pod.uid);
    const returns = fate.is === 'moves' ? returnOf(pod, place, ownerOf(pod.owner, owners), siblings) : 'never';
    return { pod, fate, workload: workloadOf(pod, owners), place, returns, siblings: siblings.length };
  });
  const leaving = pods.filter(({ fate }) => fate.is === 'moves' || fate.is === 'lost');
  const budgets = judgeBudgets(leaving, snapshot.budgets, owners);
  const both = torn(leaving, snapshot.budgets);
  const is = (verdict: BudgetVerdict['is']): boolean => budgets.some((one) => one.is === verdict);
  const finishes =
    is('never') || both.length > 0
      ? 'never'
      : is('not-now') || node.ready !== 'True'
        ? 'held'
        : is('in-turn') || leaving.some(({ pod, fate }) => fate.is === 'moves' && toleratesCordon(pod))
          ? 'should'
          : 'will';
  return { pods, budgets, torn: both, finishes, atMostMs: longest(pods, budgets) };
}

/** Whether a replacement comes and finds a node. Pure. */
function returnOf(
  pod: PodState,
  place: Place | undefined,
  owner: OwnerState | undefined,
  siblings: readonly PodState[],
): Return {
  if (place?.is === 'nowhere') return 'never';
  if (place?.is !== 'surely' || !owner || owner.found !== 'yes' || owner.wanted === undefined) return 'maybe';
  // More than are wanted: the controller is rather glad. A Job counts its failures, and may have had enough.
  if (siblings.length > owner.wanted || pod.owner?.kind === 'Job') return 'maybe';
  // A StatefulSet in order makes nothing new while one of its pods isn't ready.
  if (owner.ordered && siblings.some((one) => one !== pod && !one.ready)) return 'maybe';
  return 'surely';
}

/** Budgets are worked off side by side, the pods of one in as many turns as it takes. Pure. */
function longest(pods: readonly SurveyedPod[], budgets: readonly BudgetVerdict[]): number {
  const going = pods.filter(({ fate }) => fate.goes);
  const grace = Math.max(0, ...going.map(({ pod }) => pod.graceSeconds * 1000));
  const turns = budgets.map(({ budget, pods: count }) => Math.ceil(count / Math.max(1, budget.allowed)));
  return going.length === 0 ? 0 : grace + Math.max(0, ...turns.map((turn) => turn - 1)) * (grace + START_MS);
}
