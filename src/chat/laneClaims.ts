import type { Claim, Claims } from '../store/claims.ts';
import type { Store, Write } from '../store/port.ts';
import { outbox } from './outbox.ts';

/** A lane is kept for so long after its last message: what follows soon needs no asking, and budgets stay in one process. */
const LINGER_MS = 30_000;

/** A lane that this process alone carries for now. */
export interface LaneClaim {
  /** Aborted as soon as the lane may be somebody else's. */
  readonly signal: AbortSignal;
  /** Writes that make a commit fail once the lane is somebody else's. @throws DaytwoError cancelled when it is known to be */
  guard(): Promise<readonly Write[]>;
  /** Whether a former holder that is gone may have sent this message without having noted it. */
  isDoubtful(entry: string): boolean;
}

/** Who carries which lane, among all processes on one state. */
export interface LaneClaims {
  /** Takes a lane, or goes on with it; undefined while somebody else has it. @throws DaytwoError store-unavailable */
  hold(lane: string): Promise<LaneClaim | undefined>;
  /** Gives back what was idle for a while. Returns whether anything was. */
  giveBack(isBusy: (lane: string) => boolean): Promise<boolean>;
  /** Gives back everything. */
  close(): Promise<void>;
}

/** Builds them. */
export function createLaneClaims(store: Store, claims: Claims): LaneClaims {
  const held = new Map<string, { readonly claim: Claim; readonly lane: LaneClaim; usedAt: number }>();

  /** What the former holder may have been at: it tried the first urgent message, else the first. */
  async function inDoubt(lane: string): Promise<ReadonlySet<string>> {
    const first = await store.find(outbox, { key: ['lane', lane], limit: 1 });
    const urgent = await store.find(outbox, { key: ['urgent', lane], limit: 1 });
    return new Set([...first, ...urgent].map(({ id }) => id));
  }

  return {
    hold: async (lane) => {
      const known = held.get(lane);
      if (known && !known.claim.signal.aborted) {
        known.usedAt = performance.now();
        return known.lane;
      }
      const claim = await claims.take(`outbox/${lane}`);
      if (!claim) return undefined;
      const doubtful = claim.inherited ? await inDoubt(lane) : new Set<string>();
      const made: LaneClaim = {
        signal: claim.signal,
        guard: claim.guard,
        isDoubtful: (entry) => doubtful.has(entry),
      };
      held.set(lane, { claim, lane: made, usedAt: performance.now() });
      return made;
    },
    giveBack: async (isBusy) => {
      const idle = [...held].filter(([lane, { usedAt }]) => !isBusy(lane) && performance.now() - usedAt > LINGER_MS);
      for (const [lane] of idle) held.delete(lane);
      await Promise.all(idle.map(([, { claim }]) => claim.end()));
      return idle.length > 0;
    },
    close: async () => {
      await Promise.all([...held.values()].map(({ claim }) => claim.end()));
      held.clear();
    },
  };
}
