import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cardText } from '../../src/chat/plainText.ts';
import { shortDigest } from '../../src/gate/digest.ts';
import { digestWord, unseen } from '../../src/gate/seen.ts';
import type { StandIn } from '../../src/people/delegation.ts';
import {
  ana,
  asks,
  ben,
  cleo,
  effectsOf,
  type House,
  openHouse,
  press,
  SLACK,
  says,
  TELEGRAM,
  until,
} from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.end());

describe('a digest that somebody gives', () => {
  it.each([
    ['3fa9-81c0', '3fa981c0'],
    ['3f9a1c', '3f9a1c'],
    ['3F9A1C', '3f9a1c'],
    [`${'a'.repeat(60)}1234`, `${'a'.repeat(60)}1234`],
    ['3f9a', undefined],
    ['decade', undefined],
    ['because', undefined],
    [`${'a1'.repeat(33)}`, undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is %s', (word, digest) => {
    expect(digestWord(word)).toBe(digest);
  });
});

describe('an approval by name', () => {
  /** ana's confirmed request, whose plan drifted at its first start and was confirmed again. */
  async function drifted(): Promise<void> {
    await house.approved();
    house.world.generation = 2;
    const executor = house.executor();
    await house.until('confirming');
    await executor.stop();
    await press(house, 'confirm', ana);
  }
  const approve = async (digest?: string) =>
    (await house.service.vote('REQ-1', says(ben), { choice: 'approve', digest })).card;

  it('counts where nothing changed since it was asked', async () => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    expect((await approve()).title).toContain('has all it needs');
  });

  it('shows the new card where the plan changed within the last minute', async () => {
    await drifted();
    const shown = await approve();
    expect(shown.title).toContain('has another plan by now; nothing was done');
    expect(cardText(shown)).toContain(shortDigest((await house.request()).digest));
    expect((await house.request()).votes).toEqual([]);
    expect(house.audit.entries.at(-1)?.kind).toBe('request.approve-refused');
  });

  it('counts then with the digest of that card, in its short form, and with no other', async () => {
    await drifted();
    const { digest } = await house.request();
    expect((await approve(digestWord('0000-0000'))).title).toContain('another plan');
    expect((await approve(digestWord(shortDigest(digest)))).title).toContain('has all it needs');
  });

  it('counts without one after that minute', async () => {
    await drifted();
    const request = await house.request();
    expect(unseen(request, undefined, house.clock.now())).toEqual({ why: 'plan-changed' });
    house.clock.jump(60_000);
    expect((await approve()).title).toContain('has all it needs');
  });

  it('is refused as ever where it would not count anyway', async () => {
    await drifted();
    const own = await house.service.vote('REQ-1', says(ana), { choice: 'approve' });
    expect(own.card.title).toContain('You asked for REQ-1 yourself');
  });
});

describe('a confirmation by name', () => {
  it('confirms no plan that took another’s place within the last minute: said twice, it is for the first alone', async () => {
    await house.approved();
    house.world.generation = 2;
    const executor = house.executor();
    await house.until('confirming');
    await executor.stop();
    const again = (await house.service.confirm('REQ-1', says(ana), 'notes')).card;
    expect(again.title).toContain('has another plan by now; nothing was done');
    expect(cardText(again)).toContain(shortDigest((await house.request()).digest));
    expect((await house.request()).state).toBe('confirming');
    house.clock.jump(60_000);
    await house.service.confirm('REQ-1', says(ana), 'notes');
    expect((await house.request()).state).toBe('approving');
  });
});

describe('breaking the glass', () => {
  it('is told in every chat’s home and where the request is shown, with the reason, and recorded', async () => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    await house.service.breakGlass('REQ-1', says(ana), 'the disk is dying');
    for (const home of [SLACK, TELEGRAM]) {
      const told = await house.card('glass/REQ-1', home);
      expect(told?.title).toBe('BREAK GLASS REQ-1: ana goes without approval');
      expect(cardText(told ?? { tone: 'neutral', title: '', blocks: [], buttons: [] })).toContain('the disk is dying');
    }
    expect((await house.card('REQ-1/glass'))?.tone).toBe('critical');
    expect(house.audit.entries.map(({ kind }) => kind)).toContain('request.glass-broken');
    // Who may approve may still stop it before it begins.
    expect((await house.service.vote('REQ-1', says(ben), { choice: 'deny' })).card.title).toContain('was denied');
    house.executor();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(effectsOf(house.dir)).toEqual([]);
  });

  it('is not told where it is refused', async () => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    house.surroundings.duty = async () => ({ is: 'known', people: ['ben'], until: undefined, source: 'rotation' });
    const refused = await house.service.breakGlass('REQ-1', says(ana), 'the disk is dying');
    expect(refused.card.title).toContain('whoever is on call now');
    expect(await house.card('glass/REQ-1')).toBeUndefined();
  });
});

describe('settling an unknown end', () => {
  it('frees its locks and lets the next begin, once, for who has a role', async () => {
    house.world.before = async () => {
      throw new Error('cut off');
    };
    house.world.observe = async () => ({ is: 'unknown', text: 'Nobody can tell.' });
    house.executor();
    await house.approved();
    await house.until('unknown');
    const settle = async (note: string, person = cleo) =>
      (await house.service.settle('REQ-1', says(person), 'not-done', note)).card.title;
    expect(await settle('no', cleo)).toContain('at least 10 characters');
    expect(await settle('no line is there', { name: 'gus', roles: [] })).toMatch(/only|none/i);
    expect(await settle('no line is there')).toContain('is settled');
    expect(await settle('no line is there')).toContain('settled already');
    expect((await house.request()).settled).toMatchObject({ by: 'cleo', found: 'not-done' });
    house.world.before = async () => {};
    house.world.observe = undefined;
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana, 'slack', 2);
    await press(house, 'approve', ben, 'slack', 2);
    await until('the next', async () => (await house.request(2)).state === 'succeeded');
  });
});

describe('a delegation', () => {
  const lends = (from: string, to: string, role: StandIn['role']): StandIn => ({
    from,
    to,
    role,
    since: 0,
    until: Number.POSITIVE_INFINITY,
    reason: 'at the dentist',
  });

  it('that ends between the approval and the start is noticed at the start', async () => {
    const dan = { name: 'dan', roles: [] };
    house.surroundings.people = [ana, ben, cleo, dan];
    house.surroundings.standIns = async () => [lends('ben', 'dan', 'oncall')];
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    expect(await press(house, 'approve', dan)).toContain('has all it needs');
    house.surroundings.standIns = async () => [];
    house.executor();
    await house.until('refused');
    expect(effectsOf(house.dir)).toEqual([]);
  });

  it('that nobody can read lets nobody do anything', async () => {
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    house.surroundings.standIns = async () => {
      throw new Error('the store is away');
    };
    await expect(press(house, 'approve', ben)).rejects.toThrow('the store is away');
    await expect(press(house, 'cancel', ana)).rejects.toThrow('the store is away');
    expect((await house.request()).state).toBe('approving');
  });
});
