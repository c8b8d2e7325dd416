import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Person } from '../../src/chat/people.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { delegations } from '../../src/people/delegation.ts';
import { createDelegations, type Delegations, type Sayer } from '../../src/people/delegations.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import { fakeClock } from '../support/clock.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';

const HOUR = 3_600_000;
const ana: Person = { name: 'ana', roles: ['oncall'] };
const ben: Person = { name: 'ben', roles: ['admin'] };
const dan: Person = { name: 'dan', roles: [] };
const eve: Person = { name: 'eve', roles: ['oncall'] };
const PEOPLE = [ana, ben, dan, eve];

describe('delegations', () => {
  let temp: TempStore;
  const clock = fakeClock();
  let kinds: string[];
  let broken: boolean;
  let built: Delegations;
  const audit = {
    append: async (entry: { kind: string; by?: string | undefined }) => {
      if (broken) throw new DaytwoError('store-unavailable', 'the disk is full');
      kinds.push(`${entry.kind} ${entry.by}`);
    },
  };
  beforeEach(async () => {
    temp = await tempStore(clock.now);
    kinds = [];
    broken = false;
    built = createDelegations({ store: temp.store, clock, audit, people: PEOPLE });
  });
  afterEach(() => temp.drop());

  let events = 0;
  const by = (person: Person): Sayer => {
    events += 1;
    return { person, chat: 'slack', event: `e-${events}` };
  };
  const wanted = { to: 'dan', role: 'oncall', ms: HOUR, reason: 'at the dentist' } as const;
  const names = async () => (await built.standIns(clock.now())).map(({ from, to }) => `${from}→${to}`);

  it('hold until their time is over, by themselves', async () => {
    expect(await built.make(wanted, by(ana))).toMatchObject({ made: { from: 'ana', to: 'dan', role: 'oncall' } });
    expect(await names()).toEqual(['ana→dan']);
    expect((await built.asOfNow(dan)).roles).toEqual(['oncall']);
    await clock.advance(HOUR);
    expect(await names()).toEqual([]);
    expect((await built.asOfNow(dan)).roles).toEqual([]);
    // The place is free for the next.
    expect(await built.make({ ...wanted, to: 'eve' }, by(ana))).toHaveProperty('made');
    expect(kinds).toEqual(['delegation.made ana', 'delegation.made ana']);
  });

  it('are kept over a restart', async () => {
    await built.make(wanted, by(ana));
    await temp.store.close();
    const store = await openLowdbStore({ dir: temp.dir, collections: [delegations], now: clock.now, warn: () => {} });
    const again = createDelegations({ store, clock, audit, people: PEOPLE });
    expect(await again.standIns(clock.now())).toMatchObject([{ from: 'ana', to: 'dan', reason: 'at the dentist' }]);
    await store.close();
  });

  it('are made once by the same event, and told as made again', async () => {
    const event = by(ana);
    const [first, second] = [await built.make(wanted, event), await built.make(wanted, event)];
    expect(second).toMatchObject(first);
    expect(kinds).toEqual(['delegation.made ana']);
  });

  it('are made once of many at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => built.make(wanted, by(ana))));
    expect(all.filter((one) => 'made' in one)).toHaveLength(1);
    expect(await names()).toEqual(['ana→dan']);
  });

  it('are ended by either of the two or an admin, by nobody else', async () => {
    for (const who of [ana, dan, ben]) {
      await built.make(wanted, by(ana));
      expect(await built.end('ana', by(eve))).toEqual({ ended: [], kept: 1 });
      expect((await built.end('ana', by(who))).ended).toHaveLength(1);
      expect(await names()).toEqual([]);
      await clock.advance(1);
    }
    expect(kinds.filter((kind) => kind.startsWith('delegation.ended'))).toEqual([
      'delegation.ended ana',
      'delegation.ended dan',
      'delegation.ended ben',
    ]);
  });

  it('can’t be handed on, which is recorded', async () => {
    await built.make(wanted, by(ana));
    expect(await built.make({ ...wanted, to: 'eve' }, by(dan))).toMatchObject({
      refused: { why: 'not-yours', borrowed: true },
    });
    expect(kinds).toEqual(['delegation.made ana', 'delegation.refused dan']);
  });

  it('are neither made nor ended while the audit can’t be written', async () => {
    await built.make(wanted, by(ana));
    broken = true;
    await expect(built.make({ ...wanted, role: undefined }, by(eve))).rejects.toThrow('nothing was done');
    await expect(built.end(undefined, by(ana))).rejects.toThrow('nothing was done');
    expect(await names()).toEqual(['ana→dan']);
  });
});
