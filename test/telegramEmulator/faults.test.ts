import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FaultPlan, Faults, roll } from '../support/telegram/faults.ts';
import { startTelegram } from '../support/telegram/telegram.ts';
import { call } from './call.ts';

const plan = (seed: number): FaultPlan => ({
  seed,
  rates: {
    flood: 0.1,
    'bad-gateway-before': 0.1,
    'bad-gateway-after': 0.1,
    'drop-before': 0.1,
    'drop-after': 0.1,
    slow: 0.1,
  },
});

describe('a fault plan', () => {
  it('deals the same to the same call, whatever came between', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.constantFrom('sendMessage', 'editMessageText', 'getUpdates')),
        (seed, methods) => {
          const [mixed, alone] = [new Faults(plan(seed)), new Faults(plan(seed))];
          const dealt = methods.map((method) => [method, mixed.ofCall(method)] as const);
          for (const [method, fault] of dealt)
            if (method === 'sendMessage') expect(alone.ofCall(method)).toEqual(fault);
        },
      ),
    );
  });

  it('deals about as often as it says', () => {
    const dealt = Array.from({ length: 5_000 }, (_, n) => roll(42, 'sendMessage', n)).filter((at) => at < 0.25);
    expect(dealt.length / 5_000).toBeGreaterThan(0.22);
    expect(dealt.length / 5_000).toBeLessThan(0.28);
  });

  it('spares what it should', () => {
    const faults = new Faults({ seed: 1, rates: { flood: 1 }, except: ['getMe'] });
    expect(faults.ofCall('getMe')).toBeUndefined();
    expect(faults.ofCall('sendMessage')).toMatchObject({ kind: 'flood' });
  });
});

describe('a fault', () => {
  it.each([
    ['bad-gateway-before', 502, 0],
    ['bad-gateway-after', 502, 1],
    ['drop-before', 0, 0],
    ['drop-after', 0, 1],
  ] as const)('%s', async (kind, status, kept) => {
    const tg = await startTelegram({ scale: 0 });
    const chat = tg.supergroup();
    tg.fault('sendMessage', { kind });
    const outcome = await call(tg, 'sendMessage', { chat_id: chat.id, text: 'x' }).then(
      (answer) => answer.status,
      () => 0,
    );
    expect(outcome).toBe(status);
    expect(tg.sent(chat.id)).toHaveLength(kept);
    expect(tg.calls('sendMessage')).toMatchObject([{ status, fault: kind }]);
    expect((await call(tg, 'sendMessage', { chat_id: chat.id, text: 'x' })).status).toBe(200);
    expect(tg.duplicates(chat.id).map((group) => group.length)).toEqual(kept === 1 ? [2] : []);
    await tg.close();
  });

  it('flood keeps the chat closed for as long as it says', async () => {
    const tg = await startTelegram({ scale: 0 });
    const chat = tg.supergroup();
    tg.fault('sendMessage', { kind: 'flood', seconds: 3_600 });
    const send = () => call(tg, 'sendMessage', { chat_id: chat.id, text: 'x' });
    expect(await send()).toMatchObject({ status: 429, parameters: { retry_after: 3_600 } });
    expect(await send()).toMatchObject({ status: 429 });
    expect(tg.earlyRetries).toHaveLength(1);
    tg.advance(3_600_000);
    expect((await send()).status).toBe(200);
    await tg.close();
  });

  it('slow takes its emulated time where time runs', async () => {
    const tg = await startTelegram({ scale: 0.001 });
    const chat = tg.supergroup();
    tg.fault('sendMessage', { kind: 'slow', ms: 20_000 });
    const before = performance.now();
    expect((await call(tg, 'sendMessage', { chat_id: chat.id, text: 'x' })).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(19);
    await tg.close();
  });
});

describe('a patient sender', () => {
  it.each(Array.from({ length: 10 }, (_, seed) => seed))('gets everything through in order, seed %d', async (seed) => {
    const tg = await startTelegram({ scale: 0.0005, faults: plan(seed) });
    const chat = tg.supergroup();
    const texts = Array.from({ length: 30 }, (_, n) => `message ${n}`);
    for (const text of texts) {
      for (;;) {
        const answer = await call(tg, 'sendMessage', { chat_id: chat.id, text }).catch(() => undefined);
        if (answer?.ok) break;
        // Four emulated seconds are two real milliseconds: a timer may ring that much early.
        await tg.clock.sleep((answer?.parameters?.retry_after ?? 1) * 1000 + 4000);
      }
    }
    const sent = tg.sent(chat.id).map(({ content }) => content.text);
    expect([...new Set(sent)]).toEqual(texts);
    const ambiguous = tg.calls('sendMessage').filter(({ fault }) => fault?.endsWith('-after')).length;
    expect(sent.length - texts.length).toBeLessThanOrEqual(ambiguous);
    expect(tg.earlyRetries).toEqual([]);
    expect(tg.violations).toEqual([]);
    await tg.close();
  });
});
