import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCourier } from '../../src/chat/courier.ts';
import type { GateRequest, RequestState } from '../../src/gate/model.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { fakeChat } from '../chat/fakeChat.ts';
import { ana, asks, ben, effectsOf, type House, openHouse, press, until } from './house.ts';

const HOUR = 3_600_000;
const MIN = 60_000;

/** What the gate leans on is away, or the clock is wrong: nothing is done that nobody can vouch for, and nothing is lost. */
describe('while something is away', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
    house.surroundings.people = [ana, { name: 'ben', roles: ['oncall'] }];
  });
  afterEach(() => house.end());
  const ask = async (): Promise<string> =>
    (await house.service.ask('file.write', { name: 'notes' }, asks(ana))).card.title;
  const silence = () => new Promise((resolve) => setTimeout(resolve, 150));

  it('a chat at the moment of the approval: it counts, the work is done, and the card follows', async () => {
    let isDown = false;
    const slack = fakeChat('slack', () => (isDown ? { is: 'not-arrived', reason: 'no route' } : undefined));
    const telegram = fakeChat('telegram');
    const courier = createCourier({
      store: house.store,
      chats: [slack, telegram],
      clock: { ...house.clock, sleep: (ms, signal) => house.clock.sleep(Math.min(ms, 10), signal) },
      log: silentLog,
      meter: { delivered: () => {}, dropped: () => {}, retried: () => {} },
      redact: (text) => text,
    });
    await courier.start();
    try {
      await ask();
      await press(house, 'confirm', ana);
      await until('shown', async () => slack.heard.includes('post REQ-1'));
      isDown = true;
      house.executor();
      expect(await press(house, 'approve', ben, 'telegram')).toContain('starts');
      await house.until('succeeded');
      await until('told elsewhere', async () => telegram.heard.includes('post REQ-1/end'));
      expect(slack.heard).not.toContain('post REQ-1/end');
      isDown = false;
      await until('followed', async () => slack.heard.includes('post REQ-1/end'));
      const last = () => slack.tries.findLast(({ do: kind, message }) => kind === 'edit' && message === 'REQ-1');
      await until('its card, too', async () => last()?.card.title.includes('succeeded') === true);
      expect(last()?.card.buttons).toEqual([]);
    } finally {
      await courier.stop();
    }
  });

  describe('the on-call source', () => {
    const away = async () => ({ is: 'unknown' as const, reason: 'the calendar is away' });
    const back = async () => ({ is: 'by-role' as const });

    it('at the asking, the confirmation and the approval: no, and yes once it is back', async () => {
      house.surroundings.duty = away;
      expect(await ask()).toContain('the calendar is away');
      expect(await house.stored().catch(() => undefined)).toBeUndefined();
      house.surroundings.duty = back;
      await ask();
      house.surroundings.duty = away;
      expect(await press(house, 'confirm', ana)).toContain('the calendar is away');
      house.surroundings.duty = back;
      await press(house, 'confirm', ana);
      house.surroundings.duty = away;
      expect(await press(house, 'approve', ben)).toContain('the calendar is away');
      expect((await house.request()).votes).toEqual([]);
      house.surroundings.duty = back;
      expect(await press(house, 'approve', ben)).toContain('starts');
      expect(house.refusals).toEqual(['on-call-unknown', 'on-call-unknown', 'on-call-unknown']);
    });

    it('at the start: it waits, unlocked and undone; too long, and its time runs out', async () => {
      await house.approved();
      house.surroundings.duty = away;
      house.executor();
      house.watch();
      await until('says so', async () => JSON.stringify(await house.card('REQ-1')).includes('the calendar is away'));
      expect((await house.request()).state).toBe('ready');
      house.clock.jump(15 * MIN);
      await house.until('expired');
      house.surroundings.duty = back;
      await silence();
      expect(effectsOf(house.dir)).toEqual([]);
    });
  });

  it.each<[RequestState, (one: House) => Promise<unknown>]>([
    ['planned', async () => {}],
    ['confirming', async () => {}],
    ['approving', (one) => press(one, 'confirm', ana)],
    ['ready', (one) => press(one, 'confirm', ana).then(() => press(one, 'approve', ben))],
  ])(
    'a right clock, an hour off either way while it is %s: over, and no clock brings it back',
    async (state, prepare) => {
      for (const [n, ms] of [
        [1, HOUR],
        [2, -HOUR],
      ] as const) {
        if (state === 'planned')
          house.world.findings = [{ level: 'BLOCK', code: 'no-space', text: 'The disk is full' }];
        if (n === 2) {
          await house.end();
          house = await openHouse();
          if (state === 'planned')
            house.world.findings = [{ level: 'BLOCK', code: 'no-space', text: 'The disk is full' }];
        }
        await ask();
        await prepare(house);
        const before: GateRequest = await house.request();
        expect(before.state).toBe(state);
        house.clock.jump(ms);
        house.watch();
        await house.until('expired');
        house.clock.jump(-ms);
        house.executor();
        for (const what of ['confirm', 'approve', 'deny', 'cancel'] as const)
          await press(house, what, what === 'confirm' ? ana : ben);
        await silence();
        expect((await house.request()).state).toBe('expired');
        expect(effectsOf(house.dir)).toEqual([]);
      }
    },
  );

  it.each([
    ['an hour forwards', HOUR],
    ['an hour back', -HOUR],
  ])('a right clock while it verifies, %s: verified and ended once, its length never negative', async (_, ms) => {
    house.store.before = async (kinds) => {
      if (kinds.includes('gaterequest') && (await house.request().catch(() => undefined))?.state === 'verifying') {
        house.store.before = async () => {};
        house.clock.jump(ms);
      }
    };
    house.executor();
    house.watch();
    await house.approved();
    await house.until('succeeded');
    const ends = house.told.filter(({ fact }) => fact.is === 'finished');
    expect(ends).toHaveLength(1);
    expect(ends[0]?.fact).toMatchObject({ state: 'succeeded', tookMs: expect.toSatisfy((took: number) => took >= 0) });
  });

  it('the disk at the end of the work: the end is written once there is room, and nothing is done again', async () => {
    let isFull = true;
    house.store.before = async (kinds) => {
      const { state } = (await house.request().catch(() => undefined)) ?? {};
      if (isFull && state === 'verifying' && kinds.includes('gaterequest'))
        throw new DaytwoError('store-unavailable', 'no space left on device');
    };
    house.executor();
    await house.approved();
    await house.until('verifying');
    await silence();
    expect((await house.request()).state).toBe('verifying');
    isFull = false;
    await house.until('succeeded');
    expect(effectsOf(house.dir)).toHaveLength(2);
    expect(house.told.filter(({ fact }) => fact.is === 'finished')).toHaveLength(1);
  });

  it('the audit: nothing is asked, confirmed, denied or called off without it', async () => {
    house.audit.broken = true;
    await expect(ask()).rejects.toMatchObject({ code: 'failed' });
    expect(await house.stored().catch(() => undefined)).toBeUndefined();
    house.audit.broken = false;
    await ask();
    house.audit.broken = true;
    for (const what of ['confirm', 'deny', 'cancel'] as const)
      await expect(press(house, what, what === 'deny' ? ben : ana)).rejects.toMatchObject({ code: 'failed' });
    expect((await house.request()).state).toBe('confirming');
    // A refusal changes nothing: it is answered all the same.
    expect(await press(house, 'approve', ben)).toContain('confirmation');
  });
});
