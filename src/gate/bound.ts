import { inertLine } from '../lib/text.ts';
import type { Action, JournaledStep, Observed, Refusal, Run, Verdict } from './action.ts';
import type { Plan } from './model.ts';

/** An action with its world: what the gate plans, carries out, looks at and verifies, whatever it is. */
export interface BoundAction {
  readonly id: string;
  /** Arguments that aren't the action's are refused, in a sentence. */
  plan(args: unknown, signal: AbortSignal): Promise<Plan | Refusal>;
  execute(plan: Plan, run: Run, signal: AbortSignal): Promise<void>;
  observe(plan: Plan, journal: readonly JournaledStep[], signal: AbortSignal): Promise<Observed>;
  verify(plan: Plan, journal: readonly JournaledStep[], signal: AbortSignal): Promise<Verdict>;
}

/** Binds an action to the world it works in. */
export function bindAction<A, W>(action: Action<A, W>, world: W): BoundAction {
  return {
    id: action.id,
    plan: async (args, signal) => {
      const read = action.args.safeParse(args);
      if (read.success) return action.plan(read.data, world, signal);
      const issue = read.error.issues[0];
      const path = issue?.path.join('.') ?? '';
      return { refused: inertLine(`${action.id}: ${path ? `${path}: ` : ''}${issue?.message ?? 'wrong arguments'}`) };
    },
    execute: (plan, run, signal) => action.execute(plan, run, world, signal),
    observe: (plan, journal, signal) => action.observe(plan, journal, world, signal),
    verify: (plan, journal, signal) => action.verify(plan, journal, world, signal),
  };
}
