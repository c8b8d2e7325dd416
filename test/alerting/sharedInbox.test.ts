import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSharedInbox, inbox } from '../../src/alerting/inbox.ts';
import { remove } from '../../src/store/port.ts';
import { eventually } from '../support/real/process.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';

describe('the inbox of several processes', () => {
  let temp: TempStore;
  let doors: Awaited<ReturnType<typeof createSharedInbox>>[];
  beforeEach(async () => {
    temp = await tempStore();
    doors = [];
  });
  afterEach(async () => {
    for (const door of doors) await door.close();
    await temp.drop();
  });
  const open = async (maxEntries = 100, maxBytes = 1000) => {
    const door = await createSharedInbox(temp.store, Date.now, { maxEntries, maxBytes });
    doors.push(door);
    return door;
  };
  const workIn = async (count: number): Promise<void> => {
    const page = await temp.store.find(inbox, { limit: count });
    await temp.store.commit(page.map(({ id, version }) => remove(inbox, id, version)));
  };

  it('counts what waits whoever took it in, and forgets what another worked in', async () => {
    const [a, b] = [await open(), await open()];
    await a.accept('12345');
    await a.accept('123');
    await b.accept('1');
    await eventually('both know', () => a.waiting.entries === 3 && b.waiting.entries === 3);
    expect([a.waiting.bytes, b.waiting.bytes]).toEqual([8, 1]);
    await workIn(1);
    await eventually('both know', () => a.waiting.entries === 2 && b.waiting.entries === 2);
    expect([a.waiting.bytes, b.waiting.bytes]).toEqual([3, 1]);
    await workIn(5);
    await eventually('it is empty', () => a.waiting.entries === 0 && b.waiting.entries === 0);
    expect([a.waiting.bytes, b.waiting.bytes]).toEqual([0, 0]);
  });

  it('refuses beyond its bounds, and takes again once another made room', async () => {
    const [a, b] = [await open(2, 10), await open(2, 10)];
    await a.accept('123456');
    await expect(a.accept('12345')).rejects.toMatchObject({ code: 'overloaded' });
    await b.accept('12345');
    await eventually('a knows', () => a.waiting.entries === 2);
    await expect(a.accept('1')).rejects.toMatchObject({ code: 'overloaded' });
    await workIn(2);
    await eventually('there is room', () => a.waiting.entries === 0);
    await a.accept('1');
  });
});
