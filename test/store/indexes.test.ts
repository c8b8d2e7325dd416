import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyIndex } from '../../src/store/lowdb/keyIndex.ts';
import { SortedIds } from '../../src/store/lowdb/sortedIds.ts';

const id = fc.stringMatching(/^[a-d]{1,4}$/);
const step = fc.record({
  do: fc.constantFrom('add', 'add', 'add', 'delete', 'look'),
  id,
  limit: fc.integer({ min: 1, max: 9 }),
});
const inOrder = (ids: Iterable<string>): string[] => [...ids].sort((a, b) => (a < b ? -1 : 1));

/** What a query over sorted ids must give. */
function expected(ids: ReadonlySet<string>, after: string, limit: number, order: 'up' | 'down'): string[] {
  const sorted = inOrder(ids);
  return order === 'up'
    ? sorted.filter((one) => one > after).slice(0, limit)
    : sorted
        .filter((one) => one < after)
        .reverse()
        .slice(0, limit);
}

describe('SortedIds', () => {
  it('is a sorted set, whatever order its ids came in', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ids = new SortedIds();
        const model = new Set<string>();
        for (const { do: what, id: one, limit } of steps) {
          if (what === 'add' && !model.has(one)) {
            ids.add(one);
            model.add(one);
          } else if (what === 'delete') {
            ids.delete(one);
            model.delete(one);
          } else {
            for (const order of ['up', 'down'] as const)
              expect(ids.slice({ after: one, limit, order })).toEqual(expected(model, one, limit, order));
          }
          expect(ids.size).toBe(model.size);
        }
        expect(ids.slice({ limit: 1000 })).toEqual(inOrder(model));
      }),
    );
  });

  it('sorts in many that came late in one go', () => {
    const ids = new SortedIds();
    const all = Array.from({ length: 1000 }, (_, i) => String((i * 7919) % 100_003).padStart(6, '0'));
    for (const one of all) ids.add(one);
    expect(ids.slice({ limit: 2000 })).toEqual(inOrder(all));
  });
});

describe('KeyIndex', () => {
  it('finds the ids of each value and forgets values without any', () => {
    const entry = fc.tuple(fc.constantFrom('state', 'thread'), fc.constantFrom('open', 'over', ''), id);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), entry), { maxLength: 100 }), (steps) => {
        const index = new KeyIndex();
        const model = new Map<string, Set<string>>();
        for (const [add, [name, value, one]] of steps) {
          const known = model.get(`${name} ${value}`) ?? new Set();
          model.set(`${name} ${value}`, known);
          if (add && !known.has(one)) index.add(name, value, one);
          if (!add) index.delete(name, value, one);
          if (add) known.add(one);
          else known.delete(one);
          expect(index.count(name, value)).toBe(known.size);
          expect(index.slice(name, value, { limit: 100 })).toEqual(inOrder(known));
        }
      }),
    );
  });
});
