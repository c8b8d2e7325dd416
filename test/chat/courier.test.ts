import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Courier, type CourierMeter, createCourier } from '../../src/chat/courier.ts';
import type { Card } from '../../src/chat/message.ts';
import { outbox, posted, type Saying, say } from '../../src/chat/outbox.ts';
import type { Chat, ChatName, Conversation, DeliveryOutcome } from '../../src/chat/port.ts';
import { waitBefore } from '../../src/chat/waitBefore.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Store } from '../../src/store/port.ts';
import { fakeClock } from '../support/clock.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';
import { fakeChat } from './fakeChat.ts';

let temp: TempStore;
let clock: ReturnType<typeof fakeClock>;
let couriers: Courier[];
let meter: string[];

beforeEach(async () => {
  clock = fakeClock();
  temp = await tempStore(clock.now);
  couriers = [];
  meter = [];
});
afterEach(async () => {
  for (const courier of couriers) await courier.stop();
  await temp.drop();
});

const card = (title: string): Card => ({ tone: 'neutral', title, blocks: [], buttons: [] });
const to = (chat: ChatName, id = 'home'): Conversation => ({ chat, id });
const post = (message: string, more: Partial<Saying> = {}): Saying => ({
  do: 'post',
  message,
  root: message.split('/')[0] ?? message,
  card: card(message),
  ...more,
});
const edit = (message: string, title = 'edited'): Saying => ({ ...post(message), do: 'edit', card: card(title) });
const put = (conversation: Conversation, ...sayings: readonly Saying[]) =>
  temp.store.commit(sayings.flatMap((one) => say([conversation], one, clock.now())));
const waiting = (store: Store = temp.store): Promise<number> => store.count(outbox);
const empty = () => vi.waitFor(async () => expect(await waiting()).toBe(0), { timeout: 5000, interval: 5 });
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 5000, interval: 5 });

async function start(...chats: readonly Chat[]): Promise<Courier> {
  const told: CourierMeter = {
    delivered: (chat) => meter.push(`delivered ${chat}`),
    dropped: (chat, why) => meter.push(`dropped ${chat} ${why}`),
    retried: (chat, why) => meter.push(`retried ${chat} ${why}`),
  };
  const options = { store: temp.store, chats, clock, log: silentLog, meter: told, random: () => 0 };
  const courier = createCourier({ ...options, redact: (text) => text.replaceAll('hunter2', '[redacted]') });
  couriers.push(courier);
  await courier.start();
  return courier;
}

describe('the courier', () => {
  it('keeps the order of a lane but for roots, also of what comes while it runs', async () => {
    const chat = fakeChat('console');
    await put(to('console'), post('INC-1'), post('INC-1/a'), post('INC-2'));
    await start(chat);
    await put(to('console'), edit('INC-1'), post('INC-3'));
    await empty();
    expect(chat.heard).toEqual(['post INC-1', 'post INC-2', 'post INC-3', 'post INC-1/a', 'edit INC-1']);
  });

  it('lets roots and answers overtake evidence, also while the lane rests because of it', async () => {
    const chat = fakeChat('telegram', ({ urgent }) => (urgent ? undefined : { is: 'limited', retryAfterMs: 60_000 }));
    await put(
      to('telegram'),
      post('INC-1'),
      post('INC-1/evidence'),
      post('INC-2'),
      post('INC-3/said', { replyTo: '7' }),
    );
    await start(chat);
    await soon(() => expect(chat.heard).toEqual(['post INC-1', 'post INC-2', 'post INC-3/said']));
    await put(to('telegram'), post('INC-4/evidence'), post('INC-4'));
    await soon(() => expect(chat.heard.at(-1)).toBe('post INC-4'));
    expect(await waiting()).toBe(2);
    expect(chat.tries.filter(({ urgent }) => !urgent).length).toBeLessThanOrEqual(3);
  });
  it('lets an urgent edit overtake, and what it overtook never comes after it; what is newer and can wait, waits', async () => {
    let room = false;
    const chat = fakeChat('telegram', ({ urgent }) =>
      urgent || room ? undefined : { is: 'limited', retryAfterMs: 60_000 },
    );
    const urgent = { urgent: true };
    await put(to('telegram'), post('INC-1'), post('INC-1/evidence'), post('INC-1/REQ-1', urgent));
    await put(to('telegram'), edit('INC-1/REQ-1', '40 %'), { ...edit('INC-1/REQ-1', 'verified'), ...urgent });
    await put(
      to('telegram'),
      { ...edit('INC-1/REQ-1', 'succeeded'), ...urgent },
      edit('INC-1/REQ-1', 'looked at again'),
    );
    await start(chat);
    await soon(() => expect(chat.heard).toEqual(['post INC-1', 'post INC-1/REQ-1', 'edit INC-1/REQ-1']));
    const shown = () =>
      chat.tries.filter(({ do: kind, urgent: now }) => kind === 'edit' && now).map(({ card: { title } }) => title);
    expect(shown()).toEqual(['succeeded']);
    await soon(async () => expect(await waiting()).toBe(2));
    room = true;
    await soon(async () => {
      await clock.advance(60_000);
      expect(await waiting()).toBe(0);
    });
    expect(chat.tries.at(-1)?.card.title).toBe('looked at again');
    expect(chat.tries.some(({ card: { title } }) => title === '40 %')).toBe(false);
  });

  it('gives a reply the reference of its root, and an edit that of its post', async () => {
    const chat = fakeChat('slack');
    await put(to('slack'), post('INC-1'), post('INC-1/evidence-1'), edit('INC-1/evidence-1'));
    await start(chat);
    await empty();
    expect(chat.tries.map(({ ref, thread }) => ({ ref, thread }))).toEqual([
      { ref: undefined, thread: undefined },
      { ref: undefined, thread: { root: 'INC-1', ref: 'ref-1' } },
      { ref: 'ref-2', thread: { root: 'INC-1', ref: 'ref-1' } },
    ]);
  });

  it('sends once what arrived, however long the note of it can’t be stored', async () => {
    const chat = fakeChat('slack');
    await put(to('slack'), post('INC-1'), post('INC-1/a'));
    const full = vi.spyOn(temp.store, 'commit').mockRejectedValue(new DaytwoError('store-unavailable', 'disk full'));
    await start(chat);
    for (let tries = 1; tries <= 5; tries += 1) {
      await soon(() => expect(full.mock.calls.length).toBeGreaterThanOrEqual(tries));
      await clock.advance(60_000);
    }
    full.mockRestore();
    await clock.advance(60_000);
    await empty();
    expect(chat.heard).toEqual(['post INC-1', 'post INC-1/a']);
  });

  it('drops an edit that a later one has overtaken, and never a post', async () => {
    const chat = fakeChat('console');
    await put(to('console'), post('INC-1'), ...['1', '2', '3', '4'].map((n) => edit('INC-1', n)), post('INC-1/end'));
    await start(chat);
    await empty();
    expect(chat.tries.map((one) => `${one.do} ${one.card.title}`)).toEqual(['post INC-1', 'edit 4', 'post INC-1/end']);
    expect(meter.filter((one) => one === 'dropped console superseded')).toHaveLength(3);
  });

  it('drops the edit of a reply that was never posted; the edit of such a root becomes its post', async () => {
    const chat = fakeChat('console', ({ do: kind, message }) =>
      kind === 'post' && message !== 'INC-1' ? { is: 'refused', reason: 'no' } : undefined,
    );
    await put(to('console'), edit('INC-1'), post('INC-1/a'), edit('INC-1/a'));
    await start(chat);
    await empty();
    expect(chat.heard).toEqual(['post INC-1']);
    expect(meter).toEqual(['delivered console', 'dropped console refused', 'dropped console orphan']);
  });

  it('waits exactly as long as a chat asks, in that lane alone, and asks nothing of the others', async () => {
    const slack = fakeChat('slack', ({ conversation }, tries) =>
      conversation.id === 'home' && tries === 1 ? { is: 'limited', retryAfterMs: 7000 } : undefined,
    );
    const console = fakeChat('console');
    await put(to('slack'), post('INC-1'));
    await start(slack, console);
    await soon(() => expect(slack.tries).toHaveLength(1));
    await put(to('slack', 'direct'), post('INC-2'));
    await put(to('console'), post('INC-1'));
    await soon(() => expect([...slack.heard, ...console.heard].sort()).toEqual(['post INC-1', 'post INC-2']));
    await clock.advance(6999);
    expect(slack.heard).toEqual(['post INC-2']);
    await clock.advance(1);
    await empty();
    expect(slack.heard).toEqual(['post INC-2', 'post INC-1']);
    expect(slack.tries.at(-1)).toMatchObject({ tries: 0, ambiguous: false });
  });

  it.each<[string, () => DeliveryOutcome | never, boolean]>([
    ['did not arrive', () => ({ is: 'not-arrived', reason: 'refused' }), false],
    ['may have arrived', () => ({ is: 'ambiguous', reason: 'cut' }), true],
    [
      'threw',
      () => {
        throw new DaytwoError('bad-answer', 'oops');
      },
      true,
    ],
  ])('tries again, later and later, under the same id, what %s', async (_, outcome, ambiguous) => {
    const chat = fakeChat('slack', (_delivery, tries) => (tries < 4 ? outcome() : undefined));
    await put(to('slack'), post('INC-1'), post('INC-2'));
    await start(chat);
    for (const [tries, waitMs] of [250, 500, 1000].entries()) {
      await soon(() => expect(chat.tries).toHaveLength(tries + 1));
      // The lane sleeps once the failed try is recorded.
      await soon(async () => expect((await temp.store.find(outbox, { limit: 1 }))[0]?.body.tries).toBe(tries + 1));
      await clock.advance(waitMs - 1);
      expect(chat.tries).toHaveLength(tries + 1);
      await clock.advance(1);
    }
    await empty();
    expect(chat.heard).toEqual(['post INC-1', 'post INC-2']);
    const tries = chat.tries.slice(0, 4);
    expect(new Set(tries.map(({ id }) => id)).size).toBe(1);
    expect(tries.map((one) => one.tries)).toEqual([0, 1, 2, 3]);
    expect(tries.map((one) => one.ambiguous)).toEqual([false, ambiguous, ambiguous, ambiguous]);
  });

  it('comes with the same Delivery.id after a crash between delivery and record', async () => {
    const chat = fakeChat('slack');
    await put(to('slack'), post('INC-1'));
    const commit = vi.spyOn(temp.store, 'commit').mockRejectedValue(new DaytwoError('store-unavailable', 'crashed'));
    const first = await start(chat);
    await soon(() => expect(chat.tries).toHaveLength(1));
    await first.stop();
    couriers = [];
    commit.mockRestore();
    await temp.restart();
    await start(chat);
    await empty();
    expect(chat.tries).toHaveLength(2);
    expect(chat.tries[1]).toMatchObject({ id: chat.tries[0]?.id, do: 'post', message: 'INC-1' });
    expect((await temp.store.get(posted, 'slack:home|INC-1'))?.body.ref).toBe('ref-2');
  });

  it('leaves messages of a chat that is not there, and takes them up when it is', async () => {
    await put(to('telegram'), post('INC-1'));
    await put(to('console'), post('INC-1'));
    const console = fakeChat('console');
    const first = await start(console);
    await soon(() => expect(console.heard).toEqual(['post INC-1']));
    await first.stop();
    couriers = [];
    expect(await waiting()).toBe(1);
    const telegram = fakeChat('telegram');
    await start(console, telegram);
    await empty();
    expect(telegram.heard).toEqual(['post INC-1']);
    expect(console.heard).toEqual(['post INC-1']);
  });

  it('takes secrets and control characters out of whatever is said', async () => {
    const chat = fakeChat('console');
    await put(to('console'), post('INC-1', { card: card('the password is hunter2\u202e') }));
    await start(chat);
    await empty();
    expect(chat.tries[0]?.card.title).toBe('the password is [redacted]\ufffd');
  });

  it('ends at once while a lane waits, and what waits is kept', async () => {
    const chat = fakeChat('slack', () => ({ is: 'limited', retryAfterMs: 3_600_000 }));
    await put(to('slack'), post('INC-1'));
    const courier = await start(chat);
    await soon(() => expect(chat.tries).toHaveLength(1));
    await courier.stop();
    couriers = [];
    expect(await waiting()).toBe(1);
  });

  it('waits at least half of the doubled time and at most all of it, and never over a minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, chance) => {
        const full = Math.min(60_000, 500 * 2 ** Math.min(tries, 12));
        const ms = waitBefore(tries, chance);
        expect(ms).toBeGreaterThanOrEqual(full / 2);
        expect(ms).toBeLessThanOrEqual(full);
      }),
    );
  });
});
