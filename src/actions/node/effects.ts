import { z } from 'zod';
import type { Plan } from '../../gate/model.ts';
import { DaytwoError } from '../../lib/errors.ts';
import { strandedClaims } from './placement.ts';
import type { DrainSnapshot } from './snapshot.ts';
import type { Survey } from './survey.ts';

const node = z.object({ name: z.string(), uid: z.string() });

const effects = z.object({
  node,
  /** Workloads that are moved or lost, with what they lose: `Deployment default/web`, [`emptyDir cache`]. */
  workloads: z.array(z.object({ workload: z.string(), lost: z.boolean(), leaves: z.array(z.string()) })),
  /** Budgets that hold them, with their rule. */
  budgets: z.array(z.object({ budget: z.string(), rule: z.string() })),
  deadlineMs: z.number(),
});

/** What a drain relies on and changes. Names no pod but those that are their own workload. */
export type DrainEffects = z.output<typeof effects>;

/** Works out the effects: sorted, and free of figures of the moment. Pure. */
export function effectsOf(snapshot: DrainSnapshot, { pods, budgets }: Survey, deadlineMs: number): DrainEffects {
  const going = pods.filter(({ fate }) => fate.is === 'moves' || fate.is === 'lost');
  const byWorkload = Map.groupBy(going, ({ workload }) => workload);
  const workloads = [...byWorkload].map(([workload, own]) => ({
    workload,
    lost: own.some(({ fate }) => fate.is === 'lost'),
    leaves: sorted(
      own.flatMap(({ pod }) => [
        ...pod.volumes.filter(({ kind }) => kind !== 'claim').map(({ kind, name }) => `${kind} ${name}`),
        ...strandedClaims(pod, snapshot).map(({ name }) => `claim ${name}`),
      ]),
    ),
  }));
  return {
    node: { name: snapshot.node.name, uid: snapshot.node.uid },
    workloads: workloads.sort((a, b) => (a.workload < b.workload ? -1 : 1)),
    budgets: sorted(
      budgets.map(({ budget }) => JSON.stringify([`${budget.namespace}/${budget.name}`, budget.rule])),
    ).map((text) => {
      const [budget = '', rule = ''] = JSON.parse(text) as string[];
      return { budget, rule };
    }),
    deadlineMs,
  };
}

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

/** Reads a drain's effects back. @throws DaytwoError invalid */
export function drainEffects(plan: Plan): DrainEffects {
  const found = effects.safeParse(plan.effects);
  if (!found.success) throw new DaytwoError('invalid', `this plan is none of ${plan.action}`);
  return found.data;
}

/** The node of any plan of this folder. @throws DaytwoError invalid */
export function nodeIn(plan: Plan): z.output<typeof node> {
  const found = z.object({ node }).safeParse(plan.effects);
  if (!found.success) throw new DaytwoError('invalid', `this plan is none of ${plan.action}`);
  return found.data.node;
}
