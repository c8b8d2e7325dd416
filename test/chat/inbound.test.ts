import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createInbound, type InboundDesk, inboundEvents, inboundId } from '../../src/chat/inbound.ts';
import type { InboundEvent } from '../../src/chat/port.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type Collection, put } from '../../src/store/port.ts';
import { fakeClock } from '../support/clock.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';

interface Done {
  readonly times: number;
}
/** What the handler writes: how often an event was worked in. */
const done: Collection<Done> = { kind: 'done', keys: () => ({}) };

let temp: TempStore;
let clock: ReturnType<typeof fakeClock>;
let desks: InboundDesk[];

beforeEach(async () => {
  clock = fakeClock();
  temp = await tempStore(clock.now);
  desks = [];
});
afterEach(async () => {
  for (const desk of desks) await desk.stop();
  await temp.drop();
});

const event = (id: string, by = 'ana'): InboundEvent => ({
  id,
  identity: { chat: 'console', id: by },
  conversation: { chat: 'console', id: 'home' },
  isPrivate: false,
  what: { kind: 'command', text: 'status' },
});
type Handle = Parameters<typeof createInbound>[0]['handle'];
const marks: Handle = async (one) => {
  const before = await temp.store.get(done, inboundId(one));
  return [put(done, inboundId(one), { times: (before?.body.times ?? 0) + 1 }, before?.version ?? 0)];
};
function desk(handle: Handle): InboundDesk {
  const made = createInbound({ store: temp.store, clock, log: silentLog, handle });
  desks.push(made);
  return made;
}
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 5000, interval: 5 });
const waiting = (): Promise<number> => temp.store.count(inboundEvents, ['state', 'new']);
const times = async (id: string): Promise<number | undefined> =>
  (await temp.store.get(done, `console:${id}`))?.body.times;

describe('what people do in chats', () => {
  it('is durable before it is confirmed, and handled once however often it comes', async () => {
    const made = desk(marks);
    await made.takeIn(event('1'));
    expect(await waiting()).toBe(1);
    made.start();
    await soon(async () => expect(await times('1')).toBe(1));
    await Promise.all([made.takeIn(event('1')), made.takeIn(event('1')), made.takeIn(event('2'))]);
    await soon(async () => expect(await times('2')).toBe(1));
    expect(await times('1')).toBe(1);
    expect(await waiting()).toBe(0);
  });

  it('refuses to confirm what could not be stored', async () => {
    const made = desk(marks);
    vi.spyOn(temp.store, 'commit').mockRejectedValueOnce(new DaytwoError('store-unavailable', 'disk full'));
    await expect(made.takeIn(event('1'))).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('is handled in a person’s own order, also within one millisecond, and beside what others do', async () => {
    const order: string[] = [];
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const made = desk(async (one, signal) => {
      if (one.id === 'z-first')
        await Promise.race([held, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
      order.push(one.id);
      return [];
    });
    // Ids that sort against the order of their coming.
    for (const id of ['z-first', 'y-second', 'x-third', 'w-fourth']) await made.takeIn(event(id));
    await made.takeIn(event('a-of-ben', 'ben'));
    made.start();
    await soon(() => expect(order).toEqual(['a-of-ben']));
    letGo();
    await soon(() => expect(order).toEqual(['a-of-ben', 'z-first', 'y-second', 'x-third', 'w-fourth']));
  });

  it('keeps that order, and passes nobody over, however many wait', async () => {
    const order: string[] = [];
    const made = desk(async (one) => {
      order.push(one.id);
      return [];
    });
    const ids = Array.from({ length: 250 }, (_, n) => String(999 - n));
    for (const id of ids) await made.takeIn(event(id));
    await made.takeIn(event('zzz', 'ben'));
    made.start();
    await soon(() => expect(order).toHaveLength(251));
    expect(order.indexOf('zzz')).toBeLessThan(8);
    expect(order.filter((id) => id !== 'zzz')).toEqual(ids);
  });

  it('is taken up again where a former process ended', async () => {
    const first = desk(() => new Promise(() => {}));
    await first.takeIn(event('1'));
    await temp.restart();
    desks = [];
    desk(marks).start();
    await soon(async () => expect(await times('1')).toBe(1));
  });

  it('is tried again when it could not be recorded, and then counts once', async () => {
    let failures = 2;
    const made = desk(async (one, signal) => {
      if (failures-- > 0) throw new DaytwoError('store-unavailable', 'away');
      return marks(one, signal);
    });
    await made.takeIn(event('1'));
    made.start();
    await soon(() => expect(failures).toBe(1));
    await clock.advance(1000);
    await soon(() => expect(failures).toBe(0));
    await clock.advance(1000);
    await soon(async () => expect(await times('1')).toBe(1));
  });

  it('is put off when the bot is stopped while it runs', async () => {
    const made = desk(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
        }),
    );
    await made.takeIn(event('1'));
    made.start();
    await clock.advance(0);
    await made.stop();
    expect(await waiting()).toBe(1);
  });
});
