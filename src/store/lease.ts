import { type Collection, put, remove, type Store, type Stored, type Write } from './port.ts';
import { transact } from './transact.ts';

/** One life of one process on a shared state. Its document is rewritten for as long as it lives; without one it is gone. */
export interface ReplicaRecord {
  /** For people: `host:8080`. */
  readonly name: string;
  /** When the document was written last, epoch ms by its own clock. Only for people: clocks of machines differ. */
  readonly at: number;
}

/** The replicas there are. Document id: a name of that life alone. */
export const replicas: Collection<ReplicaRecord> = { kind: 'replica', keys: () => ({}) };

/** What is stored of a lease. It outlives its holders, so that its token never goes back. */
export interface LeaseRecord {
  /** Id of a replica; undefined once given back. */
  readonly holder?: string;
  /** Grows by one with each taking. */
  readonly token: number;
}

/** Leases by name: `outbox/slack:C0123`, `leader`. */
export const leases: Collection<LeaseRecord> = { kind: 'lease', keys: ({ holder }) => ({ holder }) };

/** What several processes on one state keep of each other. */
export const REPLICA_COLLECTIONS: readonly Collection<never>[] = [replicas, leases];

/** A lease that was taken. Whoever acts under it shows the token: a higher one means that somebody else has it now. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  readonly token: number;
}

/** How asking for a lease ended. `inherited`: its former holder is gone without having given it back. */
export type Acquired =
  | { readonly ok: true; readonly lease: Lease; readonly inherited: boolean }
  | { readonly ok: false; readonly holder: string };

/**
 * Takes a lease that nobody holds: new, given back, or left by a replica that is gone. One that is held is refused, to its own holder too.
 * @throws DaytwoError store-unavailable | store-conflict (many asked at once; ask again later)
 */
export function acquireLease(store: Store, name: string, holder: string): Promise<Acquired> {
  return transact<Acquired>(store, async () => {
    const found = await store.get(leases, name);
    const before = found?.body.holder;
    if (before !== undefined && (await store.get(replicas, before)) !== undefined)
      return { writes: [], result: { ok: false, holder: before } };
    const token = (found?.body.token ?? 0) + 1;
    return {
      writes: [put(leases, name, { holder, token }, found?.version ?? 0)],
      result: { ok: true, lease: { name, holder, token }, inherited: before !== undefined },
    };
  });
}

/** Gives a lease back at once, if it is still the holder's. @throws DaytwoError store-unavailable | store-conflict */
export function releaseLease(store: Store, lease: Lease): Promise<void> {
  return transact(store, async () => {
    const found = await current(store, lease);
    const writes = found ? [put(leases, lease.name, { token: lease.token }, found.version)] : [];
    return { writes, result: undefined };
  });
}

/**
 * A write to put into a commit that may be made under the lease alone: the commit fails with store-conflict when the lease moves
 * between this and it. Undefined when the lease is lost already. Read anew for each try.
 */
export async function guardLease(store: Store, lease: Lease): Promise<Write | undefined> {
  const found = await current(store, lease);
  return found && put(leases, lease.name, found.body, found.version);
}

/** Declares a replica gone, unless it gave a sign of life since it was read. @throws DaytwoError store-conflict | store-unavailable */
export async function bury(store: Store, { id, version }: Stored<ReplicaRecord>): Promise<void> {
  await store.commit([remove(replicas, id, version)]);
}

async function current(store: Store, { name, holder, token }: Lease): Promise<Stored<LeaseRecord> | undefined> {
  const found = await store.get(leases, name);
  return found?.body.token === token && found.body.holder === holder ? found : undefined;
}
