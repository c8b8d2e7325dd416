import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { TakeIn } from '../../../src/chat/port.ts';
import { DaytwoError } from '../../../src/lib/errors.ts';
import { freePort } from '../../support/real/ports.ts';
import type { FaultPlan } from '../../support/telegram/faults.ts';
import { type Rig, rig } from './rig.ts';

const HOME = -1_001_234;
const chatId = String(HOME);
const SECRET = 'a-secret_of_ours';
const PUBLIC = 'https://daytwo.example.com';

let bench: Rig;
afterEach(() => bench.end());

/** A server of ours behind the emulator's TLS proxy, as in the field. */
async function setUp(options: { takeIn?: TakeIn; start?: boolean; faults?: FaultPlan; listening?: boolean } = {}) {
  const port = await freePort();
  const local = `http://127.0.0.1:${port}`;
  bench = await rig({ scale: 0.01, webhooks: { proxy: local }, ...(options.faults ? { faults: options.faults } : {}) });
  const { tg } = bench;
  const ana = tg.person({ id: 1001, name: 'Ana', started: true });
  tg.supergroup({ id: HOME, members: [1001] });
  const chat = bench.chat({ chatId, mode: { webhook: { publicUrl: PUBLIC, secretToken: SECRET } } });
  // As the bot's own server.
  const app: FastifyInstance = fastify({ forceCloseConnections: true });
  app.post('/other', async (request) => request.body);
  if (chat.plugin) await app.register(chat.plugin);
  const listen = (): Promise<string> => app.listen({ port, host: '127.0.0.1' });
  if (options.listening !== false) await listen();
  bench.onEnd(() => app.close());
  if (options.start !== false) {
    await chat.start(options.takeIn ?? bench.takeIn);
    await bench.until('the chat is up', () => chat.health().state === 'up');
  }
  const send = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${local}/telegram/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': SECRET, ...headers },
      body,
    });
  return { bench, tg, ana, chat, app, listen, send, local };
}

const update = (id: number, text = '/status'): string =>
  JSON.stringify({
    update_id: id,
    message: { message_id: id, from: { id: 1001 }, chat: { id: HOME, type: 'supergroup' }, text },
  });

describe('the webhook', () => {
  it('is set with the public URL and the secret, and brings updates', async () => {
    const { tg, ana, bench } = await setUp();
    expect(tg.calls('setWebhook')[0]?.params).toMatchObject({
      url: `${PUBLIC}/telegram/webhook`,
      secret_token: SECRET,
    });
    ana.send(HOME, '/drain@daytwo_bot worker-1');
    await bench.until('it is taken', () => bench.taken.length === 1 && tg.pendingUpdates === 0);
    expect(bench.taken[0]?.what).toEqual({ kind: 'command', text: 'drain worker-1' });
    expect(tg.violations).toEqual([]);
  });

  it('answers 200 only once the update is durable; Telegram brings it again till then', async () => {
    let isBroken = true;
    const seen: string[] = [];
    const { tg, ana, bench } = await setUp({
      takeIn: async ({ id }) => {
        if (isBroken) throw new DaytwoError('store-unavailable', 'disk full');
        if (!seen.includes(id)) seen.push(id);
      },
    });
    ana.send(HOME, '/status@daytwo_bot');
    await bench.until('it was refused', () => bench.log.some(({ message }) => message.startsWith('update not stored')));
    expect(tg.pendingUpdates).toBe(1);
    isBroken = false;
    await bench.until('it is taken', () => seen.length === 1 && tg.pendingUpdates === 0);
  });

  it('is not ready before it is started', async () => {
    const { send } = await setUp({ start: false });
    const answer = await send(update(1));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '3']);
  });

  it.each<[string, string, Record<string, string>, number]>([
    ['without the secret', update(1), { 'x-telegram-bot-api-secret-token': '' }, 401],
    ['with another secret', update(1), { 'x-telegram-bot-api-secret-token': `${SECRET}x` }, 401],
    ['with another secret and a large body', 'x'.repeat(2_000_000), { 'x-telegram-bot-api-secret-token': 'no' }, 401],
    ['a body that is too large', `{"update_id":1,"x":"${'x'.repeat(600_000)}"}`, {}, 413],
    ['no JSON', '{', {}, 400],
    ['JSON that is no update', '[]', {}, 400],
    ['another content type', update(7), { 'content-type': 'text/plain' }, 200],
    ['an update', update(8), {}, 200],
  ])('%s', async (_, body, headers, status) => {
    const { send, bench } = await setUp();
    const answer = await send(body, headers).catch((error: unknown) => error as Error);
    // A large body that is refused unread may cost the connection, as it should.
    if (answer instanceof Error) expect(status).toBe(401);
    else {
      expect(answer.status).toBe(status);
      expect(await answer.text()).not.toContain('method');
    }
    expect(bench.taken).toHaveLength(status === 200 ? 1 : 0);
  });

  it('leaves the bodies of other routes alone', async () => {
    const { local } = await setUp();
    const answer = await fetch(`${local}/other`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    });
    expect(await answer.json()).toEqual({ a: 1 });
  });

  it('takes duplicates and swapped updates once each', async () => {
    const faults = { seed: 5, rates: { 'duplicate-update': 0.5, 'reorder-updates': 0.3 } } as const;
    const { tg, ana, bench } = await setUp({ faults });
    for (let n = 0; n < 30; n += 1) ana.send(HOME, `/ack@daytwo_bot INC-${n}`);
    await bench.until('all are taken', () => bench.taken.length === 30 && tg.pendingUpdates === 0);
    expect(new Set(bench.taken.map(({ what }) => (what.kind === 'command' ? what.text : ''))).size).toBe(30);
  });

  it('says when Telegram can’t reach it, and when it can again', async () => {
    const { tg, ana, bench, chat, listen } = await setUp({ listening: false });
    ana.send(HOME, '/status@daytwo_bot');
    await bench.until('it is down', () => chat.health().state === 'down');
    expect(chat.health().reason).toMatch(
      /can't post updates to https:\/\/daytwo\.example\.com\/telegram\/webhook.*server\.publicUrl/,
    );
    await listen();
    await bench.until('it is up', () => chat.health().state === 'up' && bench.taken.length === 1);
    expect(tg.pendingUpdates).toBe(0);
  });

  it('sets the webhook again when somebody took it away', async () => {
    const { tg, bench } = await setUp();
    await fetch(`${tg.apiRoot}/bot${tg.token}/deleteWebhook`, { method: 'POST' });
    await bench.until('it is set again', () => tg.calls('setWebhook').length === 2);
  });

  it('a URL that Telegram refuses is a matter of health', async () => {
    bench = await rig({ scale: 0.01 });
    bench.tg.supergroup({ id: HOME });
    const chat = bench.chat({ chatId, mode: { webhook: { publicUrl: 'http://10.0.0.1:8080', secretToken: SECRET } } });
    await chat.start(bench.takeIn);
    await bench.until('it is down', () => chat.health().state === 'down');
    expect(chat.health().reason).toMatch(/HTTPS URL.*server\.publicUrl must be https/);
  });
});
