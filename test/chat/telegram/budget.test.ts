import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budgets, FRESH, spent, waitFor } from '../../../src/chat/telegram/budget.ts';
import { Budgets as VendorBudgets } from '../../support/telegram/budgets.ts';
import type { Chat } from '../../support/telegram/world.ts';

const ask = (now: number, rest: { group?: boolean; count?: number; urgent?: boolean; underWay?: number } = {}) => ({
  group: true,
  count: 1,
  urgent: true,
  underWay: 0,
  now,
  ...rest,
});

describe('waitFor', () => {
  it('lets three go at once, then one a second', () => {
    let lane = FRESH;
    for (let n = 0; n < 3; n += 1) {
      expect(waitFor(lane, [], ask(10_000))).toBe(0);
      lane = spent(lane, 10_000);
    }
    expect(waitFor(lane, [], ask(10_000))).toBe(1000);
    expect(waitFor(lane, [], ask(11_000))).toBe(0);
    expect(waitFor(lane, [], ask(11_000, { count: 2 }))).toBe(1000);
  });

  it('lets twenty a minute into a group, more into a private chat', () => {
    let lane = FRESH;
    for (let n = 0; n < 20; n += 1) lane = spent(lane, n * 1000);
    expect(waitFor(lane, [], ask(30_000))).toBe(30_000);
    expect(waitFor(lane, [], ask(60_000))).toBe(0);
    expect(waitFor(lane, [], ask(30_000, { group: false }))).toBe(0);
  });

  it('keeps room for roots and answers in a group', () => {
    let lane = FRESH;
    for (let n = 0; n < 8; n += 1) lane = spent(lane, n * 1000);
    expect(waitFor(lane, [], ask(30_000, { urgent: false }))).toBe(30_000);
    expect(waitFor(lane, [], ask(30_000))).toBe(0);
    expect(waitFor(lane, [], ask(30_000, { urgent: false, group: false }))).toBe(0);
  });

  it('counts all chats together, those under way too', () => {
    const overall = Array.from({ length: 28 }, () => 5000);
    expect(waitFor(FRESH, overall, ask(5000))).toBe(0);
    expect(waitFor(FRESH, overall, ask(5000, { underWay: 1 }))).toBe(1000);
  });

  it('waits as long as the vendor said', () => {
    expect(waitFor({ ...FRESH, closedUntil: 3_600_000 }, [], ask(1))).toBe(3_599_999);
  });
});

it('does not wait for a clock that was set back', async () => {
  let now = 7_200_000;
  const budgets = new Budgets(() => now);
  for (let n = 0; n < 20; n += 1) await budgets.charge('-1', async () => {});
  expect(budgets.wait('-1', 1, true)).toBe(60_000);
  now -= 3_600_000;
  expect(budgets.wait('-1', 1, true)).toBe(0);
});

it('never meets the vendor’s own limit, however calls and pauses fall', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ chat: fc.constantFrom(-1, -2, 3, 4), pauseMs: fc.nat(1500), takesMs: fc.nat(900) }), {
        maxLength: 90,
      }),
      async (steps) => {
        let now = 1_000_000;
        const vendor = new VendorBudgets(() => now, true, []);
        const own = new Budgets(() => now);
        for (const { chat, pauseMs, takesMs } of steps) {
          now += pauseMs;
          const waitMs = own.wait(String(chat), 1, true);
          expect(waitMs).toBeLessThanOrEqual(60_000);
          now += waitMs;
          expect(own.wait(String(chat), 1, true)).toBe(0);
          await own.charge(String(chat), async () => {
            now += Math.floor(takesMs / 2);
            vendor.charge({ id: chat, type: chat < 0 ? 'group' : 'private' } as Chat, 'sendMessage');
            now += Math.ceil(takesMs / 2);
          });
        }
      },
    ),
    { numRuns: 100 },
  );
});
