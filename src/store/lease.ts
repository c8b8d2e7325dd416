import { type Collection, put, type Store, type Stored, type Write } from './port.ts';
import { transact } from './transact.ts';

/** What is stored of a lease. It outlives its holders, so that its token never goes back. */
export interface LeaseRecord {
  /** Undefined once released. */
  readonly holder?: string;
  /** Grows by one with each taking. */
  readonly token: number;
  /** Epoch ms by the holder's clock. */
  readonly until: number;
}

/** Leases by name: `outbox/slack/C0123`, `telegram-leader`. */
export const leases: Collection<LeaseRecord> = { kind: 'lease', keys: ({ holder }) => ({ holder }) };

/** A lease that was taken. Whoever acts under it shows the token: a higher one means that somebody else has it now. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly token: number;
  readonly until: number;
}

/** How asking for a lease ended. */
export type Acquired =
  | { readonly ok: true; readonly lease: Lease }
  | { readonly ok: false; readonly holder: string; readonly until: number };

/** Who asks for what, and for how long. */
export interface LeaseRequest {
  readonly name: string;
  /** Unique to this run of this process: after a restart it is another. */
  readonly holder: string;
  readonly ttlMs: number;
  /** Epoch ms, now. */
  readonly now: number;
}

/**
 * Takes a lease that nobody holds: free, released, or run out. One that is held is refused, to its own holder too. Clocks of several
 * machines differ, so a lease may be taken a little early; `guard` keeps the former holder's writes out then.
 * @throws DaytwoError store-unavailable | store-conflict (many asked at once; ask again later)
 */
export function acquireLease(store: Store, { name, holder, ttlMs, now }: LeaseRequest): Promise<Acquired> {
  return transact<Acquired>(store, async () => {
    const found = await store.get(leases, name);
    if (found?.body.holder !== undefined && found.body.until > now)
      return { writes: [], result: { ok: false, holder: found.body.holder, until: found.body.until } };
    const token = (found?.body.token ?? 0) + 1;
    const until = now + ttlMs;
    return {
      writes: [put(leases, name, { holder, token, until }, found?.version ?? 0)],
      result: { ok: true, lease: { name, holder, token, until } },
    };
  });
}

/**
 * Holds a lease for longer; undefined once somebody else took it or it was released. One that ran out and that nobody took goes on.
 * @throws DaytwoError store-unavailable | store-conflict
 */
export function renewLease(store: Store, lease: Lease, ttlMs: number, now: number): Promise<Lease | undefined> {
  return transact<Lease | undefined>(store, async () => {
    const found = await current(store, lease);
    if (!found) return { writes: [], result: undefined };
    const until = now + ttlMs;
    return { writes: [put(leases, lease.name, { ...found.body, until }, found.version)], result: { ...lease, until } };
  });
}

/** Gives a lease back at once, if it is still the holder's. @throws DaytwoError store-unavailable | store-conflict */
export function releaseLease(store: Store, lease: Lease): Promise<void> {
  return transact(store, async () => {
    const found = await current(store, lease);
    const writes = found ? [put(leases, lease.name, { token: lease.token, until: 0 }, found.version)] : [];
    return { writes, result: undefined };
  });
}

/**
 * A write to put into a commit that may be made under the lease alone: the commit fails with store-conflict when the lease moves
 * between this and it. Undefined when the lease is lost already. Read anew for each try (`transact`). Whether it ran out by the clock
 * doesn't matter here: as long as nobody took it, nobody else acts.
 */
export async function guardLease(store: Store, lease: Lease): Promise<Write | undefined> {
  const found = await current(store, lease);
  return found && put(leases, lease.name, found.body, found.version);
}

async function current(store: Store, { name, holder, token }: Lease): Promise<Stored<LeaseRecord> | undefined> {
  const found = await store.get(leases, name);
  return found?.body.token === token && found.body.holder === holder ? found : undefined;
}
