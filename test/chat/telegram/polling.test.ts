import { afterEach, describe, expect, it } from 'vitest';
import { OFFSETS } from '../../../src/chat/telegram/model.ts';
import { DaytwoError } from '../../../src/lib/errors.ts';
import type { TelegramOptions as EmulatorOptions } from '../../support/telegram/telegram.ts';
import { COMMANDS, card, post, type Rig, rig } from './rig.ts';

/** Back-off of a minute must not last one: time runs a hundred times faster. */
const FAST = { scale: 0.01 };
const HOME = -1_001_234;
const chatId = String(HOME);

let bench: Rig;
afterEach(() => bench.end());

async function setUp(options: EmulatorOptions = FAST) {
  bench = await rig(options);
  const { tg } = bench;
  const ana = tg.person({ id: 1001, name: 'Ana', started: true });
  const group = tg.supergroup({ id: HOME, members: [1001] });
  return { ...bench, bench, tg, ana, group };
}

describe('polling', () => {
  it('takes commands, mentions, presses and private words in, and refuses the rest', async () => {
    const { tg, ana, bench } = await setUp();
    const other = tg.supergroup({ members: [1001] });
    const chat = await bench.started({ chatId });
    expect(chat.health()).toEqual({ state: 'up', reason: '' });
    const root = await bench.deliver(
      chat,
      post(chatId, 'INC-1', card('INC-1', { buttons: [{ label: 'Ack', token: 'tok-1', style: 'primary' }] })),
    );
    expect(root).toMatchObject({ is: 'delivered' });
    const sent = tg.sent(HOME)[0];
    if (!sent) throw new Error('nothing was sent');

    ana.send(HOME, '/drain@daytwo_bot worker-1');
    ana.send(HOME, 'did it work?', { force: true });
    ana.send(HOME, '@daytwo_bot status');
    ana.reply(sent, '/ack');
    const press = ana.press(sent, 'Ack');
    ana.send(1001, 'status');
    ana.send(other.id, '/drain@daytwo_bot worker-1');
    ana.forward(ana.send(1001, '/silence INC-1 2h'), HOME, { force: true });
    ana.send(HOME, '/status', { as: 'anonymous', force: true });
    await bench.until('seven are taken', () => bench.taken.length >= 6 && tg.pendingUpdates === 0);

    expect(
      bench.taken.map(({ what, thread, conversation, isPrivate }) => [
        what.kind === 'command' ? what.text : what.token,
        thread,
        conversation.id,
        isPrivate,
      ]),
    ).toEqual([
      ['drain worker-1', undefined, chatId, false],
      ['status', undefined, chatId, false],
      ['ack', 'INC-1', chatId, false],
      ['tok-1', 'INC-1', chatId, false],
      ['status', undefined, '1001', true],
      ['silence INC-1 2h', undefined, '1001', true],
    ]);
    expect(bench.taken.every(({ identity }) => identity.id === '1001')).toBe(true);
    await bench.until(
      'the press is answered',
      () => press.answer !== undefined || tg.presses.some((one) => one.answer),
    );
    expect(tg.commands().map(({ command }) => command)).toEqual(COMMANDS.map(({ name }) => name));
    expect(tg.violations).toEqual([]);
  });

  it('confirms nothing before it is durable, and nothing twice', async () => {
    const { tg, ana, bench } = await setUp();
    let isBroken = true;
    const seen: string[] = [];
    const chat = bench.chat({ chatId });
    await chat.start(async (event) => {
      if (isBroken && event.what.kind === 'command' && event.what.text === 'ack INC-2')
        throw new DaytwoError('store-unavailable', 'disk full');
      seen.push(event.what.kind === 'command' ? event.what.text : '');
    });
    for (const text of ['/ack INC-1', '/ack INC-2', '/ack INC-3'])
      ana.send(HOME, `${text.replace('/ack', '/ack@daytwo_bot')}`);
    await bench.until('the second is tried', () =>
      bench.log.some(({ message }) => message.startsWith('update not stored')),
    );
    await bench.until('the first is confirmed', () => tg.pendingUpdates === 2);
    expect(seen).toEqual(['ack INC-1']);
    isBroken = false;
    await bench.until('all are confirmed', () => tg.pendingUpdates === 0);
    expect(seen).toEqual(['ack INC-1', 'ack INC-2', 'ack INC-3']);
  });

  it('starts where it stopped; a stored offset that is too old is not used', async () => {
    const { tg, ana, bench } = await setUp();
    const chat = await bench.started({ chatId });
    ana.send(HOME, '/status@daytwo_bot');
    await bench.until('it is confirmed', () => bench.taken.length === 1 && tg.pendingUpdates === 0);
    const kept = await bench.store.get(OFFSETS, 'polling');
    expect(kept?.body.next).toBeGreaterThan(870_000_000);
    await chat.stop();
    const before = tg.calls('getUpdates').length;
    const second = await bench.started({ chatId });
    await bench.until('it polls', () => tg.calls('getUpdates').length > before);
    expect(tg.calls('getUpdates')[before]?.params['offset']).toBe(kept?.body.next);
    await second.stop();
    tg.advance(25 * 3_600_000);
    const later = tg.calls('getUpdates').length;
    await bench.started({ chatId });
    await bench.until('it polls', () => tg.calls('getUpdates').length > later);
    expect(tg.calls('getUpdates')[later]?.params['offset']).toBeUndefined();
  });

  it('survives a second poller, says so, and comes back', async () => {
    const { tg, ana, bench } = await setUp({ scale: 0.02 });
    const chat = await bench.started({ chatId });
    await bench.until('it polls', () => tg.calls('getUpdates').length > 0);
    const rival = fetch(`${tg.apiRoot}/bot${tg.token}/getUpdates?timeout=40`).catch(() => undefined);
    await bench.until('it is down', () => chat.health().state === 'down');
    expect(chat.health().reason).toMatch(/another process fetches this bot's updates.*stop it/);
    await rival;
    ana.send(HOME, '/status@daytwo_bot');
    await bench.until('it is up', () => chat.health().state === 'up' && bench.taken.length === 1);
  });

  it('says what to do about a wrong token, and the process goes on', async () => {
    const { tg, bench } = await setUp();
    const chat = bench.chat({ chatId, botToken: '7000000001:wrong' });
    await chat.start(bench.takeIn);
    await bench.until('it is down', () => chat.health().state === 'down');
    expect(chat.health().reason).toMatch(/@BotFather.*chats\.telegram\.botToken/);
    expect(await bench.deliver(chat, post(chatId, 'INC-1', card('x')))).toMatchObject({ is: 'not-arrived' });
    expect(JSON.stringify(bench.log)).not.toContain('7000000001:wrong');
    await bench.until('it goes on trying', () => tg.calls('getMe').length > 2);
  });

  it('says what to do when Telegram is away, and connects when it is back', async () => {
    const { bench, tg } = await setUp();
    const chat = bench.chat({ chatId, apiRoot: 'http://127.0.0.1:9' });
    await chat.start(bench.takeIn);
    await bench.until('it is down', () => chat.health().state === 'down');
    expect(chat.health().reason).toMatch(/doesn't answer.*ECONNREFUSED.*way out/);
    expect(await bench.deliver(chat, post(chatId, 'INC-1', card('x')))).toMatchObject({ is: 'not-arrived' });
    await chat.stop();
    for (let n = 0; n < 3; n += 1) tg.fault('getMe', { kind: 'bad-gateway-before' });
    const second = bench.chat({ chatId });
    await second.start(bench.takeIn);
    await bench.until('it is up', () => second.health().state === 'up');
  });

  it('a token that is revoked while it runs is a matter of health', async () => {
    const { tg, bench } = await setUp();
    const chat = await bench.started({ chatId });
    await bench.until('it polls', () => tg.calls('getUpdates').length > 0);
    tg.admin.revokeToken();
    await bench.until('it is down', () => /token/.test(chat.health().reason));
    expect(
      bench.log.filter(({ message }) => message === 'chat is down until somebody repairs it').length,
    ).toBeGreaterThan(0);
  });

  it.each([
    ['removed from the group', 'kick', /was removed.*add it/],
    ['not allowed to write', 'mute', /may not write.*administrator/],
  ])('%s: health says so, nothing is lost, and it comes back by itself', async (_, how, reason) => {
    const { tg, bench, group } = await setUp();
    const chat = await bench.started({ chatId });
    if (how === 'kick') tg.admin.kickBot(group);
    else tg.admin.takeRight(group, 'can_send_messages');
    await bench.until('it is down', () => chat.health().state === 'down');
    expect(chat.health().reason).toMatch(reason);
    expect(await bench.deliver(chat, post(chatId, 'INC-1', card('x')))).toMatchObject({ is: 'not-arrived' });
    if (how === 'kick') tg.admin.addBot(group);
    else tg.admin.giveRight(group, 'can_send_messages');
    await bench.until('it is up', () => chat.health().state === 'up');
    expect(await bench.deliver(chat, post(chatId, 'INC-1', card('x')))).toMatchObject({ is: 'delivered' });
  });

  it('a chat that isn’t there', async () => {
    const { bench } = await setUp();
    const chat = await bench.started({ chatId: '-100777' });
    expect(chat.health()).toMatchObject({ state: 'down', reason: expect.stringMatching(/chats\.telegram\.chatId/) });
  });

  it('logs the ids of a group that it doesn’t know yet, for whoever sets it up', async () => {
    const { tg, ana, bench } = await setUp();
    const other = tg.supergroup({ members: [1001] });
    await bench.started({ chatId: '-1' });
    ana.send(other.id, '/status@daytwo_bot');
    await bench.until('it is refused', () => bench.log.some(({ message }) => message === 'Telegram update refused'));
    expect(bench.log.find(({ message }) => message === 'Telegram update refused')?.fields).toMatchObject({
      why: 'other-chat',
      chatId: other.id,
      userId: 1001,
    });
    expect(bench.taken).toEqual([]);
  });

  it('a channel', async () => {
    const { bench, tg } = await setUp();
    const channel = tg.channel({ botRights: ['can_post_messages'] });
    const chat = await bench.started({ chatId: String(channel.id) });
    expect(chat.health()).toMatchObject({ state: 'down', reason: expect.stringMatching(/channel.*use a group/) });
  });

  it('finds a group by its name', async () => {
    const { bench, tg } = await setUp();
    const named = tg.supergroup({ username: 'night_watch', members: [1001] });
    const chat = await bench.started({ chatId: '@night_watch' });
    expect(await bench.deliver(chat, post('@night_watch', 'INC-1', card('INC-1')))).toMatchObject({
      is: 'delivered',
      ref: `${named.id}:2`,
    });
    tg.user(1001).send(named.id, '/status@daytwo_bot');
    await bench.until('it is taken', () => bench.taken.length === 1);
    expect(bench.taken[0]?.conversation.id).toBe('@night_watch');
  });

  it('polls only while it leads', async () => {
    const { bench, tg } = await setUp();
    const leading = new AbortController();
    const turn = Promise.withResolvers<AbortSignal>();
    let asked = 0;
    const lead = async (signal: AbortSignal): Promise<AbortSignal> => {
      asked += 1;
      if (asked === 1) return turn.promise;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return signal;
    };
    const chat = await bench.started({ chatId, lead });
    await bench.until('it asks', () => asked === 1);
    expect(tg.calls('getUpdates')).toHaveLength(0);
    turn.resolve(leading.signal);
    await bench.until('it polls', () => tg.calls('getUpdates').length === 1);
    leading.abort();
    await bench.until('it asks again', () => asked === 2);
    expect(tg.calls('getUpdates')).toHaveLength(1);
    await chat.stop();
  });
});
