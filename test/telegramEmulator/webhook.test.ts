import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTelegram, type TelegramEmulator, type TelegramOptions } from '../support/telegram/telegram.ts';
import type { JsonObject } from '../support/telegram/wire.ts';
import { call } from './call.ts';

interface Got {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly update: JsonObject;
}
type Reply = { status: number; headers?: Record<string, string>; body?: string; hold?: Promise<void> };

let bot: Server;
let origin: string;
let got: Got[];
let reply: (n: number) => Reply;
const open: TelegramEmulator[] = [];

async function telegram(options: TelegramOptions = {}): Promise<TelegramEmulator> {
  const tg = await startTelegram({ scale: 0, budgets: 'off', ...options });
  open.push(tg);
  return tg;
}

beforeEach(async () => {
  got = [];
  reply = () => ({ status: 200 });
  bot = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    got.push({ path: request.url ?? '', headers: request.headers, update: JSON.parse(body) as JsonObject });
    const { status, headers = {}, body: text = '', hold } = reply(got.length);
    await hold;
    response.writeHead(status, headers).end(text);
  });
  await new Promise<void>((resolve) => bot.listen(0, '127.0.0.1', resolve));
  const address = bot.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterEach(async () => {
  for (const tg of open.splice(0)) await tg.close();
  bot.closeAllConnections();
  await new Promise((resolve) => bot.close(resolve));
});

describe('setWebhook', () => {
  it.each<[string, JsonObject, string]>([
    ['no URL', { url: 'nonsense' }, 'invalid webhook URL specified'],
    ['plain http', { url: 'http://bot.example.com/x' }, 'bad webhook: An HTTPS URL must be provided for webhook'],
    [
      'an odd port',
      { url: 'https://bot.example.com:444/' },
      'bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443',
    ],
    [
      'a host that is nowhere',
      { url: 'https://bot.example.com/' },
      'bad webhook: Failed to resolve host: Name or service not known',
    ],
    ['a long secret', { url: 'https://bot.example.com/', secret_token: 'x'.repeat(257) }, 'secret token is too long'],
    [
      'an odd secret',
      { url: 'https://bot.example.com/', secret_token: 'a b' },
      'secret token contains unallowed characters',
    ],
  ])('refuses %s', async (_, params, refusal) => {
    const tg = await telegram();
    expect((await call(tg, 'setWebhook', params)).description).toBe(`Bad Request: ${refusal}`);
  });

  it('excludes getUpdates, ends a waiting poll, and is taken once a second', async () => {
    const tg = await telegram({ webhooks: { proxy: origin } });
    const waiting = call(tg, 'getUpdates', { timeout: 30 });
    await vi.waitFor(() => expect(tg.calls('getUpdates')).toHaveLength(1));
    const url = 'https://bot.example.com/telegram/webhook';
    expect((await call(tg, 'setWebhook', { url, max_connections: 5, allowed_updates: ['message'] })).ok).toBe(true);
    expect((await waiting).description).toBe('Conflict: terminated by setWebhook request');
    expect(await call(tg, 'getUpdates')).toMatchObject({
      status: 409,
      description:
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    });
    expect(await call(tg, 'setWebhook', { url })).toMatchObject({ status: 429, parameters: { retry_after: 1 } });
    expect((await call(tg, 'getWebhookInfo')).result).toMatchObject({
      url,
      max_connections: 5,
      allowed_updates: ['message'],
    });
    await call(tg, 'deleteWebhook');
    expect((await call(tg, 'getWebhookInfo')).result).toMatchObject({ url: '' });
    expect((await call(tg, 'getUpdates')).ok).toBe(true);
  });

  it('drops what is pending when asked to', async () => {
    const tg = await telegram({ webhooks: { loopback: true } });
    const ana = tg.person({ id: 1, started: true });
    ana.send(1, 'old');
    await call(tg, 'setWebhook', { url: `${origin}/hook`, drop_pending_updates: true });
    ana.send(1, 'new');
    await vi.waitFor(() => expect(tg.pendingUpdates).toBe(0));
    expect(got.map(({ update }) => (update['message'] as JsonObject)['text'])).toEqual(['new']);
  });
});

describe('webhook delivery', () => {
  it('carries the secret and goes through the proxy', async () => {
    const tg = await telegram({ webhooks: { proxy: origin } });
    await call(tg, 'setWebhook', { url: 'https://bot.example.com/telegram/webhook?x=1', secret_token: 's3cret_-' });
    tg.person({ id: 1, started: true }).send(1, 'hi');
    await vi.waitFor(() => expect(tg.pendingUpdates).toBe(0));
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({
      path: '/telegram/webhook?x=1',
      headers: { 'x-telegram-bot-api-secret-token': 's3cret_-', 'content-type': 'application/json' },
      update: { message: { text: 'hi' } },
    });
  });

  it('is retried until 2xx: at once, then after 2 s, 4 s …, keeping order within a chat', async () => {
    const tg = await telegram({ webhooks: { loopback: true } });
    reply = (n) => ({ status: n <= 3 ? 503 : 200 });
    await call(tg, 'setWebhook', { url: `${origin}/hook` });
    const ana = tg.person({ id: 1, started: true });
    ana.send(1, 'a');
    ana.send(1, 'b');
    await vi.waitFor(() => expect(got).toHaveLength(2));
    expect((await call(tg, 'getWebhookInfo')).result).toMatchObject({
      pending_update_count: 2,
      last_error_message: 'Wrong response from the webhook: 503 Service Unavailable',
    });
    await vi.waitFor(() => {
      tg.advance(2_000);
      expect(tg.pendingUpdates).toBe(0);
    });
    expect(got.map(({ update }) => (update['message'] as JsonObject)['text'])).toEqual(['a', 'a', 'a', 'a', 'b']);
  });

  it('honours Retry-After', async () => {
    const tg = await telegram({ webhooks: { loopback: true } });
    reply = (n) => (n === 1 ? { status: 429, headers: { 'retry-after': '100' } } : { status: 200 });
    await call(tg, 'setWebhook', { url: `${origin}/hook` });
    tg.person({ id: 1, started: true }).send(1, 'a');
    await vi.waitFor(() => expect(got).toHaveLength(1));
    tg.advance(99_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(got).toHaveLength(1);
    tg.advance(1_000);
    await vi.waitFor(() => expect(got).toHaveLength(2));
  });

  it('opens no more connections than allowed', async () => {
    const tg = await telegram({ webhooks: { loopback: true } });
    let release = (): void => undefined;
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    reply = () => ({ status: 200, hold });
    await call(tg, 'setWebhook', { url: `${origin}/hook`, max_connections: 2 });
    for (const id of [1, 2, 3, 4]) tg.person({ id, started: true }).send(id, 'a');
    await vi.waitFor(() => expect(got).toHaveLength(2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(got).toHaveLength(2);
    release();
    await vi.waitFor(() => expect(tg.pendingUpdates).toBe(0));
    expect(got).toHaveLength(4);
  });

  it('runs the method in an answer and records it; a getting one is a violation', async () => {
    const tg = await telegram({ webhooks: { loopback: true } });
    const headers = { 'content-type': 'application/json' };
    reply = (n) => ({
      status: 200,
      headers,
      body: JSON.stringify(n === 1 ? { method: 'sendMessage', chat_id: 1, text: 'answered' } : { method: 'getMe' }),
    });
    await call(tg, 'setWebhook', { url: `${origin}/hook` });
    const ana = tg.person({ id: 1, started: true });
    ana.send(1, 'a');
    await tg.sees(1, ({ content }) => content.text === 'answered');
    expect(tg.calls('sendMessage')).toMatchObject([{ via: 'webhook-reply', status: 200 }]);
    expect(tg.violations).toEqual([]);
    ana.send(1, 'b');
    await vi.waitFor(() => expect(tg.violations).toHaveLength(1));
  });

  it('repeats and reorders by plan', async () => {
    const rates = { 'duplicate-update': 0.3, 'reorder-updates': 0.3 };
    const tg = await telegram({ webhooks: { loopback: true }, faults: { seed: 7, rates } });
    const ana = tg.person({ id: 1, started: true });
    for (let n = 0; n < 30; n++) ana.send(1, `m${n}`);
    await call(tg, 'setWebhook', { url: `${origin}/hook` });
    await vi.waitFor(() => expect(tg.pendingUpdates).toBe(0));
    const order = got.map(({ update }) => Number(update['update_id']));
    expect(new Set(order).size).toBe(30);
    expect(order.length).toBeGreaterThan(30);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });
});
