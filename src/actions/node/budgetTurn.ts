import type { BudgetState, PodState } from '../../cluster/acting.ts';
import { ignoresBudgets } from './budgets.ts';
import { budgetsOf } from './select.ts';

/** Which pods may be tried now, and what the others wait for, by uid. */
export interface Turn {
  readonly go: readonly PodState[];
  readonly held: ReadonlyMap<string, string>;
}

/** A budget's name, for maps and sentences. */
export const budgetName = ({ namespace, name }: BudgetState): string => `${namespace}/${name}`;

/**
 * Picks those that their budgets allow by their status, as many as each allows; `resting` names budgets that have just refused. Pure.
 */
export function turnOf(pods: readonly PodState[], budgets: readonly BudgetState[], resting: ReadonlySet<string>): Turn {
  const rooms = new Map(budgets.map((budget) => [budget, budget.stale || budget.broken ? 0 : budget.allowed]));
  const go: PodState[] = [];
  const held = new Map<string, string>();
  for (const pod of pods) {
    const own = ignoresBudgets(pod) ? [] : budgetsOf(pod, budgets);
    const [budget] = own;
    if (own.length > 1) held.set(pod.uid, `several budgets name it (${own.map(budgetName).join(', ')}): never evicted`);
    else if (!budget) go.push(pod);
    else if (resting.has(budgetName(budget))) held.set(pod.uid, heldBy(budget));
    else if (!pod.ready && isFree(budget)) go.push(pod);
    else {
      const room = rooms.get(budget) ?? 0;
      if (room > 0) go.push(pod);
      else held.set(pod.uid, heldBy(budget));
      rooms.set(budget, room - 1);
    }
  }
  return { go, held };
}

/** Unready pods need nothing of such a budget. */
const isFree = ({ alwaysAllowUnhealthy, stale, healthy, desired }: BudgetState): boolean =>
  alwaysAllowUnhealthy || (!stale && healthy >= desired && desired > 0);

/** What a budget needs and has. */
function heldBy(budget: BudgetState): string {
  const { stale, desired, healthy, allowed } = budget;
  const figures = stale ? 'being worked out' : `needs ${desired} healthy, has ${healthy}`;
  // Without it, it reads as if enough were there and nothing went.
  const pace = stale ? '' : allowed > 0 ? `: ${allowed} at a time` : healthy >= desired ? ': none to spare' : '';
  return `budget ${budgetName(budget)} (${figures}${pace})`;
}
