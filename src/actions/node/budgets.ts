import type { BudgetState, OwnerState, PodState } from '../../cluster/acting.ts';
import { ownerOf } from './fate.ts';
import { budgetsOf } from './select.ts';

/** Whether a pod's replacement comes and finds a node: `surely`, `maybe`, `never`. */
export type Return = 'surely' | 'maybe' | 'never';

/** A pod that leaves, and whether it comes back. */
export interface Leaving {
  readonly pod: PodState;
  readonly returns: Return;
}

/**
 * Whether a budget lets all of its pods on the node go, one after the other.
 * - `lets-go`: yes, in a closed world: nothing else fails meanwhile
 * - `in-turn`: as long as replacements become ready
 * - `not-now`: something must heal first, or the budget's status is old
 * - `never`: not as things are set up; `why` tells
 */
export interface BudgetVerdict {
  readonly budget: BudgetState;
  readonly is: 'lets-go' | 'in-turn' | 'not-now' | 'never';
  readonly why: 'allows' | 'replacements' | 'unhealthy' | 'stale' | 'rule' | 'broken' | 'stranded';
  /** Pods on the node that it counts. */
  readonly pods: number;
}

/** Pods that the eviction API looks up no budget for. Source: kubernetes `pkg/registry/core/pod/storage/eviction.go`, canIgnorePDB. */
export function ignoresBudgets({ phase, deletedAt }: PodState): boolean {
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || deletedAt !== undefined;
}

/** Pods with several budgets: the API answers 500, for ever. Pure. */
export function torn(leaving: readonly Leaving[], budgets: readonly BudgetState[]): readonly PodState[] {
  return leaving.map(({ pod }) => pod).filter((pod) => !ignoresBudgets(pod) && budgetsOf(pod, budgets).length > 1);
}

/** Judges every budget that holds pods which leave. Pure. */
export function judgeBudgets(
  leaving: readonly Leaving[],
  budgets: readonly BudgetState[],
  owners: readonly OwnerState[],
): readonly BudgetVerdict[] {
  const counted = leaving.filter(({ pod }) => !ignoresBudgets(pod));
  const byBudget = new Map<BudgetState, Leaving[]>();
  for (const one of counted) {
    for (const budget of budgetsOf(one.pod, budgets)) byBudget.set(budget, [...(byBudget.get(budget) ?? []), one]);
  }
  return [...byBudget].map(([budget, own]) => ({ budget, pods: own.length, ...judge(budget, own, owners) }));
}

type Judged = Pick<BudgetVerdict, 'is' | 'why'>;

/** `maxUnavailable 0`, `0%`; `minAvailable 100%`: whatever the number of replicas. */
const FORBIDS = /^(?:maxUnavailable 0%?|minAvailable 100%)$/;

function judge(budget: BudgetState, leaving: readonly Leaving[], owners: readonly OwnerState[]): Judged {
  const { allowed, healthy, desired, stale, alwaysAllowUnhealthy } = budget;
  const ready = leaving.filter(({ pod }) => pod.ready);
  // An unready pod needs nothing of the budget while enough others are healthy. Source: eviction.go, evictionStrategy.
  const freed = alwaysAllowUnhealthy || (!stale && healthy >= desired && desired > 0);
  const stuck = freed ? 0 : leaving.length - ready.length;
  if (ready.length + stuck === 0) return { is: 'lets-go', why: 'allows' };
  if (FORBIDS.test(budget.rule)) return { is: 'never', why: 'rule' };
  if (stale) return { is: 'not-now', why: 'stale' };
  if (budget.broken) return { is: 'never', why: 'broken' };
  const spare = Math.max(budget.expected, wantedBy(leaving, owners)) - desired;
  if (spare <= 0) return { is: 'never', why: 'rule' };
  const count = (returns: Return): number => ready.filter((one) => one.returns === returns).length;
  // Each that never comes back takes its place in the budget with it.
  if (count('never') > spare) return { is: 'never', why: 'stranded' };
  if (stuck > 0 || allowed <= 0) return { is: 'not-now', why: 'unhealthy' };
  const gone = count('never') + count('maybe');
  if (allowed >= gone + Math.min(1, count('surely'))) return { is: 'lets-go', why: 'allows' };
  return { is: 'in-turn', why: 'replacements' };
}

/** How many pods the controllers behind a budget want, as far as they are known: a pod that is just being replaced isn't expected. */
function wantedBy(leaving: readonly Leaving[], owners: readonly OwnerState[]): number {
  const behind = new Set(leaving.flatMap(({ pod }) => ownerOf(pod.owner, owners) ?? []));
  return [...behind].reduce((sum, { wanted = 0 }) => sum + wanted, 0);
}
