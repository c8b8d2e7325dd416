import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLease, bury, guardLease, type Lease, leases, releaseLease, replicas } from '../../src/store/lease.ts';
import { type Collection, put, type Store } from '../../src/store/port.ts';

/** What is written under a lease. */
const work: Collection<{ readonly token: number }> = { kind: 'work', keys: () => ({}) };

/** What leases must do on every store. */
export function leaseContract(name: string, open: () => Promise<{ store: Store; end: () => Promise<void> }>): void {
  describe(`leases on ${name}`, () => {
    let store: Store;
    let end: () => Promise<void>;
    beforeEach(async () => {
      ({ store, end } = await open());
    });
    afterEach(() => end());
    const born = async (...ids: readonly string[]): Promise<void> => {
      await store.commit(ids.map((id) => put(replicas, id, { name: id, at: 1 }, 0)));
    };
    const dies = async (id: string): Promise<void> => {
      const found = await store.get(replicas, id);
      if (found) await bury(store, found);
    };

    it('are held by one of many who ask at the same time', async () => {
      const many = Array.from({ length: 20 }, (_, i) => `h${i}`);
      await born(...many);
      const asked = await Promise.all(many.map((holder) => acquireLease(store, 'lane', holder)));
      const [winner, ...more] = asked.filter(({ ok }) => ok);
      expect(more).toEqual([]);
      expect(winner).toMatchObject({ lease: { token: 1 }, inherited: false });
    });

    it('are found by their holder, and two of different names know nothing of each other', async () => {
      await born('a', 'b');
      await acquireLease(store, 'one', 'a');
      expect(await acquireLease(store, 'two', 'b')).toMatchObject({ ok: true });
      expect((await store.find(leases, { key: ['holder', 'a'], limit: 9 })).map(({ id }) => id)).toEqual(['one']);
    });

    it('let exactly one of two guarded commits through when the lease moves between them', async () => {
      await born('a', 'b');
      const first = (await acquireLease(store, 'lane', 'a')) as { lease: Lease };
      const guard = await guardLease(store, first.lease);
      expect(await acquireLease(store, 'lane', 'b')).toEqual({ ok: false, holder: 'a' });
      await dies('a');
      expect(await acquireLease(store, 'lane', 'b')).toMatchObject({ ok: true, lease: { token: 2 }, inherited: true });
      const writes = guard ? [guard, put(work, 'w', { token: 1 }, 'any')] : [];
      await expect(store.commit(writes)).rejects.toMatchObject({ code: 'store-conflict' });
      expect(await guardLease(store, first.lease)).toBeUndefined();
      expect(await store.get(work, 'w')).toBeUndefined();
    });

    it('bury nobody who gave a sign of life meanwhile', async () => {
      await born('a');
      const [seen] = await store.find(replicas, { limit: 1 });
      await store.commit([put(replicas, 'a', { name: 'a', at: 2 }, 1)]);
      if (seen) await expect(bury(store, seen)).rejects.toMatchObject({ code: 'store-conflict' });
      expect(await store.get(replicas, 'a')).toMatchObject({ version: 2 });
    });

    it('follow their model whatever three holders do, and whoever dies and comes back', async () => {
      const step = fc.record({
        holder: fc.constantFrom('a', 'b', 'c'),
        do: fc.constantFrom('acquire', 'acquire', 'release', 'write', 'die', 'live'),
      });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          run += 1;
          const lease = `lane ${run}`;
          const idOf = (holder: string): string => `${holder}${run}`;
          const alive = new Set(['a', 'b', 'c']);
          await born(...[...alive].map(idOf));
          const held = new Map<string, Lease>();
          let model: { holder?: string; token: number } = { token: 0 };
          let written = 0;
          for (const { holder, do: what } of steps) {
            const known = held.get(holder);
            const isMine = known?.token === model.token && model.holder === holder;
            if (what === 'die') {
              await dies(idOf(holder));
              alive.delete(holder);
            } else if (what === 'live' && !alive.has(holder)) {
              await born(idOf(holder));
              alive.add(holder);
            } else if (what === 'acquire') {
              const isFree = model.holder === undefined || !alive.has(model.holder);
              const found = await acquireLease(store, lease, idOf(holder));
              expect(found.ok).toBe(isFree);
              if (!found.ok) continue;
              expect(found.inherited).toBe(model.holder !== undefined);
              model = { holder, token: model.token + 1 };
              held.set(holder, found.lease);
            } else if (known && what === 'release') {
              await releaseLease(store, known);
              if (isMine) model = { token: model.token };
            } else if (known && what === 'write') {
              const guard = await guardLease(store, known);
              expect(guard !== undefined).toBe(isMine);
              if (!guard) continue;
              await store.commit([guard, put(work, lease, { token: known.token }, 'any')]);
              // What is written under leases never goes back to an older one.
              expect(known.token).toBeGreaterThanOrEqual(written);
              written = known.token;
            }
          }
        }),
        { numRuns: 40 },
      );
    });
  });
}
