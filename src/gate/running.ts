import type { Clock } from '../lib/clock.ts';
import { DaytwoError, type ErrorCode, messageOf } from '../lib/errors.ts';
import type { JournaledStep } from './action.ts';
import type { BoundAction } from './bound.ts';
import { frozenBy } from './freeze.ts';
import type { Plan } from './model.ts';
import type { Surroundings } from './surroundings.ts';

/** How long things may take, ms. */
export interface Limits {
  /** An execution, and the watching of what goes on without us. */
  readonly deadlineMs: number;
  /** A plan made afresh. */
  readonly planMs: number;
  readonly verifyMs: number;
  /** One look at reality, and how long it is looked again while it can't be seen. */
  readonly lookMs: number;
  readonly observeMs: number;
  /** Between looks at what goes on without us. */
  readonly watchMs: number;
  /** Between signs of life. */
  readonly beatMs: number;
  /** Between edits of a card that shows progress. */
  readonly progressMs: number;
}

/** What holds where nothing else is said: a large restore takes hours, a look over ssh seconds. */
export const LIMITS: Limits = {
  deadlineMs: 24 * 60 * 60_000,
  planMs: 60_000,
  verifyMs: 60 * 60_000,
  lookMs: 60_000,
  observeMs: 10 * 60_000,
  watchMs: 10_000,
  beatMs: 5000,
  progressMs: 2000,
};

/**
 * Runs a task that ends in time: past `ms`, or when the bot stops, its signal is aborted, and it is waited for no longer.
 * @throws DaytwoError timeout | cancelled, and what the task throws
 */
export async function within<T>(
  { clock, stop }: { readonly clock: Clock; readonly stop: AbortSignal },
  ms: number,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const late = new AbortController();
  const signal = AbortSignal.any([stop, late.signal]);
  const timer = clock.sleep(ms, AbortSignal.any([over.signal, stop])).then((): never => {
    if (stop.aborted) throw new DaytwoError('cancelled', 'the bot stops');
    const error = new DaytwoError('timeout', `no answer within ${Math.round(ms / 1000)} s`);
    late.abort(error);
    throw error;
  });
  timer.catch(() => {});
  try {
    return await Promise.race([task(signal), timer]);
  } finally {
    over.abort();
  }
}

/** Codes by which the other side, or we, say for sure that it was not done. */
const CERTAIN: ReadonlySet<ErrorCode> = new Set(['failed', 'forbidden', 'not-found', 'invalid', 'not-configured']);

/** Whether an execution that threw is known to have failed: told so in plain words, with no step left open. Pure. */
export function isCertain(error: unknown, steps: readonly JournaledStep[]): boolean {
  return (
    error instanceof DaytwoError &&
    CERTAIN.has(error.code) &&
    steps.every(({ result, failure }) => result !== undefined || failure !== undefined)
  );
}

/**
 * Why an execution that could go on after a crash must not: a freeze began, or there is no unblocked plan any more. The plan isn't compared
 * with the approved one: what was done already differs from it. A sentence; undefined where it may go on.
 */
export async function mayResume(
  house: {
    readonly clock: Clock;
    readonly stop: AbortSignal;
    readonly surroundings: Surroundings;
    readonly limits: Limits;
  },
  action: BoundAction,
  plan: Plan,
): Promise<string | undefined> {
  const window = frozenBy(house.surroundings.freezes, plan.action, house.clock.now());
  if (window) return `the freeze “${window.name}” has begun.`;
  try {
    const fresh = await within(house, house.limits.planMs, (signal) => action.plan(plan.args, signal));
    if ('refused' in fresh) return fresh.refused;
    const block = fresh.findings.find(({ level }) => level === 'BLOCK');
    return block && `${block.text} (${block.code}).`;
  } catch (error) {
    if (house.stop.aborted) throw error;
    return `its plan could not be checked: ${messageOf(error)}.`;
  }
}
