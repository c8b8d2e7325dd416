import { DaytwoError } from '../lib/errors.ts';
import { type Collection, put, type Store, type Stored, type Write } from '../store/port.ts';

/** Who holds a lock. */
export interface LockHolder {
  /** `REQ-17`, for people. */
  readonly request: string;
  readonly execution: string;
  /** Which process works on it; none while the request is parked, or ended `unknown` and a person must look. */
  readonly owner?: string;
  readonly since: number;
}

/**
 * A lock of the world: `backup/restic_k8s_data`, `node/worker-1`. Document id: its name. It is never deleted, so that `token` only ever
 * grows. Times are epoch ms.
 */
export interface Lock {
  /** Grows each time that the lock gets another holder or another owner: who knows an older one may do nothing more. */
  readonly token: number;
  /** Grows with each sign of life of its owner. */
  readonly beat: number;
  readonly beatAt: number;
  readonly holder?: LockHolder;
}

/** All locks that were ever taken. */
export const locks: Collection<Lock> = {
  kind: 'gatelock',
  keys: ({ holder }) => ({ held: holder ? 'yes' : undefined, execution: holder?.execution }),
};

/** What an execution must still hold to be allowed to do something: each lock with the token it was given. */
export interface Fence {
  readonly execution: string;
  readonly tokens: readonly { readonly lock: string; readonly token: number }[];
}

/** Locks that were wanted: the writes that take them all, or the first that somebody else has. */
export type Taking =
  | { readonly is: 'free'; readonly writes: readonly Write[]; readonly fence: Fence }
  | { readonly is: 'busy'; readonly lock: string; readonly holder: LockHolder };

/** Locks of one execution are at most this many: a plan names a handful. */
const MOST_LOCKS = 100;

/**
 * Reads the locks in sorted order and tells how to take them all in one commit. A lock that is held, be its owner dead, is busy: what a
 * dead one left behind is looked at under its own request first.
 * @throws DaytwoError invalid (more than 100 names) | store-unavailable
 */
export async function taking(store: Store, names: readonly string[], holder: LockHolder, now: number): Promise<Taking> {
  const sorted = [...new Set(names)].sort();
  if (sorted.length > MOST_LOCKS)
    throw new DaytwoError('invalid', `${holder.request} wants ${sorted.length} locks; ${MOST_LOCKS} are the most`);
  const found = await Promise.all(sorted.map((name) => store.get(locks, name)));
  for (const [at, lock] of found.entries()) {
    if (lock?.body.holder) return { is: 'busy', lock: sorted[at] ?? '', holder: lock.body.holder };
  }
  const given = sorted.map((lock, at) => ({ lock, before: found[at], token: (found[at]?.body.token ?? 0) + 1 }));
  return {
    is: 'free',
    writes: given.map(({ lock, before, token }) =>
      put(locks, lock, { token, beat: 1, beatAt: now, holder }, before?.version ?? 0),
    ),
    fence: { execution: holder.execution, tokens: given.map(({ lock, token }) => ({ lock, token })) },
  };
}

/** The locks of an execution as they are stored. */
export async function locksOf(store: Store, execution: string): Promise<readonly Stored<Lock>[]> {
  return store.find(locks, { key: ['execution', execution], limit: MOST_LOCKS });
}

/** Locks held by anybody, for people and for the search for dead owners; at most 1,000. */
export async function heldLocks(store: Store): Promise<readonly Stored<Lock>[]> {
  return store.find(locks, { key: ['held', 'yes'], limit: 1000 });
}

/**
 * The locks of a fence, read now. Writes that expect their versions hold the fence in the commit they are part of.
 * @throws DaytwoError failed (another owner has taken over) | store-unavailable
 */
export async function holding(store: Store, fence: Fence): Promise<readonly Stored<Lock>[]> {
  const found = await Promise.all(fence.tokens.map(({ lock }) => store.get(locks, lock)));
  return fence.tokens.map(({ lock, token }, at) => {
    const stored = found[at];
    if (stored?.body.token !== token || stored.body.holder?.execution !== fence.execution)
      throw new DaytwoError('failed', `the lock ${lock} is no longer held by this execution; it must do nothing more`);
    return stored;
  });
}

/** The writes that keep held locks: a sign of life, and the proof that the fence holds where they are part of another commit. Pure. */
export function keeping(held: readonly Stored<Lock>[], now: number): readonly Write[] {
  return held.map(({ id, version, body }) => put(locks, id, { ...body, beat: body.beat + 1, beatAt: now }, version));
}

/** The writes that set locks free. Pure. */
export function freeing(held: readonly Stored<Lock>[], now: number): readonly Write[] {
  return held.map(({ id, version, body }) =>
    put(locks, id, { token: body.token + 1, beat: body.beat, beatAt: now }, version),
  );
}

/** The writes by which nobody works on an execution any more, while what it touched stays locked. Pure. */
export function leaving(held: readonly Stored<Lock>[], now: number): readonly Write[] {
  return held.flatMap(({ id, version, body }) => {
    if (!body.holder) return [];
    const { owner: _, ...holder } = body.holder;
    return [put(locks, id, { ...body, token: body.token + 1, beatAt: now, holder }, version)];
  });
}

/** The writes by which `owner` takes an execution over from whoever had it; the old owner's fence no longer holds. */
export async function takingOver(
  store: Store,
  execution: string,
  owner: string,
  now: number,
): Promise<{ readonly writes: readonly Write[]; readonly fence: Fence }> {
  const found = await locksOf(store, execution);
  const given = found.flatMap((lock) => (lock.body.holder ? [{ ...lock, holder: lock.body.holder }] : []));
  return {
    writes: given.map(({ id, version, body, holder }) =>
      put(
        locks,
        id,
        { token: body.token + 1, beat: body.beat + 1, beatAt: now, holder: { ...holder, owner } },
        version,
      ),
    ),
    fence: { execution, tokens: given.map(({ id, body }) => ({ lock: id, token: body.token + 1 })) },
  };
}

/** Finds owners that died. */
export interface Pulse {
  /** Tells which of the locks' executions have no living owner; called once every look, with all held locks. */
  dead(held: readonly Stored<Lock>[]): ReadonlySet<string>;
}

/**
 * Watches heartbeats change instead of comparing clocks: an owner is dead when its beat stood still over `looks` looks in a row, however
 * the clocks of the machines differ or jump. A lock without an owner was let go of: nobody need be waited for.
 */
export function createPulse(looks: number): Pulse {
  let seen = new Map<string, { readonly beat: string; readonly still: number }>();
  return {
    dead: (held) => {
      const now = new Map<string, { readonly beat: string; readonly still: number }>();
      const dead = new Set<string>();
      for (const { id, body } of held) {
        if (!body.holder) continue;
        const beat = `${body.token}.${body.beat}`;
        const before = seen.get(id);
        const still = before?.beat === beat ? before.still + 1 : 0;
        now.set(id, { beat, still });
        if (body.holder.owner === undefined || still >= looks) dead.add(body.holder.execution);
      }
      seen = now;
      return dead;
    },
  };
}
