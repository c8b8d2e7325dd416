import { DaytwoError } from '../lib/errors.ts';
import type { Store, Write } from './port.ts';

/** How often a decision is taken again after somebody else wrote first. */
const TRIES = 12;

/** What a decision wants written, and what its caller gets. */
export interface Decision<R> {
  readonly writes: readonly Write[];
  readonly result: R;
}

/**
 * Reads, decides and commits; after a conflict all of it again. `decide` must be free of effects.
 * @throws DaytwoError store-conflict after 12 tries, store-unavailable at once
 */
export async function transact<R>(store: Store, decide: () => Promise<Decision<R>>): Promise<R> {
  for (let tries = 1; ; tries += 1) {
    const { writes, result } = await decide();
    try {
      await store.commit(writes);
      return result;
    } catch (error) {
      if (!(error instanceof DaytwoError && error.code === 'store-conflict') || tries === TRIES) throw error;
    }
  }
}
