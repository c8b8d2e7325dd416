import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outbox } from '../../src/chat/outbox.ts';
import type { Conversation } from '../../src/chat/port.ts';
import { createUntold, untolds } from '../../src/gate/untold.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Store } from '../../src/store/port.ts';
import { directOf } from '../../src/wiring/direct.ts';
import {
  ana,
  asks,
  ben,
  COLLECTIONS,
  cleo,
  type House,
  labels,
  openHouse,
  policy,
  press,
  SLACK,
  until,
} from './house.ts';

const HOUR = 3_600_000;
const DM: Conversation = { chat: 'slack', id: 'U0BEN' };

describe('who may approve is told in private', () => {
  let dir: string;
  let store: Store;
  let house: House;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-private-'));
    store = await openLowdbStore({
      dir: join(dir, 'data'),
      collections: [...COLLECTIONS, untolds],
      now: Date.now,
      warn: () => {},
    });
    const chats = { slack: {}, telegram: undefined } as unknown as Parameters<typeof directOf>[0]['chats'];
    house = await openHouse({ dir, store, callers: { direct: directOf({ chats }), next: async () => ['ben'] } });
    house.surroundings.policies = [policy({ ttl: 90_000 })];
  });
  afterEach(() => house.end());

  /** What a conversation gets of REQ-1, in order. */
  const told = async (conversation: Conversation): Promise<readonly string[]> =>
    (await store.find(outbox, { key: ['lane', `${conversation.chat}:${conversation.id}`], limit: 1000 })).map(
      ({ body }) => `${body.do} ${body.message.replace(/-[0-9a-f]{8}-/, '-')}`,
    );

  it('gives them the card once confirmed, keeps it as the others are, and says no more than that there', async () => {
    house.executor();
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    expect(await told(DM)).toEqual([]);
    await press(house, 'confirm', ana);
    expect(await told(DM)).toEqual(['post REQ-1']);
    expect(labels(await house.card('REQ-1', DM))).toEqual(['Approve', 'Deny', 'Cancel']);
    await press(house, 'approve', ben);
    await house.until('succeeded');
    const [first, ...later] = await told(DM);
    expect(first).toBe('post REQ-1');
    expect(new Set(later)).toEqual(new Set(['edit REQ-1']));
    expect(await house.card('REQ-1', DM)).toEqual(await house.card('REQ-1'));
    expect((await house.card('REQ-1', DM))?.buttons).toEqual([]);
    expect(await told(SLACK)).toContain('post REQ-1/end');
    expect(await told({ chat: 'slack', id: 'U0ANA' })).toEqual([]);
  });

  it('calls them again below their card when nobody decides', async () => {
    house.watch();
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(house, 'confirm', ana);
    house.clock.jump(31_000);
    await until('next is called', async () => (await house.stored()).called === 1);
    expect(await told(DM)).toContain('post REQ-1/call-1');
    expect((await told(DM)).filter((one) => one.endsWith(' REQ-1'))[0]).toBe('post REQ-1');
    expect((await told(DM)).filter((one) => one === 'post REQ-1')).toHaveLength(1);
  });

  it('names in the thread whom a chat can’t tell, once a day, while the request is open', async () => {
    const people = [ana, ben, cleo];
    const targets = [{ conversation: SLACK, bounded: false, pictures: 'inline' as const }];
    const untold = createUntold({ store, clock: house.clock, log: silentLog, people, targets });
    await house.service.ask('file.write', { name: 'notes' }, asks(ana));
    const chat = { chat: 'telegram', id: '1003' } as const;
    const said = async () => (await told(SLACK)).filter((one) => one.includes('untold'));
    await untold({ chat: 'telegram', id: '9999' }, 'REQ-1', 'nobody we know');
    await untold(chat, 'reply/telegram/5', 'an answer');
    await untold(chat, 'REQ-7', 'no such request');
    expect(await said()).toEqual([]);
    await Promise.all([1, 2, 3].map(() => untold(chat, 'REQ-1', "403 Forbidden: bot can't initiate conversation")));
    expect(await said()).toEqual(['post REQ-1/untold-telegram-cleo']);
    const card = JSON.stringify(await house.card('REQ-1/untold-telegram-cleo'));
    expect(card).toContain('cleo can’t be told in private on Telegram');
    expect(card).toContain('press Start once');
    house.clock.jump(25 * HOUR);
    await untold(chat, 'REQ-1', 'still');
    expect(await said()).toHaveLength(2);
    await press(house, 'cancel', ana);
    house.clock.jump(25 * HOUR);
    await untold(chat, 'REQ-1', 'too late to matter');
    expect(await said()).toHaveLength(2);
  });
});

describe('directOf', () => {
  const chats = (slack: boolean, telegram: boolean) =>
    ({ slack: slack ? {} : undefined, telegram: telegram ? {} : undefined }) as unknown as Parameters<
      typeof directOf
    >[0]['chats'];
  it.each([
    ['both', true, true, ['slack:U0ANA', 'telegram:1001']],
    ['Slack alone', true, false, ['slack:U0ANA']],
    ['Telegram alone', false, true, ['telegram:1001']],
    ['neither', false, false, []],
  ])('gives one conversation a chat that is there: %s', (_, slack, telegram, expected) => {
    const found = directOf({ chats: chats(slack, telegram) })(ana);
    expect(found.map(({ chat, id }) => `${chat}:${id}`)).toEqual(expected);
  });
});
