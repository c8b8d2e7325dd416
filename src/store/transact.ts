import { setTimeout as wait } from 'node:timers/promises';
import { DaytwoError } from '../lib/errors.ts';
import type { Store, Write } from './port.ts';

/** How often a decision is taken again after somebody else wrote first. */
const TRIES = 40;
/** From this try on a short pause by chance comes first, up to twice as long each time: several processes else meet again and again. */
const PAUSE_FROM = 4;
const MAX_PAUSE_MS = 50;

/** What a decision wants written, and what its caller gets. */
export interface Decision<R> {
  readonly writes: readonly Write[];
  readonly result: R;
}

/**
 * Repeats an attempt that ends in a commit while somebody else is faster.
 * @throws DaytwoError store-conflict after 40 tries, and at once whatever else the attempt throws
 */
export async function untilWon<R>(attempt: () => Promise<R>): Promise<R> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof DaytwoError && error.code === 'store-conflict') || tries === TRIES) throw error;
    }
    const doubled = tries - PAUSE_FROM + 1;
    if (doubled > 0) await wait(Math.random() * Math.min(2 ** doubled, MAX_PAUSE_MS));
  }
}

/**
 * Reads, decides and commits; after a conflict all of it again. `decide` must be free of effects.
 * @throws DaytwoError store-conflict after 40 tries, store-unavailable at once
 */
export async function transact<R>(store: Store, decide: () => Promise<Decision<R>>): Promise<R> {
  return untilWon(async () => {
    const { writes, result } = await decide();
    await store.commit(writes);
    return result;
  });
}
