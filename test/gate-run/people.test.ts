import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ana, asks, ben, cleo, effectsOf, type House, labels, openHouse, policy, press, says, until } from './house.ts';

describe('a cancel', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.end());

  it.each<[string, (house: House) => Promise<void>]>([
    ['before the confirmation', async () => {}],
    ['before the approval', async (one) => void (await press(one, 'confirm', ana))],
    [
      'before the start',
      async (one) => {
        await press(one, 'confirm', ana);
        await press(one, 'approve', ben);
      },
    ],
  ])('%s leaves nothing done', async (_, prepare) => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await prepare(house);
    expect(await press(house, 'cancel', ana)).toBe('REQ-1 was cancelled.');
    house.executor();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await house.request()).state).toBe('cancelled');
    expect(effectsOf(house.dir)).toEqual([]);
    expect((await house.card('REQ-1'))?.buttons).toEqual([]);
  });

  it('within a step ends the effect, begins no other, and says what remains', async () => {
    house.world.before = (step, signal) =>
      step === 'write-0'
        ? Promise.resolve()
        : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    house.executor();
    await house.approved();
    await until('first', async () => effectsOf(house.dir).length === 1);
    expect(await press(house, 'cancel', ben)).toContain('stops at its next safe point');
    const { outcome } = await house.until('cancelled');
    expect(outcome?.text).toMatch(/^ben asked to stop it\. 1 of 2 lines were written/);
    expect(await press(house, 'cancel', ana)).toContain('was cancelled; nothing was done');
  });

  it('between steps begins no other', async () => {
    house.world.after = async (step) => {
      if (step === 'write-0') await press(house, 'cancel', ana);
    };
    house.executor();
    await house.approved();
    await house.until('cancelled');
    expect(effectsOf(house.dir)).toHaveLength(1);
  });

  it('that comes after the last effect changes nothing of how it ended', async () => {
    house.world.after = async (step) => {
      if (step === 'write-1') await press(house, 'cancel', ana);
    };
    house.executor();
    await house.approved();
    const { cancelAsked } = await house.until('succeeded');
    expect(cancelAsked?.by).toBe('ana');
  });

  it('is for the requester and admins, and needs no on-call source', async () => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    house.surroundings.duty = () => new Promise(() => {});
    expect(await press(house, 'cancel', { name: 'dan', roles: ['oncall'] })).toContain('Only ana');
    expect(await press(house, 'cancel', cleo)).toBe('REQ-1 was cancelled.');
  });
});

describe('time and people', () => {
  it('expires what nobody decides, calls who is on call next and then all admins, in thread and in private', async () => {
    const direct = (name: string) => ({ chat: 'telegram' as const, id: `dm-${name}` });
    const house = await openHouse({
      callers: { direct: ({ name }) => [direct(name)], next: async () => ['dora', 'ana'] },
    });
    try {
      house.surroundings.people = [ana, ben, cleo, { name: 'dora', roles: ['oncall'] }];
      house.surroundings.policies = [policy({ approve: ['oncall'], ttl: 90_000 })];
      house.watch();
      await house.service.ask('file.write', { name: 'notes' }, asks(ana));
      await press(house, 'confirm', ana);
      const digest = (await house.request()).digest.slice(0, 8);
      const call = async (n: number) => JSON.stringify(await house.card(`REQ-1/call-${digest}-${n}`));
      expect(await call(0)).toMatch(/"person":"ben".*"person":"dora"/);
      expect(labels(await house.card('REQ-1', direct('ben')))).toEqual(['Approve', 'Deny', 'Cancel']);
      house.clock.jump(31_000);
      await until('next', async () => (await house.stored()).called === 1);
      expect(await call(1)).toContain('"person":"dora"');
      expect(await call(1)).not.toContain('"person":"ana"');
      house.clock.jump(30_000);
      await until('admins', async () => (await house.stored()).called === 2);
      expect(await call(2)).toContain('"person":"ben"');
      house.clock.jump(30_000);
      await house.until('expired');
      expect((await house.card('REQ-1', direct('ben')))?.buttons).toEqual([]);
      expect((await house.card('REQ-1/end'))?.title).toContain('expired');
    } finally {
      await house.end();
    }
  });

  it('breaks the glass for who is on call, with a reason, loudly', async () => {
    const house = await openHouse();
    try {
      house.executor();
      await house.service.ask('file.write', { name: 'notes' }, asks(ana));
      expect((await house.service.breakGlass('REQ-1', says(ana), 'now')).card.title).toContain('reason');
      expect((await house.service.breakGlass('REQ-1', says(ben), 'the disk is dying')).card.title).toContain(
        'Only ana',
      );
      expect((await house.service.breakGlass('REQ-1', says(ana), 'the disk is dying')).card.title).toContain(
        'once you confirm',
      );
      expect((await house.card('REQ-1'))?.title).toMatch(/^BREAK GLASS REQ-1/);
      await press(house, 'confirm', ana);
      await house.until('succeeded');
      expect(JSON.stringify(await house.card('REQ-1'))).toContain('the disk is dying');
      expect(house.audit.entries.map(({ kind }) => kind)).toContain('request.glass-broken');
    } finally {
      await house.end();
    }
  });
});
