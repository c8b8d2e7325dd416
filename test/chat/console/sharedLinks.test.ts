import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LINKS } from '../../../src/chat/console/model.ts';
import { LINK_MS, Sessions, START_LINK_MS } from '../../../src/chat/console/sessions.ts';
import { fakeClock } from '../../support/clock.ts';
import { eventually } from '../../support/real/process.ts';
import { type TempStore, tempStore } from '../../support/tempStore.ts';

const PEOPLE = [{ name: 'ana', roles: [] }];

describe('a one-time link of one process', () => {
  let temp: TempStore;
  let clock: ReturnType<typeof fakeClock>;
  beforeEach(async () => {
    clock = fakeClock();
    temp = await tempStore(clock.now);
  });
  afterEach(() => temp.drop());
  const process = (isShared = true): Sessions => new Sessions(temp.store, clock, PEOPLE, isShared);

  it('is taken by another, once, whoever else is asked at the same time', async () => {
    const [a, b, c] = [process(), process(), process()];
    const link = a.mint('ana', 'start');
    await eventually('it is known', async () => (await temp.store.count(LINKS)) === 1);
    const outcomes = await Promise.all([a, b, c, b, a].map((one) => one.signIn(link, '10.0.0.1')));
    const [found, ...more] = outcomes.filter((outcome) => outcome.is === 'in');
    expect(more).toEqual([]);
    expect(found && (await b.recognise(found.cookie))?.person.name).toBe('ana');
    expect(await c.signIn(link, '10.0.0.2')).toEqual({ is: 'refused' });
  });

  it('ends after an hour, also in the store', async () => {
    const link = process().mint('ana', 'start');
    await eventually('it is known', async () => (await temp.store.count(LINKS)) === 1);
    await clock.advance(START_LINK_MS + 1);
    expect(await process().signIn(link, '10.0.0.1')).toEqual({ is: 'refused' });
    await process().sweep();
    expect(await temp.store.count(LINKS)).toBe(0);
  });

  it('ends after an hour where it is not shared, too; one made in a browser after ten minutes', async () => {
    const own = process(false);
    const [printed, made] = [own.mint('ana', 'start'), own.mint('ana', 'browser')];
    await clock.advance(LINK_MS + 1);
    expect(await own.signIn(made, '10.0.0.1')).toEqual({ is: 'refused' });
    expect(await own.signIn(printed, '10.0.0.1')).toMatchObject({ is: 'in', from: 'start' });
    const late = own.mint('ana', 'start');
    await clock.advance(START_LINK_MS + 1);
    expect(await own.signIn(late, '10.0.0.1')).toEqual({ is: 'refused' });
  });

  it('is nobody else’s where it isn’t shared', async () => {
    const link = process(false).mint('ana', 'start');
    expect(await process(false).signIn(link, '10.0.0.1')).toEqual({ is: 'refused' });
    expect(await process().signIn(link, '10.0.0.2')).toEqual({ is: 'refused' });
  });
});
