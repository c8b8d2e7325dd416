import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Courier, createCourier } from '../../src/chat/courier.ts';
import { createInbound, type InboundDesk, inboundEvents } from '../../src/chat/inbound.ts';
import { outbox, posted, say } from '../../src/chat/outbox.ts';
import type { Chat, Delivery, InboundEvent } from '../../src/chat/port.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Claims } from '../../src/store/claims.ts';
import { leases } from '../../src/store/lease.ts';
import { type Collection, put, type Store } from '../../src/store/port.ts';
import { openSharedClaims } from '../../src/store/sharedClaims.ts';
import { eventually } from '../support/real/process.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';
import { type FakeChat, fakeChat } from './fakeChat.ts';

/** How often an event was handled. */
const done: Collection<{ readonly times: number; readonly by: string }> = { kind: 'done', keys: () => ({}) };

/** One process on the shared state; `dead` cuts it off from the state, as a kill does. */
interface Replica {
  readonly store: Store;
  readonly claims: Claims;
  dead: boolean;
}

let temp: TempStore;
let ends: (() => Promise<unknown>)[];
beforeEach(async () => {
  temp = await tempStore();
  ends = [];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  await temp.drop();
});

async function replica(name: string): Promise<Replica> {
  const made = { dead: false };
  const store: Store = new Proxy(temp.store, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (!made.dead || key === 'watch') return value.bind(target);
      return () => Promise.reject(new Error('killed'));
    },
  });
  const claims = await openSharedClaims({
    store,
    log: silentLog,
    now: Date.now,
    name,
    beatMs: 40,
    lostMs: 1000,
    goneMs: 1600,
  });
  ends.push(() => claims.close());
  return Object.assign(made, { store, claims });
}

async function courier({ store, claims }: Replica, chat: Chat): Promise<Courier> {
  const meter = { delivered: () => {}, dropped: () => {}, retried: () => {} };
  const made = createCourier({
    store,
    chats: [chat],
    clock: systemClock,
    log: silentLog,
    meter,
    redact: (text) => text,
    claims,
  });
  ends.push(() => made.stop());
  await made.start();
  return made;
}

const write = (message: string): Promise<unknown> =>
  temp.store.commit(
    say(
      [{ chat: 'slack', id: 'home' }],
      {
        do: 'post',
        message,
        root: message,
        card: { tone: 'neutral', title: message, blocks: [], buttons: [] },
      },
      Date.now(),
    ),
  );
const sent = (...chats: readonly FakeChat[]): readonly string[] => chats.flatMap(({ heard }) => heard);

describe('a lane among replicas', () => {
  it('is carried by one, in order, whoever writes', async () => {
    const chats = [fakeChat('slack'), fakeChat('slack')] as const;
    await courier(await replica('a'), chats[0]);
    await courier(await replica('b'), chats[1]);
    for (let i = 0; i < 20; i += 1) await write(`INC-${i}`);
    await eventually('all are sent', async () => (await temp.store.count(outbox)) === 0);
    expect(sent(...chats)).toEqual(Array.from({ length: 20 }, (_, i) => `post INC-${i}`));
    expect(chats.filter(({ heard }) => heard.length > 0)).toHaveLength(1);
  });

  it('goes on at another when its holder is killed, with doubt about what that one may have sent', async () => {
    const a = await replica('a');
    const first = fakeChat('slack', ({ message }) => {
      // It arrives, and the process dies before it can note that.
      if (message === 'INC-2') a.dead = true;
      return undefined;
    });
    const second = fakeChat('slack');
    await courier(a, first);
    await write('INC-1');
    await eventually('the first is sent', async () => (await temp.store.count(posted)) === 1);
    await courier(await replica('b'), second);
    await write('INC-2');
    await write('INC-3');
    await eventually('the rest is sent', async () => (await temp.store.count(outbox)) === 0);
    expect(first.heard).toEqual(['post INC-1', 'post INC-2']);
    const doubts = second.tries.map(({ message, ambiguous }: Delivery) => [message, ambiguous]);
    expect(doubts).toEqual([
      ['INC-2', true],
      ['INC-3', false],
    ]);
  });

  it('is passed on without doubt by one that stops', async () => {
    const [first, second] = [fakeChat('slack'), fakeChat('slack')];
    const stopping = await courier(await replica('a'), first);
    await write('INC-1');
    await eventually('it is sent', async () => (await temp.store.count(outbox)) === 0);
    await courier(await replica('b'), second);
    await stopping.stop();
    await write('INC-2');
    await eventually('the other sends', () => second.heard.length === 1);
    expect(second.tries[0]?.ambiguous).toBe(false);
    expect(first.heard).toEqual(['post INC-1']);
  });

  /** A chat that takes a message only once it is told to. */
  const slowChat = (): { readonly chat: FakeChat; readonly take: () => void } => {
    const taken = Promise.withResolvers<void>();
    const chat = fakeChat('slack', async () => {
      await taken.promise;
      return { is: 'delivered', ref: 'ref' };
    });
    return { chat, take: () => taken.resolve() };
  };

  it('lets no arrival be noted by one whose lane another took meanwhile', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    const { chat, take } = slowChat();
    await courier(a, chat);
    await write('INC-1');
    await eventually('it is on its way', () => chat.tries.length === 1);
    const taken = { holder: b.claims.id() ?? '', token: 99 };
    await temp.store.commit([put(leases, 'outbox/slack:home', taken, 'any')]);
    take();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([await temp.store.count(outbox), await temp.store.count(posted)]).toEqual([1, 0]);
    expect(chat.tries).toHaveLength(1);
  });

  it('is gone on with by one that lost sight of the state, without sending again what arrived', async () => {
    const a = await replica('a');
    const { chat, take } = slowChat();
    await courier(a, chat);
    await write('INC-1');
    await eventually('it is on its way', () => chat.tries.length === 1);
    const before = a.claims.id();
    a.dead = true;
    await eventually('it gave up', () => a.claims.id() !== before);
    take();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await temp.store.count(outbox)).toBe(1);
    a.dead = false;
    await eventually('it is noted', async () => (await temp.store.count(outbox)) === 0);
    expect(chat.tries).toHaveLength(1);
  });
});

describe('what people do, among replicas', () => {
  const event = (id: string): InboundEvent => ({
    id,
    identity: { chat: 'console', id: `person-${id}` },
    conversation: { chat: 'console', id: 'home' },
    isPrivate: false,
    what: { kind: 'command', text: 'status' },
  });
  function desk({ store, claims }: Replica, name: string, hang: () => Promise<void>): InboundDesk {
    const made = createInbound({
      store,
      clock: systemClock,
      log: silentLog,
      claims,
      handle: async (one) => {
        await hang();
        const before = await store.get(done, one.id);
        return [put(done, one.id, { times: (before?.body.times ?? 0) + 1, by: name }, before?.version ?? 0)];
      },
    });
    ends.push(() => made.stop());
    made.start();
    return made;
  }

  it('is handled by who took it, and by another once that one is gone', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    const stuck = Promise.withResolvers<void>();
    const first = desk(a, 'a', () => (a.dead ? stuck.promise : Promise.resolve()));
    const second = desk(b, 'b', async () => {});
    await first.takeIn(event('1'));
    await second.takeIn(event('2'));
    await Promise.all(['3', '3', '3'].map((id, i) => (i === 0 ? first : second).takeIn(event(id))));
    await eventually('all are handled', async () => (await temp.store.count(inboundEvents, ['state', 'new'])) === 0);
    expect((await temp.store.get(done, '1'))?.body).toEqual({ times: 1, by: 'a' });
    expect((await temp.store.get(done, '2'))?.body).toEqual({ times: 1, by: 'b' });
    expect((await temp.store.get(done, '3'))?.body.times).toBe(1);
    const lost = { event: event('4'), state: 'new' as const, at: Date.now(), holder: a.claims.id() ?? '' };
    a.dead = true;
    await temp.store.commit([put(inboundEvents, 'console:4', lost, 0)]);
    await eventually('the other handles it', async () => (await temp.store.get(done, '4')) !== undefined);
    expect((await temp.store.get(done, '4'))?.body).toEqual({ times: 1, by: 'b' });
    stuck.resolve();
  });
});
