import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createInbox, type Inbox, inbox, parked } from '../../src/alerting/inbox.ts';
import { incidents } from '../../src/alerting/incident.ts';
import { createIntake, type Intake } from '../../src/alerting/intake.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type House, house } from '../commanding/house.ts';
import { alert, snapshot, webhookBody } from '../support/alerts.ts';

let home: House;
let door: Inbox;
let running: Intake[];
beforeEach(async () => {
  home = await house();
  door = await createInbox(home.temp.store, home.clock.now);
  running = [];
});
afterEach(async () => {
  for (const one of running) await one.stop();
  await home.drop();
});

const body = (group: string, fingerprint = group): string =>
  webhookBody(snapshot([alert(fingerprint, home.clock.now())], { groupKey: group }));
function start(): Intake {
  const { temp, desk, clock } = home;
  const made = createIntake({ store: temp.store, inbox: door, desk, clock, log: silentLog, worked: () => {} });
  running.push(made);
  made.start();
  return made;
}
/** Lets pauses of the fake clock pass while waiting. */
const soon = (check: () => void | Promise<void>) =>
  vi.waitFor(
    async () => {
      await home.clock.advance(5);
      await check();
    },
    { timeout: 10_000, interval: 5 },
  );
const names = async (): Promise<string[]> =>
  (await home.temp.store.find(incidents, { limit: 1000 })).map(({ body: one }) => one.groupKey);

describe('the intake', () => {
  it('works notifications in, in the order of their coming, and empties the inbox', async () => {
    const groups = Array.from({ length: 120 }, (_, at) => `group-${at}`);
    for (const group of groups) await door.accept(body(group));
    start();
    await soon(async () => expect(await home.temp.store.count(inbox)).toBe(0));
    expect(await names()).toEqual(groups);
    expect(door.waiting).toEqual({ entries: 0, bytes: 0 });
  });

  it('takes up what a former process left, and knows how much that is', async () => {
    await door.accept(body('a'));
    await door.accept(body('b'));
    const again = await createInbox(home.temp.store, home.clock.now);
    expect(again.waiting).toEqual(door.waiting);
    door = again;
    start();
    await soon(async () => expect(await names()).toEqual(['a', 'b']));
  });

  it('tries again when the store was away, and loses and doubles nothing', async () => {
    for (const group of ['a', 'b', 'c']) await door.accept(body(group));
    const commit = vi.spyOn(home.temp.store, 'commit');
    commit.mockRejectedValueOnce(new DaytwoError('store-unavailable', 'disk full'));
    start();
    await soon(() => expect(commit).toHaveBeenCalled());
    await home.clock.advance(1000);
    await soon(async () => expect(await names()).toEqual(['a', 'b', 'c']));
    expect(await home.temp.store.count(parked)).toBe(0);
  });

  it('sets aside what can’t be worked in, with the reason, and goes on', async () => {
    await door.accept('{"no": "notification"}');
    await door.accept(body('after'));
    start();
    await soon(async () => expect(await names()).toEqual(['after']));
    const [kept] = await home.temp.store.find(parked, { limit: 10 });
    expect(kept?.body).toMatchObject({ body: '{"no": "notification"}', reason: expect.stringContaining('$.') });
    expect(await home.temp.store.count(inbox)).toBe(0);
  });

  it('refuses at its bound, by count and by size, and takes again when there is room', async () => {
    const small = await createInbox(home.temp.store, home.clock.now, { maxEntries: 2, maxBytes: 1_000_000 });
    await small.accept(body('a'));
    await small.accept(body('b'));
    await expect(small.accept(body('c'))).rejects.toMatchObject({ code: 'overloaded' });
    small.done(body('a').length);
    await small.accept(body('c'));
    const narrow = await createInbox(home.temp.store, home.clock.now, { maxEntries: 100, maxBytes: 5000 });
    await expect(narrow.accept('x'.repeat(5001))).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('gives the room back for what could not be stored', async () => {
    vi.spyOn(home.temp.store, 'commit').mockRejectedValueOnce(new DaytwoError('store-unavailable', 'disk full'));
    await expect(door.accept(body('a'))).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(door.waiting).toEqual({ entries: 0, bytes: 0 });
  });
});
