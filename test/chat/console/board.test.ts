import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Board } from '../../../src/chat/console/board.ts';
import { CHANNEL, FEED, MESSAGES, THREADS } from '../../../src/chat/console/model.ts';
import type { Delivery, DeliveryOutcome } from '../../../src/chat/port.ts';
import { DaytwoError } from '../../../src/lib/errors.ts';
import type { Store } from '../../../src/store/port.ts';
import { movableClock, temporaryStore } from '../../support/consoleServer.ts';
import { delivery } from '../../support/consoleThreads.ts';

const never = new AbortController().signal;
let store: Store;
let drop: () => Promise<void>;
let board: Board;

beforeEach(async () => {
  ({ store, drop } = await temporaryStore());
  board = new Board(store, movableClock());
});
afterEach(() => drop());

const deliver = (one: Delivery): Promise<DeliveryOutcome> => board.deliver(one, never);
const refOf = (outcome: DeliveryOutcome): string => (outcome.is === 'delivered' ? outcome.ref : '');
const keys = async (words: string, scope: 'open' | 'closed' | 'all' = 'all'): Promise<string[]> =>
  (await board.list({ words, scope })).threads.map(({ key }) => key);

describe('deliver', () => {
  it('makes one message of a delivery that comes again, even at the same time', async () => {
    const one = delivery('INC-1', { title: 'INC-1 X', tone: 'critical' });
    const outcomes = await Promise.all([deliver(one), deliver(one), deliver({ ...one, tries: 1, ambiguous: true })]);
    expect(new Set(outcomes.map(refOf)).size).toBe(1);
    expect(refOf(await deliver(one))).toBe(refOf(outcomes[0] as DeliveryOutcome));
    expect(await store.count(MESSAGES)).toBe(1);
  });

  it('keeps the order of posting within the same millisecond', async () => {
    for (let i = 0; i < 30; i += 1) await deliver(delivery(`a/${i}`, { title: String(i) }));
    const page = await board.read(CHANNEL, 'ana');
    expect(page?.messages.map(({ body }) => body.card.title)).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
  });

  it('replaces by an edit, and says so when the message is gone', async () => {
    const ref = refOf(await deliver(delivery('INC-1', { title: 'INC-1 X', tone: 'critical' })));
    expect(await keys('', 'open')).toEqual(['INC-1']);
    const done = delivery('INC-1', { title: 'INC-1 X resolved after 2 min', tone: 'ok' }, { do: 'edit', ref });
    expect(await deliver(done)).toEqual({ is: 'delivered', ref });
    expect(await keys('', 'open')).toEqual([]);
    expect(await keys('', 'closed')).toEqual(['INC-1']);
    expect(await board.countOpen()).toBe(0);
    expect((await board.read('INC-1', 'ana'))?.messages).toHaveLength(1);
    await board.forget(['INC-1', 'INC-404']);
    expect((await deliver(done)).is).toBe('refused');
    expect(await store.count(MESSAGES)).toBe(0);
    expect(await store.count(THREADS)).toBe(0);
  });

  it('says that nothing arrived when nothing could be stored', async () => {
    const full: Store = Object.assign(Object.create(store) as Store, {
      get: store.get.bind(store),
      find: store.find.bind(store),
      commit: () => Promise.reject(new DaytwoError('store-unavailable', 'disk full')),
    });
    const outcome = await new Board(full, movableClock()).deliver(delivery('INC-1', { title: 'x' }), never);
    expect(outcome).toEqual({ is: 'not-arrived', reason: 'disk full' });
  });

  it('refuses a card beyond its bound, and nothing after a cancel', async () => {
    expect((await deliver(delivery('INC-1', { title: 'x'.repeat(1_100_000) }))).is).toBe('refused');
    expect((await board.deliver(delivery('INC-1', { title: 'x' }), AbortSignal.abort())).is).toBe('not-arrived');
    expect(await store.count(MESSAGES)).toBe(0);
  });

  it('keeps the feed and the channel within their bounds', async () => {
    for (let i = 0; i < 2600; i += 1) await deliver(delivery(`a/${i}`, { title: String(i) }));
    expect(await store.count(FEED)).toBeLessThanOrEqual(2250);
    expect(await board.sweep()).toBe(1600);
    expect(await store.count(MESSAGES)).toBe(1000);
  });
});

describe('list', () => {
  it('shows open before ended, critical first, newest first, in pages', async () => {
    for (let i = 1; i <= 120; i += 1) {
      const tone = (['critical', 'warning', 'ok'] as const)[i % 3] ?? 'ok';
      await deliver(delivery(`INC-${i}`, { title: `INC-${i} X`, tone }));
    }
    const seen: string[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < 10; pages += 1) {
      const page = await board.list({ words: '', scope: 'all', ...(after === undefined ? {} : { after }) });
      expect(page.threads.length).toBeLessThanOrEqual(50);
      seen.push(...page.threads.map(({ key }) => key));
      after = page.next;
      if (after === undefined) break;
    }
    const numbers = Array.from({ length: 120 }, (_, i) => 120 - i);
    const expected = [0, 1, 2].flatMap((rest) => numbers.filter((n) => n % 3 === rest)).map((n) => `INC-${n}`);
    expect(seen).toEqual(expected);
    expect(await board.countOpen()).toBe(80);
  });

  it('finds by words, never by what only one person may read', async () => {
    await deliver(delivery('INC-1', { title: 'INC-1 BackupFailed', tone: 'critical' }));
    await deliver(delivery('INC-2', { title: 'INC-2 DiskFull', tone: 'warning' }));
    await deliver(delivery('x', { title: 'worker-1 is full' }, { in: 'INC-2' }));
    await deliver(delivery('y', { title: 'swordfish' }, { in: 'INC-2', onlyFor: 'ana' }));
    expect(await keys('backup')).toEqual(['INC-1']);
    expect(await keys('WORKER disk')).toEqual(['INC-2']);
    expect(await keys('swordfish')).toEqual([]);
    expect(await keys('inc', 'closed')).toEqual([]);
  });
});

describe('read', () => {
  it('pages backwards, leaving out what is for somebody else', async () => {
    await deliver(delivery('INC-1', { title: 'root', tone: 'critical' }));
    for (let i = 1; i <= 240; i += 1) {
      const isPrivate = i % 2 === 0;
      await deliver(delivery(`m/${i}`, { title: `m${i}` }, { in: 'INC-1', ...(isPrivate ? { onlyFor: 'ben' } : {}) }));
    }
    const last = await board.read('INC-1', 'ana');
    expect(last?.messages).toHaveLength(100);
    expect(last?.messages.at(-1)?.body.card.title).toBe('m239');
    const first = await board.read('INC-1', 'ana', last?.earlier);
    expect(first?.messages.map(({ body }) => body.card.title)[0]).toBe('root');
    expect(first?.earlier).toBeUndefined();
    const titles = [...(first?.messages ?? []), ...(last?.messages ?? [])].map(({ body }) => body.card.title);
    expect(titles).toEqual(['root', ...Array.from({ length: 120 }, (_, i) => `m${2 * i + 1}`)]);
    expect((await board.read('INC-1', 'ben'))?.messages.at(-1)?.body.card.title).toBe('m240');
  });
});

it('names the pictures that its messages show', async () => {
  const picture = (light: string, dark: string) =>
    ({ kind: 'picture', picture: { light, dark, alt: '', width: 1, height: 1 } }) as const;
  await deliver(
    delivery('INC-1', {
      title: 'x',
      blocks: [
        picture('a', 'b'),
        { kind: 'section', tone: 'ok', title: 's', summary: '', folded: true, blocks: [picture('c', 'd')] },
      ],
    }),
  );
  expect([...(await board.pictures())].sort()).toEqual(['a', 'b', 'c', 'd']);
});
