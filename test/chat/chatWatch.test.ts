import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChatWatch } from '../../src/chat/chatWatch.ts';
import { outbox } from '../../src/chat/outbox.ts';
import type { Chat, ChatHealth, ChatName } from '../../src/chat/port.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Store } from '../../src/store/port.ts';
import { fakeClock } from '../support/clock.ts';

const up: ChatHealth = { state: 'up', reason: '' };

function chat(name: ChatName): Chat & { now: ChatHealth } {
  const made = {
    name,
    home: { chat: name, id: 'home' },
    pictureStyle: 'inline' as const,
    now: up,
    start: async () => {},
    stop: async () => {},
    deliver: async () => ({ is: 'delivered' as const, ref: '1' }),
    health: () => made.now,
  };
  return made;
}

describe('the watch over the chats', () => {
  let dir: string;
  let store: Store;
  const clock = fakeClock();
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-watch-'));
    store = await openLowdbStore({ dir, collections: [], now: clock.now, warn: () => {} });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });
  const said = async (): Promise<string[]> =>
    (await store.find(outbox, { limit: 50 })).map(({ body }) => `${body.conversation.chat}: ${body.card.title}`);

  it('tells the others once that a chat is down, after half a minute, and once that it is back', async () => {
    const [slack, console] = [chat('slack'), chat('console')];
    const watch = createChatWatch({ store, chats: [slack, console], clock, log: silentLog });
    watch.start();
    slack.now = { state: 'down', reason: 'invalid_auth: set chats.slack.botToken.' };
    await clock.advance(20_000);
    expect(await said()).toEqual([]);
    await clock.advance(60_000);
    await vi.waitFor(async () => expect(await said()).toEqual(['console: slack does not work']));
    slack.now = up;
    await clock.advance(20_000);
    await vi.waitFor(async () =>
      expect(await said()).toEqual(['console: slack does not work', 'console: slack works again']),
    );
    await watch.stop();
  });

  it('says nothing of a short reconnect', async () => {
    const [slack, console] = [chat('slack'), chat('console')];
    const watch = createChatWatch({ store, chats: [slack, console], clock, log: silentLog });
    watch.start();
    slack.now = { state: 'down', reason: 'reconnecting' };
    await clock.advance(15_000);
    slack.now = up;
    await clock.advance(60_000);
    expect(await said()).toEqual([]);
    await watch.stop();
  });
});
