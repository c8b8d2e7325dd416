import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { presses } from '../../src/alerting/desk.ts';
import { incidents } from '../../src/alerting/incident.ts';
import { type Belonging, forgetOld } from '../../src/alerting/retention.ts';
import { timeline } from '../../src/alerting/timeline.ts';
import { append, type Collection } from '../../src/store/port.ts';
import { type House, house } from '../commanding/house.ts';
import { alert, resolved, snapshot } from '../support/alerts.ts';

const DAY = 86_400_000;
const notes: Collection<{ readonly incident: string }> = { kind: 'note', keys: ({ incident }) => ({ incident }) };
const belongings: readonly Belonging[] = [
  { in: notes as Collection<never>, key: 'incident', of: (_, { name }) => name },
];

let home: House;
beforeEach(async () => {
  home = await house();
});
afterEach(() => home.drop());

const forget = (most?: number) =>
  forgetOld({
    store: home.temp.store,
    clock: home.clock,
    keepMs: 90 * DAY,
    belongings,
    ...(most === undefined ? {} : { most }),
  });

/** An incident that is over now, with `count` notes; returns its document id. */
async function over(group: string, count = 1): Promise<string> {
  const startsAt = home.clock.now();
  const id = await home.notify(snapshot([alert(group, startsAt)], { groupKey: group }));
  await home.clock.advance(1000);
  await home.notify(snapshot([resolved(group, startsAt, home.clock.now())], { groupKey: group }));
  const { name } = await home.incident(id);
  await home.temp.store.commit(Array.from({ length: count }, () => append(notes, { incident: name })));
  return id;
}

describe('retention', () => {
  it('forgets what ended too long ago with all that belongs to it, and nothing else', async () => {
    const old = await over('old', 450);
    await home.clock.advance(89 * DAY);
    const young = await over('young');
    const stillOpen = await home.notify(snapshot([alert('open', 1000)], { groupKey: 'open' }));
    await home.clock.advance(DAY);
    expect(await forget()).toEqual(['INC-1']);
    const { store } = home.temp;
    expect(await store.get(incidents, old)).toBeUndefined();
    expect(await store.count(notes, ['incident', 'INC-1'])).toBe(0);
    const left = async (id: string): Promise<number[]> => [
      await store.count(timeline, ['incident', id]),
      await store.count(presses, ['incident', id]),
    ];
    expect(await left(old)).toEqual([0, 0]);
    expect(await left(young)).toEqual([3, 4]);
    expect(await left(stillOpen)).toEqual([1, 4]);
    expect(await store.count(notes, ['incident', 'INC-2'])).toBe(1);
    expect(await forget()).toEqual([]);
  });

  it('keeps no more than the bound, however young, the oldest going first', async () => {
    for (const group of ['a', 'b', 'c', 'd', 'e']) await over(group);
    expect(await forget(2)).toEqual(['INC-1', 'INC-2', 'INC-3']);
    expect((await home.temp.store.find(incidents, { limit: 10 })).map(({ body }) => body.name)).toEqual([
      'INC-4',
      'INC-5',
    ]);
  });

  it('never forgets an open one, and never gives its number again', async () => {
    await home.notify(snapshot([alert('open', 1000)], { groupKey: 'open' }));
    await over('gone');
    await home.clock.advance(1000 * DAY);
    expect(await forget(0)).toEqual(['INC-2']);
    await home.notify(snapshot([alert('next', 1000)], { groupKey: 'next' }));
    expect((await home.temp.store.find(incidents, { limit: 10 })).map(({ body }) => body.name)).toEqual([
      'INC-1',
      'INC-3',
    ]);
  });
});
