import { createServer } from 'node:http';
import { Telegraf, TelegramError } from 'telegraf';
import type { Update } from 'telegraf/types';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { emulatedClock } from '../support/telegram/clock.ts';
import { startTelegram, type TelegramEmulator, type TelegramOptions } from '../support/telegram/telegram.ts';
import type { Chat } from '../support/telegram/world.ts';
import { png } from './call.ts';

/** The real telegraf 4.16.3 over the wire: what the emulator takes for granted, the library must agree with. */

let tg: TelegramEmulator;
let chat: Chat;
let bot: Telegraf;

async function start(options: TelegramOptions = {}): Promise<void> {
  tg = await startTelegram({ scale: 0, ...options });
  tg.person({ id: 1001, name: 'Ana', username: 'ana_ops', started: true });
  chat = tg.supergroup({ members: [1001], forum: true, botRights: ['can_manage_topics', 'can_pin_messages'] });
  bot = new Telegraf(tg.token, { telegram: { apiRoot: tg.apiRoot, webhookReply: false } });
}

/** What telegraf threw. */
async function refusal(answer: Promise<unknown>): Promise<TelegramError> {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TelegramError)) throw new Error(`no TelegramError: ${String(error)}`);
  return error;
}

afterEach(async () => {
  expect(tg.violations).toEqual([]);
  await tg.close();
});

describe('telegraf calls', () => {
  beforeEach(() => start());

  it('every method that chat operations need', async () => {
    const { telegram } = bot;
    expect(await telegram.getMe()).toMatchObject({ id: tg.bot.id, is_bot: true, can_read_all_group_messages: false });
    const root = await telegram.sendMessage(chat.id, '<b>INC-1</b> <code>@anna</code>', {
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
      reply_markup: { inline_keyboard: [[{ text: 'Ack', callback_data: 'tok' }]] },
    });
    expect(root.entities?.map((entity) => entity.type)).toEqual(['bold', 'code']);
    tg.advance(60_000);
    await telegram.editMessageText(chat.id, root.message_id, undefined, 'resolved');
    await telegram.sendPhoto(chat.id, { source: png(10, 20) }, { caption: '<i>trend</i>', parse_mode: 'HTML' });
    const file = { source: Buffer.from('a,b\n'), filename: 'pods.csv' };
    const document = await telegram.sendDocument(chat.id, file, { caption: 'all' });
    expect(document.document).toMatchObject({ file_name: 'pods.csv', file_size: 4 });
    tg.advance(60_000);
    const media = [
      { type: 'photo' as const, media: { source: png(1, 1) } },
      { type: 'photo' as const, media: { source: png(2, 2) } },
    ];
    expect(await telegram.sendMediaGroup(chat.id, media)).toHaveLength(2);
    tg.advance(60_000);
    const topic = await telegram.createForumTopic(chat.id, 'INC-1');
    await telegram.sendMessage(chat.id, 'in it', { message_thread_id: topic.message_thread_id });
    await telegram.closeForumTopic(chat.id, topic.message_thread_id);
    tg.advance(60_000);
    await telegram.pinChatMessage(chat.id, root.message_id, { disable_notification: true });
    await telegram.sendChatAction(chat.id, 'typing');
    await telegram.setMyCommands([{ command: 'drain', description: 'Drains' }], {
      scope: { type: 'chat', chat_id: chat.id },
    });
    expect(await telegram.getMyCommands({ scope: { type: 'chat', chat_id: chat.id } })).toHaveLength(1);
    expect(await telegram.getChat(chat.id)).toMatchObject({ type: 'supergroup', is_forum: true });
    expect(await telegram.getChatMember(chat.id, 1001)).toMatchObject({ status: 'member' });
    expect(await telegram.getChatAdministrators(chat.id)).toHaveLength(1);
    await telegram.deleteMessage(chat.id, document.message_id);
    expect(tg.pings()).toEqual([]);
    expect(tg.lines(chat.id)).toContain(`#${root.message_id} bot: resolved (edited 1×)`);
    expect(tg.timings().get('sendMessage')).toMatchObject({ calls: 2, failed: 0 });
  });

  it('swaps a picture, whose keyboard survives the form', async () => {
    const { telegram } = bot;
    const keyboard = { reply_markup: { inline_keyboard: [[{ text: 'Ack', callback_data: 't' }]] } };
    const sent = await telegram.sendPhoto(chat.id, { source: png(1, 1) }, keyboard);
    const media = { type: 'photo' as const, media: { source: png(5, 6) }, caption: 'new' };
    const edited = await telegram.editMessageMedia(chat.id, sent.message_id, undefined, media, keyboard);
    expect(edited).toMatchObject({ photo: [{ width: 5 }], caption: 'new', reply_markup: keyboard.reply_markup });
  });

  it('loses reply_parameters on an upload, as it does with the vendor', async () => {
    const root = await bot.telegram.sendMessage(chat.id, 'root');
    const extra = { reply_parameters: { message_id: root.message_id }, message_thread_id: 0 };
    const photo = await bot.telegram.sendPhoto(chat.id, { source: png(1, 1) }, extra);
    expect(photo.reply_to_message).toBeUndefined();
    expect(tg.calls('sendPhoto')[0]?.params).not.toHaveProperty('reply_parameters');
  });

  it('tells errors with code, text and parameters', async () => {
    const { telegram } = bot;
    const kicked = tg.supergroup();
    tg.admin.kickBot(kicked);
    const group = tg.group();
    const upgraded = tg.admin.migrate(group);
    tg.flood(7_200, chat.id);
    expect(await refusal(telegram.sendMessage(chat.id, 'x'))).toMatchObject({
      code: 429,
      parameters: { retry_after: 7_200 },
    });
    expect(await refusal(telegram.sendMessage(kicked.id, 'x'))).toMatchObject({
      code: 403,
      description: 'Forbidden: bot was kicked from the supergroup chat',
    });
    expect((await refusal(telegram.sendMessage(group.id, 'x'))).parameters).toEqual({
      migrate_to_chat_id: upgraded.id,
    });
    expect((await refusal(telegram.sendMessage(upgraded.id, '<p>', { parse_mode: 'HTML' }))).description).toBe(
      'Bad Request: can\'t parse entities: Unsupported start tag "p" at byte offset 0',
    );
    tg.fault('sendMessage', { kind: 'bad-gateway-after' });
    expect((await refusal(telegram.sendMessage(upgraded.id, 'x'))).code).toBe(502);
    tg.fault('sendMessage', { kind: 'drop-after' });
    await expect(telegram.sendMessage(upgraded.id, 'x')).rejects.toMatchObject({ name: 'FetchError' });
    expect(tg.duplicates(upgraded.id)).toHaveLength(1);
  });
});

describe('telegraf behind a gateway', () => {
  beforeEach(() => start({ prefix: '/gateway/tg' }));

  it('finds the API when apiRoot ends with a slash, and not without', async () => {
    expect((await bot.telegram.getMe()).username).toBe('daytwo_bot');
    const slashless = new Telegraf(tg.token, { telegram: { apiRoot: tg.apiRoot.replace(/\/$/, '') } });
    expect((await refusal(slashless.telegram.getMe())).code).toBe(404);
    expect(tg.violations).toHaveLength(1);
    (tg.violations as unknown[]).length = 0;
  });
});

describe('telegraf takes updates', () => {
  beforeEach(() => start());

  it('by launch: commands, presses, typed answers', async () => {
    bot.command('drain', async (ctx) => {
      await ctx.reply(`plan for ${ctx.args.join(' ')}`, {
        reply_parameters: { message_id: ctx.msgId },
        reply_markup: { inline_keyboard: [[{ text: 'Confirm', callback_data: 'tok-1' }]] },
      });
    });
    bot.action('tok-1', async (ctx) => {
      await ctx.answerCbQuery('on it', { show_alert: true });
      await ctx.reply('Type the name', { reply_markup: { force_reply: true, selective: true } });
    });
    bot.on('message', async (ctx) => {
      if (ctx.message.chat.type !== 'private' && 'text' in ctx.message) await ctx.reply(`typed ${ctx.message.text}`);
    });
    const running = bot.launch();
    const ana = tg.user(1001);
    const asked = ana.send(chat.id, '/drain@daytwo_bot worker-1');
    const plan = await tg.sees(chat.id, ({ content }) => content.text === 'plan for worker-1');
    expect(plan.replyToId).toBe(asked.id);
    const press = ana.press(plan, 'Confirm');
    const question = await tg.sees(chat.id, ({ markup }) => markup?.kind === 'force-reply');
    expect(press.answer).toMatchObject({ text: 'on it', alert: true });
    ana.reply(question, 'worker-1');
    await tg.sees(chat.id, ({ content }) => content.text === 'typed worker-1');
    bot.stop();
    await running;
    expect(tg.pendingUpdates).toBe(0);
  });

  it('by launch: a second bot ends the first with 409, a revoked token with 401', async () => {
    const first = bot.launch();
    await vi.waitFor(() => expect(tg.calls('getUpdates')).toHaveLength(1));
    const second = new Telegraf(tg.token, { telegram: { apiRoot: tg.apiRoot } });
    const running = second.launch();
    expect((await refusal(first)).code).toBe(409);
    await vi.waitFor(() => expect(tg.calls('getUpdates')).toHaveLength(2));
    tg.admin.revokeToken();
    expect([401, 409]).toContain((await refusal(running)).code);
    expect((await refusal(second.telegram.getMe())).code).toBe(401);
  });

  it('by an own loop that persists before it confirms: nothing is lost or done twice', async () => {
    const handled: string[] = [];
    bot.botInfo = await bot.telegram.getMe();
    bot.on('message', (ctx) => {
      handled.push(ctx.text ?? '');
    });
    const stop = new AbortController();
    const seen = new Set<number>();
    let offset = 0;
    const loop = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const body = { offset, timeout: 50, allowed_updates: ['message' as const] };
        const batch = await bot.telegram
          .callApi('getUpdates', body, { signal: stop.signal as never })
          .catch((): Update[] => []);
        for (const update of batch) {
          if (!seen.has(update.update_id)) await bot.handleUpdate(update);
          seen.add(update.update_id);
          offset = Math.max(offset, update.update_id + 1);
        }
      }
    };
    const running = loop();
    tg.fault('getUpdates', { kind: 'drop-after' });
    tg.fault('getUpdates', { kind: 'bad-gateway-after' });
    const ana = tg.user(1001);
    for (let n = 0; n < 20; n++) {
      ana.send(1001, `m${n}`);
      if (n % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await vi.waitFor(() => expect(tg.pendingUpdates).toBe(0));
    stop.abort();
    await running;
    expect(handled).toEqual(Array.from({ length: 20 }, (_, n) => `m${n}`));
  });
});

describe('telegraf takes a webhook', () => {
  it('by webhookCallback with the secret; a throw answers 200 and the update is gone', async () => {
    let handler: ReturnType<Telegraf['webhookCallback']> | undefined;
    const server = createServer((request, response) => void handler?.(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await start({ webhooks: { proxy: `http://127.0.0.1:${port}` } });
    bot.catch(() => undefined);
    bot.command('boom', () => {
      throw new Error('boom');
    });
    bot.on('message', (ctx) => ctx.reply(`got ${ctx.text}`));
    bot.botInfo = await bot.telegram.getMe();
    handler = await bot.createWebhook({ domain: 'bot.example.com', path: '/telegram/webhook', secret_token: 'abc' });
    tg.user(1001).send(1001, '/boom');
    tg.user(1001).send(1001, 'hello');
    await tg.sees(1001, ({ content }) => content.text === 'got hello');
    await vi.waitFor(() => expect(tg.pendingUpdates).toBe(0));
    expect(tg.sent(1001)).toHaveLength(1);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('by an answer in the response when webhookReply is on', async () => {
    let handler: ReturnType<Telegraf['webhookCallback']> | undefined;
    const server = createServer((request, response) => void handler?.(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await start({ webhooks: { proxy: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` } });
    bot.telegram.webhookReply = true;
    bot.on('message', (ctx) => ctx.sendChatAction('typing'));
    bot.botInfo = await bot.telegram.getMe();
    handler = await bot.createWebhook({ domain: 'bot.example.com', path: '/hook' });
    tg.user(1001).send(1001, 'hello');
    await vi.waitFor(() => expect(tg.actions).toMatchObject([{ chatId: 1001, action: 'typing' }]));
    expect(tg.calls('sendChatAction')).toMatchObject([{ via: 'webhook-reply' }]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a scaled clock', () => {
  it('lets the code under test and the server wait alike: a 429 of a minute is over in 60 ms', async () => {
    await start({ scale: 0.001 });
    tg.flood(60, chat.id);
    const { parameters } = await refusal(bot.telegram.sendMessage(chat.id, 'x'));
    const before = performance.now();
    await tg.clock.sleep((parameters?.retry_after ?? 0) * 1000);
    expect(performance.now() - before).toBeLessThan(1_000);
    await bot.telegram.sendMessage(chat.id, 'x');
    expect(tg.earlyRetries).toEqual([]);
  });

  it('ends a sleep on abort and on advance', async () => {
    await start();
    const clock = emulatedClock(systemClock, 0);
    const stop = new AbortController();
    const waits = [clock.sleep(1_000), clock.sleep(3_600_000, stop.signal)];
    clock.advance(1_000);
    await waits[0];
    stop.abort();
    await waits[1];
  });
});
