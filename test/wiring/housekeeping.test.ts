import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parked } from '../../src/alerting/inbox.ts';
import { inboundEvents } from '../../src/chat/inbound.ts';
import { posted, postedId } from '../../src/chat/outbox.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { append, put } from '../../src/store/port.ts';
import { evidenceRounds, roundId } from '../../src/triage/evidenceRound.ts';
import { createHousekeeping } from '../../src/wiring/housekeeping.ts';
import { createStoreTrial } from '../../src/wiring/storeTrial.ts';
import { HOME, type House, house } from '../commanding/house.ts';
import { alert, resolved, snapshot } from '../support/alerts.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let home: House;
beforeEach(async () => {
  home = await house();
});
afterEach(() => home.drop());

function keeping(pictures: readonly string[] = []) {
  const forgotten: string[] = [];
  const { temp, clock } = home;
  const consolePart = {
    forget: async (keys: readonly string[]) => void forgotten.push(...keys),
    pictures: async () => new Set(pictures),
  };
  const made = createHousekeeping({
    store: temp.store,
    clock,
    log: silentLog,
    keepMs: 90 * DAY,
    console: consolePart,
    forgetful: [],
  });
  /** Sweeps; its short pauses pass by the fake clock. */
  const sweep = async (): Promise<void> => {
    let done = false;
    const sweeping = made.sweep().finally(() => {
      done = true;
    });
    while (!done) await clock.advance(1);
    await sweeping;
  };
  return { forgotten, sweep };
}
const post = (root: string, message = root) =>
  put(posted, postedId(HOME.conversation, message), { ref: 'r', root, at: home.clock.now() }, 'any');

describe('housekeeping', () => {
  it('forgets an old incident with its evidence, its messages’ names and its thread', async () => {
    const { store } = home.temp;
    const startsAt = home.clock.now();
    const id = await home.notify(snapshot([alert('n1', startsAt)]));
    await home.notify(snapshot([resolved('n1', startsAt, startsAt + 1)]));
    const card = { tone: 'ok', title: 't', blocks: [], buttons: [] } as const;
    const round = { incident: id, round: 1, items: [], card, complete: true, said: [], pictured: [], at: startsAt };
    await store.commit([
      post('INC-1'),
      post('INC-1', 'INC-1/evidence-1'),
      put(evidenceRounds, roundId(id, 1), round, 0),
    ]);
    await home.clock.advance(91 * DAY);
    const { sweep, forgotten } = keeping();
    await sweep();
    expect(forgotten).toEqual(['INC-1']);
    expect(await store.count(posted)).toBe(0);
    expect(await store.count(evidenceRounds)).toBe(0);
  });

  it('forgets what was handled in chats after two days, and never what still waits', async () => {
    const { store } = home.temp;
    const event = {
      id: '1',
      identity: { chat: 'console', id: 'ana' },
      conversation: HOME.conversation,
      isPrivate: false,
      what: { kind: 'command', text: 'status' },
    } as const;
    const entry = (state: 'new' | 'done') => ({ event, state, at: home.clock.now() });
    await store.commit([put(inboundEvents, 'a', entry('done'), 0), put(inboundEvents, 'b', entry('new'), 0)]);
    await home.clock.advance(47 * HOUR);
    await store.commit([put(inboundEvents, 'c', entry('done'), 0)]);
    await keeping().sweep();
    expect(await store.count(inboundEvents)).toBe(3);
    await home.clock.advance(2 * HOUR);
    await keeping().sweep();
    expect((await store.find(inboundEvents, { limit: 10 })).map(({ id }) => id)).toEqual(['b', 'c']);
  });

  it('forgets the names of answers and digests that belong to no incident, but not those of threads', async () => {
    const { store } = home.temp;
    const replies = Array.from({ length: 450 }, (_, at) => post(`reply/console/ana:${at}`));
    await store.commit([
      ...replies,
      post('storm/console:home/1'),
      post('away/7'),
      post('notice/slack/1'),
      post('INC-1'),
      post('INC-1', 'reply/x'),
    ]);
    await home.clock.advance(47 * HOUR);
    await store.commit([post('reply/console/young')]);
    await keeping().sweep();
    expect(await store.count(posted)).toBe(456);
    await home.clock.advance(2 * HOUR);
    await keeping().sweep();
    expect((await store.find(posted, { limit: 10 })).map(({ body }) => body.root).sort()).toEqual([
      'INC-1',
      'INC-1',
      'reply/console/young',
    ]);
  });

  it('forgets notifications that nobody could work in with the incidents of their time', async () => {
    const { store } = home.temp;
    await store.commit([append(parked, { body: '{}', at: home.clock.now(), reason: 'x' })]);
    await home.clock.advance(89 * DAY);
    await store.commit([append(parked, { body: '{}', at: home.clock.now(), reason: 'x' })]);
    await home.clock.advance(2 * DAY);
    await keeping().sweep();
    expect(await store.count(parked)).toBe(1);
  });

  it('keeps the pictures that a message or a round shows, and drops the others after an hour', async () => {
    const { store } = home.temp;
    const [shown, evidence, light, lost] = await Promise.all(
      [1, 2, 3, 4].map((n) => store.putBlob(new Uint8Array([n]))),
    );
    const picture = { light: light ?? '', dark: evidence ?? '', alt: '', width: 1, height: 1 };
    const item = {
      probe: 'p',
      title: '',
      status: 'ok',
      summary: '',
      parts: [{ kind: 'picture', picture }],
      source: '',
      tookMs: 1,
      at: 0,
    } as const;
    const card = { tone: 'ok', title: 't', blocks: [], buttons: [] } as const;
    const round = { incident: 'x', round: 1, items: [item], card, complete: true, said: [], pictured: [], at: 0 };
    await store.commit([put(evidenceRounds, 'x-1', round, 0)]);
    await keeping([shown ?? '']).sweep();
    expect(await store.getBlob(lost ?? '')).toBeDefined();
    // Files bear the machine's time.
    vi.spyOn(home.clock, 'now').mockReturnValue(Date.now() + 2 * HOUR);
    await keeping([shown ?? '']).sweep();
    for (const kept of [shown, evidence, light]) expect(await store.getBlob(kept ?? '')).toBeDefined();
    expect(await store.getBlob(lost ?? '')).toBeUndefined();
  });

  it('tells what is wrong with the store', async () => {
    const tryStore = createStoreTrial({ store: home.temp.store, isShared: false }, home.clock);
    expect(await tryStore()).toBeUndefined();
    vi.spyOn(home.temp.store, 'commit').mockRejectedValueOnce(new DaytwoError('store-unavailable', 'disk full'));
    expect(await tryStore()).toBe('disk full');
  });
});
