import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTelegram, type TelegramEmulator } from '../support/telegram/telegram.ts';
import type { JsonObject } from '../support/telegram/wire.ts';
import { call } from './call.ts';

let tg: TelegramEmulator;
beforeEach(async () => {
  tg = await startTelegram({ scale: 0, budgets: 'off', firstUpdateId: 100 });
});
afterEach(() => tg.close());

async function poll(params: JsonObject = {}): Promise<JsonObject[]> {
  const answer = await call(tg, 'getUpdates', params);
  return answer.result as unknown as JsonObject[];
}
const ids = (updates: JsonObject[]): unknown[] => updates.map((update) => update['update_id']);

/** Waits until a long poll hangs at the server. */
async function hanging(count = 1): Promise<void> {
  while (tg.calls('getUpdates').filter((made) => made.status === 0).length < count)
    await new Promise((go) => setTimeout(go, 2));
}

describe('getUpdates', () => {
  it('gives the same until an offset confirms it', async () => {
    const ana = tg.person({ id: 1, started: true });
    for (const text of ['a', 'b', 'c']) ana.send(1, text);
    expect(ids(await poll())).toEqual([100, 101, 102]);
    expect(ids(await poll({ limit: 2 }))).toEqual([100, 101]);
    expect(ids(await poll({ offset: 101 }))).toEqual([101, 102]);
    expect(ids(await poll())).toEqual([101, 102]);
    expect(ids(await poll({ offset: 103 }))).toEqual([]);
    expect(tg.pendingUpdates).toBe(0);
  });

  it('takes a negative offset as a count from the end and forgets the rest', async () => {
    const ana = tg.person({ id: 1, started: true });
    for (const text of ['a', 'b', 'c']) ana.send(1, text);
    expect(ids(await poll({ offset: -1 }))).toEqual([102]);
    expect(ids(await poll())).toEqual([102]);
  });

  it('confirms nothing for an offset far in the future', async () => {
    tg.person({ id: 1, started: true }).send(1, 'a');
    expect(ids(await poll({ offset: 5_000 }))).toEqual([100]);
  });

  it('waits for the first update, and gives an empty list when time is up', async () => {
    const first = poll({ timeout: 30 });
    await hanging();
    tg.person({ id: 1, started: true }).send(1, 'a');
    expect(ids(await first)).toEqual([100]);
    const second = poll({ timeout: 30, offset: 101 });
    await hanging();
    tg.advance(30_000);
    expect(await second).toEqual([]);
  });

  it('lets the newer of two polls win', async () => {
    const older = call(tg, 'getUpdates', { timeout: 30 });
    await hanging();
    const newer = call(tg, 'getUpdates', { timeout: 30 });
    expect(await older).toMatchObject({
      status: 409,
      description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    });
    tg.person({ id: 1, started: true }).send(1, 'a');
    expect(await newer).toMatchObject({ ok: true });
  });

  it('forgets a poll whose bot went away, and keeps its updates', async () => {
    const gone = new AbortController();
    const poll1 = call(tg, 'getUpdates', { timeout: 30 }, gone.signal).catch(() => 'aborted');
    await hanging();
    gone.abort();
    expect(await poll1).toBe('aborted');
    tg.person({ id: 1, started: true }).send(1, 'a');
    expect(ids(await poll())).toEqual([100]);
  });

  it('keeps updates for 24 hours', async () => {
    tg.person({ id: 1, started: true }).send(1, 'a');
    tg.advance(24 * 3_600_000 - 1);
    expect(ids(await poll())).toEqual([100]);
    tg.advance(1);
    expect(await poll()).toEqual([]);
  });

  it('takes only the wanted types from then on', async () => {
    const ana = tg.person({ id: 1, started: true });
    await poll({ allowed_updates: ['callback_query'] });
    ana.send(1, 'a');
    expect(tg.pendingUpdates).toBe(0);
    await poll({ allowed_updates: [] });
    ana.send(1, 'b');
    expect(tg.pendingUpdates).toBe(1);
  });
});

describe('updates', () => {
  const only = async (): Promise<JsonObject> => {
    const [update, ...rest] = await poll();
    expect(rest).toEqual([]);
    return update ?? {};
  };

  it('tell a command with its entity, sender and chat', async () => {
    const ana = tg.person({ id: 1001, name: 'Ana', username: 'ana_ops' });
    const chat = tg.supergroup({ members: [1001] });
    ana.send(chat.id, `/drain@${tg.bot.username} worker-1`);
    expect(await only()).toMatchObject({
      message: {
        from: { id: 1001, username: 'ana_ops', is_bot: false },
        chat: { id: chat.id, type: 'supergroup' },
        text: '/drain@daytwo_bot worker-1',
        entities: [{ type: 'bot_command', offset: 0, length: 17 }],
      },
    });
  });

  it('tell a press with its message and data', async () => {
    const chat = tg.supergroup();
    const reply_markup = { inline_keyboard: [[{ text: 'Ack', callback_data: 'tok' }]] };
    await call(tg, 'sendMessage', { chat_id: chat.id, text: 'card', reply_markup });
    const [card] = tg.sent(chat.id);
    if (card === undefined) throw new Error('not sent');
    const press = tg.user(5).press(card, 'Ack');
    expect(await only()).toMatchObject({
      callback_query: {
        id: press.id,
        data: 'tok',
        from: { id: 5 },
        message: { message_id: card.id, text: 'card', reply_markup },
      },
    });
  });

  it('tell the answer to a forced reply', async () => {
    const chat = tg.supergroup();
    const reply_markup = { force_reply: true, selective: true, input_field_placeholder: 'worker-1' };
    await call(tg, 'sendMessage', { chat_id: chat.id, text: 'Type the name', reply_markup });
    const [asked] = tg.sent(chat.id);
    if (asked === undefined) throw new Error('not sent');
    expect(asked.markup).toMatchObject({ kind: 'force-reply', selective: true });
    tg.user(5).reply(asked, 'worker-1');
    expect(await only()).toMatchObject({ message: { text: 'worker-1', reply_to_message: { message_id: asked.id } } });
  });

  it('tell edits, forwards, channel posts, anonymous administrators and topics for what they are', async () => {
    const ana = tg.person({ id: 1, started: true });
    const channel = tg.channel({ botRights: ['can_post_messages'] });
    const forum = tg.supergroup({ forum: true, botRights: ['can_manage_topics'] });
    ana.edit(ana.send(1, '/drain a'), '/drain b');
    ana.forward(tg.user(2).send(forum.id, '/drain c'), 1);
    ana.send(channel.id, '/drain d');
    ana.send(forum.id, '/drain e', { as: 'anonymous' });
    ana.send(forum.id, '/drain f', { as: { channel } });
    ana.send(forum.id, '/drain g', { thread: 77 });
    const updates = await poll();
    expect(updates.slice(1)).toMatchObject([
      { edited_message: { text: '/drain b', edit_date: expect.any(Number) } },
      { message: { from: { id: 2 } } },
      { message: { forward_origin: { type: 'user', sender_user: { id: 2 } } } },
      { channel_post: { sender_chat: { id: channel.id } } },
      { message: { from: { username: 'GroupAnonymousBot' }, sender_chat: { id: forum.id } } },
      { message: { from: { username: 'Channel_Bot' }, sender_chat: { id: channel.id } } },
      { message: { message_thread_id: 77, is_topic_message: true } },
    ]);
  });

  it('tell what happens to the bot', async () => {
    const chat = tg.group();
    tg.admin.kickBot(chat);
    tg.admin.addBot(chat, ['can_pin_messages']);
    const upgraded = tg.admin.migrate(chat);
    tg.person({ id: 9, started: true });
    tg.admin.setBlocked(9, true);
    expect(await poll()).toMatchObject([
      { my_chat_member: { old_chat_member: { status: 'member' }, new_chat_member: { status: 'kicked' } } },
      { my_chat_member: { new_chat_member: { status: 'administrator', can_pin_messages: true } } },
      { message: { migrate_to_chat_id: upgraded.id } },
      { message: { migrate_from_chat_id: chat.id, chat: { type: 'supergroup' } } },
      { my_chat_member: { chat: { id: 9 }, new_chat_member: { status: 'kicked' } } },
    ]);
  });
});

describe('privacy mode', () => {
  it.each<[string, boolean]>([
    ['hello all', false],
    ['/drain@daytwo_bot worker-1', true],
    ['/drain@other_bot worker-1', false],
    ['/drain worker-1', true],
    ['hey @daytwo_bot', true],
    ['hey @daytwo_bot2', false],
  ])('of a plain member: %s → %s', (text, seen) => {
    const chat = tg.supergroup();
    tg.user(1).send(chat.id, text);
    expect(tg.pendingUpdates).toBe(seen ? 1 : 0);
  });

  it('gives a plain command to the bot that wrote last when there are several', async () => {
    const other = tg.person({ id: 50, isBot: true, username: 'other_bot' });
    const chat = tg.supergroup({ members: [50] });
    tg.user(1).send(chat.id, '/drain a');
    await call(tg, 'sendMessage', { chat_id: chat.id, text: 'x' });
    tg.user(1).send(chat.id, '/drain b');
    other.send(chat.id, 'mine');
    tg.user(1).send(chat.id, '/drain c');
    expect((await poll()).map((update) => (update['message'] as JsonObject)['text'])).toEqual(['/drain b']);
  });

  it('is off for administrators, and hides other bots from everybody', async () => {
    const chat = tg.supergroup({ botRights: [] });
    tg.user(1).send(chat.id, 'hello');
    const other = tg.person({ id: 50, isBot: true });
    other.send(chat.id, '/drain@daytwo_bot a');
    expect(tg.pendingUpdates).toBe(1);
    other.send(chat.id, '/drain@daytwo_bot a', { force: true });
    expect(tg.pendingUpdates).toBe(2);
  });
});
