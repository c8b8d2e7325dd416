import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLease, guardLease, type Lease, leases, releaseLease, renewLease } from '../../src/store/lease.ts';
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
    const ask = (holder: string, now: number, ttlMs = 100, lease = 'lane'): ReturnType<typeof acquireLease> =>
      acquireLease(store, { name: lease, holder, ttlMs, now });

    it('are held by one of many who ask at the same time', async () => {
      const asked = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(`h${i}`, 1000)));
      const [winner, ...more] = asked.filter(({ ok }) => ok);
      expect(more).toEqual([]);
      expect(winner).toMatchObject({ lease: { token: 1, until: 1100 } });
    });

    it('are found by their holder, and two of different names know nothing of each other', async () => {
      await ask('a', 1000, 100, 'one');
      expect(await ask('b', 1000, 100, 'two')).toMatchObject({ ok: true });
      expect((await store.find(leases, { key: ['holder', 'a'], limit: 9 })).map(({ id }) => id)).toEqual(['one']);
    });

    it('let exactly one of two guarded commits through when the lease moves between them', async () => {
      const first = (await ask('a', 1000)) as { lease: Lease };
      const guard = await guardLease(store, first.lease);
      expect(await ask('b', 1101)).toMatchObject({ ok: true, lease: { token: 2 } });
      const writes = guard ? [guard, put(work, 'w', { token: 1 }, 'any')] : [];
      await expect(store.commit(writes)).rejects.toMatchObject({ code: 'store-conflict' });
      expect(await guardLease(store, first.lease)).toBeUndefined();
      expect(await store.get(work, 'w')).toBeUndefined();
    });

    it('follow their model whatever three holders with clocks apart do', async () => {
      const holder = fc.constantFrom('a', 'b', 'c');
      const step = fc.record({
        holder,
        do: fc.constantFrom('acquire', 'acquire', 'renew', 'release', 'write'),
        passMs: fc.constantFrom(0, 0, 30, 60, 110),
      });
      let lane = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 30 }),
          fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })),
          async (steps, [skewB, skewC]) => {
            lane += 1;
            const lease = `lane ${lane}`;
            const skew = { a: 0, b: skewB, c: skewC };
            const held = new Map<string, Lease>();
            let model: { holder?: string; token: number; until: number } = { token: 0, until: 0 };
            let written = 0;
            let now = 1000;
            for (const one of steps) {
              now += one.passMs;
              const mine = now + skew[one.holder as keyof typeof skew];
              const known = held.get(one.holder);
              const isMine = known?.token === model.token && model.holder === one.holder;
              if (one.do === 'acquire') {
                const isFree = model.holder === undefined || model.until <= mine;
                const found = await ask(one.holder, mine, 100, lease);
                expect(found.ok).toBe(isFree);
                if (!found.ok) expect(found).toEqual({ ok: false, holder: model.holder, until: model.until });
                else {
                  model = { holder: one.holder, token: model.token + 1, until: mine + 100 };
                  expect(found.lease).toEqual({ name: lease, ...model });
                  held.set(one.holder, found.lease);
                }
              } else if (known && one.do === 'renew') {
                const found = await renewLease(store, known, 100, mine);
                expect(found !== undefined).toBe(isMine);
                if (isMine) model = { ...model, until: mine + 100 };
              } else if (known && one.do === 'release') {
                await releaseLease(store, known);
                if (isMine) model = { token: model.token, until: 0 };
              } else if (known) {
                const guard = await guardLease(store, known);
                expect(guard !== undefined).toBe(isMine);
                if (!guard) continue;
                await store.commit([guard, put(work, lease, { token: known.token }, 'any')]);
                // What is written under leases never goes back to an older one.
                expect(known.token).toBeGreaterThanOrEqual(written);
                written = known.token;
              }
            }
          },
        ),
        { numRuns: 40 },
      );
    });
  });
}
