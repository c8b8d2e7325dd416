import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Block, Card } from '../../../src/chat/message.ts';
import type { Delivery } from '../../../src/chat/port.ts';
import { PROGRESS } from '../../../src/chat/telegram/model.ts';
import { touchablesOf } from '../../support/telegram/history.ts';
import type { TelegramOptions as EmulatorOptions } from '../../support/telegram/telegram.ts';
import { png } from '../../telegramEmulator/call.ts';
import { anyCard } from './arbitrary.ts';
import { card, post, type Rig, rig } from './rig.ts';

const HOME = -1_001_234;
const chatId = String(HOME);

let bench: Rig;
afterEach(() => bench.end());

async function setUp(options: EmulatorOptions & { forum?: boolean; rights?: boolean } = {}) {
  const { forum, rights, ...emulator } = options;
  bench = await rig({ scale: 0, budgets: 'off', ...emulator });
  const { tg } = bench;
  const ana = tg.person({ id: 1001, name: 'Ana', started: true });
  const group = tg.supergroup({
    id: HOME,
    members: [1001],
    ...(forum ? { forum } : {}),
    ...(rights ? { botRights: ['can_manage_topics'] } : {}),
  });
  const chat = await bench.started({ chatId, publicUrl: 'https://daytwo.example.com' });
  const send = async (delivery: Delivery): Promise<string> => {
    tg.advance(60_000);
    const outcome = await bench.deliver(chat, delivery);
    if (outcome.is !== 'delivered') throw new Error(JSON.stringify(outcome));
    return outcome.ref;
  };
  const sent = () => tg.sent(HOME);
  return { bench, tg, ana, group, chat, send, sent };
}

const edit = (ref: string, message: string, given: Card, rest: Partial<Delivery> = {}): Delivery => ({
  ...post(chatId, message, given, rest),
  do: 'edit',
  ref,
});
const buttons = [{ label: 'Ack', token: 'tok', style: 'primary' }] as const;

async function picture(size: readonly [number, number] = [800, 400]): Promise<Block> {
  const light = await bench.store.putBlob(png(...size));
  return {
    kind: 'picture',
    picture: { light, dark: light, alt: 'df of @admin, last day', width: size[0], height: size[1] },
  };
}

describe('deliver', () => {
  it('posts a root, replies to it, answers a command in reply to it', async () => {
    const { send, sent, tg, ana } = await setUp();
    const root = await send(post(chatId, 'INC-1', card('INC-1 DiskPressure', { buttons })));
    await send(post(chatId, 'INC-1/evidence', card('INC-1 evidence'), { thread: { root: 'INC-1', ref: root } }));
    const asked = ana.send(HOME, '/ack@daytwo_bot INC-1');
    await send(
      post(chatId, 'reply/telegram/1', card('INC-1 is yours.'), { replyTo: `${HOME}:${asked.id}`, onlyFor: '1001' }),
    );
    const [first, second, third] = sent();
    expect(first?.replyToId).toBeUndefined();
    expect(second?.replyToId).toBe(first?.id);
    expect(third?.replyToId).toBe(asked.id);
    expect(root).toBe(`${HOME}:${first?.id}`);
    expect(tg.violations).toEqual([]);
  });

  it('edits a message, keeps its keyboard, and takes it away with the buttons', async () => {
    const { send, sent } = await setUp();
    const ref = await send(post(chatId, 'INC-1', card('INC-1 firing', { tone: 'critical', buttons })));
    await send(edit(ref, 'INC-1', card('INC-1 still firing', { tone: 'critical', buttons })));
    expect(sent()[0]?.markup).toMatchObject({ rows: [[{ text: 'Ack' }]] });
    expect(await send(edit(ref, 'INC-1', card('INC-1 still firing', { tone: 'critical', buttons })))).toBe(ref);
    await send(edit(ref, 'INC-1', card('INC-1 resolved after 14 min', { tone: 'ok' })));
    expect(sent()[0]).toMatchObject({ content: { text: '🟢 INC-1 resolved after 14 min' }, markup: undefined });
  });

  it('refuses to edit what is gone, and still posts under a root that is gone', async () => {
    const { send, sent, bench, chat, tg } = await setUp();
    const ref = await send(post(chatId, 'INC-1', card('INC-1')));
    const message = sent()[0];
    if (message) tg.admin.deleteMessage(message);
    expect(await bench.deliver(chat, edit(ref, 'INC-1', card('x')))).toEqual({
      is: 'refused',
      reason: '400 Bad Request: message to edit not found',
    });
    await send(post(chatId, 'INC-1/a', card('evidence'), { thread: { root: 'INC-1', ref } }));
    expect(sent()).toHaveLength(1);
  });

  it.each([true, false])('sends a picture in its thread (forum: %s)', async (forum) => {
    const { send, sent, tg } = await setUp({ forum, rights: forum });
    const root = await send(post(chatId, 'INC-1', card('INC-1')));
    const ref = await send(
      post(chatId, 'INC-1/p', card('df of worker-1', { blocks: [await picture()], buttons }), {
        thread: { root: 'INC-1', ref: root },
      }),
    );
    const [first, photo] = sent();
    expect(photo?.content.photo).toMatchObject({ width: 800, height: 400 });
    expect(photo?.content.text).toBe('🔵 df of worker-1\ndf of @admin, last day');
    expect(photo?.markup).toMatchObject({ rows: [[{ text: 'Ack' }]] });
    if (forum) expect(photo?.threadId).toBe(first?.threadId);
    else expect(photo?.replyToId).toBe(first?.id);
    await send(edit(ref, 'INC-1/p', card('newer', { blocks: [await picture([400, 300])] })));
    expect(sent()[1]?.content).toMatchObject({ text: '🔵 newer\ndf of @admin, last day', photo: { width: 400 } });
    await send(edit(ref, 'INC-1/p', card('gone')));
    expect(sent()[1]?.content.text).toBe('🔵 gone');
    expect([tg.pings(), tg.violations]).toEqual([[], []]);
  });

  it('sends what is no photo as a document, and words where the bytes are gone', async () => {
    const { send, sent, tg } = await setUp();
    await send(post(chatId, 'a', card('wide', { blocks: [await picture([3000, 100])] })));
    const lost: Block = {
      kind: 'picture',
      picture: { light: 'f'.repeat(64), dark: 'x', alt: 'a trend', width: 8, height: 8 },
    };
    await send(post(chatId, 'b', card('lost', { blocks: [lost] })));
    tg.fault('sendPhoto', { kind: 'drop-before' });
    expect((await bench.deliver(await started(), post(chatId, 'c', card('c', { blocks: [await picture()] })))).is).toBe(
      'ambiguous',
    );
    const [wide, words] = sent();
    expect(wide?.content.document?.file_name).toBe('picture.png');
    expect(words?.content.text).toBe('🔵 lost\n(picture: a trend)');
    expect(tg.violations).toEqual([]);
  });

  it('puts a thread into a topic where it may', async () => {
    const { send, sent, tg, ana, bench } = await setUp({ forum: true, rights: true });
    const root = await send(post(chatId, 'INC-1', card('INC-1 DiskPressure', { tone: 'critical' })));
    await send(post(chatId, 'INC-1/a', card('evidence'), { thread: { root: 'INC-1', ref: root } }));
    const [first, second] = sent();
    expect(first?.threadId).toBeDefined();
    expect(second).toMatchObject({ threadId: first?.threadId });
    expect(second?.replyToId).toBeUndefined();
    expect(tg.calls('createForumTopic')[0]?.params['name']).toBe('🔴 INC-1 DiskPressure');
    const topic = first?.threadId ?? 0;
    ana.send(HOME, '/ack@daytwo_bot', { thread: topic });
    await bench.until('it is taken', () => bench.taken.length === 1);
    expect(bench.taken[0]).toMatchObject({ thread: 'INC-1', replyTo: expect.stringMatching(/:t\d+$/) });
    await send(
      post(chatId, 'reply/telegram/9', card('yours'), {
        thread: { root: 'INC-1', ref: root },
        ...(bench.taken[0]?.replyTo ? { replyTo: bench.taken[0].replyTo } : {}),
      }),
    );
    expect(sent()[2]?.threadId).toBe(topic);
    expect(tg.violations).toEqual([]);
  });

  it('goes on without topics when they are gone, closed, or the right is', async () => {
    const { send, sent, tg, group } = await setUp({ forum: true, rights: true });
    const root = await send(post(chatId, 'INC-1', card('INC-1')));
    tg.admin.deleteTopic(group, sent()[0]?.threadId ?? 0);
    await send(post(chatId, 'INC-1/a', card('evidence'), { thread: { root: 'INC-1', ref: root } }));
    expect(sent().at(-1)).toMatchObject({ content: { text: '🔵 evidence' } });
    expect(sent().at(-1)?.threadId).toBeUndefined();
    group.members.set(tg.bot.id, { status: 'member', rights: new Set() });
    await send(post(chatId, 'INC-2', card('INC-2')));
    expect(sent().at(-1)).toMatchObject({ content: { text: '🔵 INC-2' } });
  });

  it('makes one topic for a root whose message fails at first', async () => {
    const { send, tg, bench, chat } = await setUp({ forum: true, rights: true });
    tg.fault('sendMessage', { kind: 'bad-gateway-before' });
    const root = post(chatId, 'INC-1', card('INC-1'));
    expect(await bench.deliver(chat, root)).toMatchObject({ is: 'ambiguous' });
    const second = await started();
    expect(await bench.deliver(second, root)).toMatchObject({ is: 'delivered' });
    expect(tg.calls('createForumTopic')).toHaveLength(1);
    expect(await bench.store.count(PROGRESS)).toBe(0);
    void send;
  });

  it('brings the rest of a long message as a file, once, in its thread', async () => {
    const { tg, bench, chat, sent, send } = await setUp();
    const root = await send(post(chatId, 'INC-1', card('INC-1')));
    const rows = Array.from({ length: 900 }, (_, n) => [`INC-${n}`, `@admin ${'x'.repeat(80)} end${n}`]);
    const long = card('900 open incidents', {
      blocks: [{ kind: 'table', columns: [{ label: 'id' }, { label: 'what' }], rows }],
    });
    tg.fault('sendDocument', { kind: 'bad-gateway-before' });
    const delivery = post(chatId, 'reply/telegram/3', long, { thread: { root: 'INC-1', ref: root } });
    expect(await bench.deliver(chat, delivery)).toMatchObject({ is: 'ambiguous' });
    tg.advance(60_000);
    expect(await bench.deliver(chat, delivery)).toMatchObject({ is: 'delivered' });
    const [, message, file] = sent();
    expect(sent()).toHaveLength(3);
    expect(message?.content.text).toMatch(/the file below has the rest\.$/);
    expect(message?.replyToId).toBe(sent()[0]?.id);
    expect(file).toMatchObject({
      replyToId: message?.id,
      content: { document: { file_name: 'reply-telegram-3.txt' } },
    });
    const text = tg.file(file?.content.document?.file_id ?? '')?.toString('utf8') ?? '';
    for (const n of [0, 450, 899]) expect(text).toMatch(new RegExp(`INC-${n} .*end${n}\\b`));
    await send(edit(root, 'INC-1', { ...long, title: 'INC-1' }));
    expect(sent()[0]?.content.text).toMatch(/https:\/\/daytwo\.example\.com\/#INC-1$/);
    expect([tg.pings(), tg.violations]).toEqual([[], []]);
  });

  it('falls back to plain words when Telegram refuses the markup', async () => {
    const { tg, bench, chat, sent } = await setUp();
    const refusing = await refuseHtml(tg.apiRoot);
    const other = bench.chat({ chatId, apiRoot: refusing.url });
    bench.onEnd(refusing.close);
    expect(await bench.deliver(other, post(chatId, 'INC-1', card('INC-1 @admin <b>')))).toMatchObject({
      is: 'delivered',
    });
    expect(sent()[0]?.content).toMatchObject({ text: '🔵 INC-1 @admin <b>', entities: [{ type: 'pre' }] });
    expect(await bench.deliver(other, edit(`${HOME}:${sent()[0]?.id}`, 'INC-1', card('INC-1 /drain')))).toMatchObject({
      is: 'delivered',
    });
    expect(sent()[0]?.content.text).toBe('🔵 INC-1 /drain');
    expect([tg.pings(), tg.violations]).toEqual([[], []]);
    void chat;
  });

  it.each<[string, Parameters<Rig['tg']['fault']>[1], object]>([
    ['429', { kind: 'flood', seconds: 7200 }, { is: 'limited', retryAfterMs: 7_200_000 }],
    ['502', { kind: 'bad-gateway-after' }, { is: 'ambiguous' }],
    ['a dropped connection', { kind: 'drop-after' }, { is: 'ambiguous' }],
  ])('tells %s as it is', async (_, fault, outcome) => {
    const { tg, bench, chat } = await setUp();
    tg.fault('sendMessage', fault);
    expect(await bench.deliver(chat, post(chatId, 'INC-1', card('x')))).toMatchObject(outcome);
    if (outcome && 'retryAfterMs' in outcome) {
      expect(await bench.deliver(chat, post(chatId, 'INC-1', card('x')))).toEqual(outcome);
      expect(tg.calls('sendMessage')).toHaveLength(1);
      tg.advance(7_200_000);
      expect(await bench.deliver(chat, post(chatId, 'INC-1', card('x')))).toMatchObject({ is: 'delivered' });
    }
  });

  it('keeps to the budget by itself', async () => {
    const { tg, bench, chat } = await setUp({ budgets: 'on' });
    for (let n = 0; n < 3; n += 1)
      expect(await bench.deliver(chat, post(chatId, `m${n}`, card(`m${n}`)))).toMatchObject({ is: 'delivered' });
    expect(await bench.deliver(chat, post(chatId, 'm3', card('m3')))).toEqual({ is: 'limited', retryAfterMs: 1000 });
    expect(await bench.deliver(chat, post('1001', 'p', card('p')))).toMatchObject({ is: 'delivered' });
    expect(tg.calls('sendMessage')).toHaveLength(4);
  });

  it('is refused by a person who blocked the bot, without touching the group’s health', async () => {
    const { tg, bench, chat } = await setUp();
    tg.admin.setBlocked(1001, true);
    expect(await bench.deliver(chat, post('1001', 'x', card('x')))).toMatchObject({
      is: 'refused',
      reason: expect.stringMatching(/blocked/),
    });
    expect(chat.health().state).toBe('up');
  });

  it('follows the group when it is upgraded, and knows it after a restart', async () => {
    bench = await rig({ scale: 0, budgets: 'off', bot: { privacy: false } });
    const { tg } = bench;
    const ana = tg.person({ id: 1001, started: true });
    const group = tg.group({ id: -55, members: [1001] });
    const chat = await bench.started({ chatId: '-55' });
    const root = await bench.deliver(chat, post('-55', 'INC-1', card('INC-1')));
    if (root.is !== 'delivered') throw new Error(root.is);
    await chat.stop();
    const upgraded = tg.admin.migrate(group);
    const second = bench.chat({ chatId: '-55' });
    // Told by the refusal of a post, before any update said so.
    const thread = { root: 'INC-1', ref: root.ref };
    expect(await bench.deliver(second, post('-55', 'INC-1/a', card('evidence'), { thread }))).toMatchObject({
      is: 'delivered',
    });
    expect(tg.sent(upgraded.id)).toMatchObject([{ content: { text: '🔵 evidence' } }]);
    expect(tg.sent(upgraded.id)[0]?.replyToId).toBeUndefined();
    expect(
      await bench.deliver(second, { ...post('-55', 'INC-1', card('x')), do: 'edit', ref: root.ref }),
    ).toMatchObject({ is: 'refused' });
    await second.stop();
    await bench.reopen();
    const third = await bench.started({ chatId: '-55' });
    expect(third.health()).toEqual({ state: 'up', reason: '' });
    expect(await bench.deliver(third, post('-55', 'INC-2', card('INC-2')))).toMatchObject({
      is: 'delivered',
      ref: expect.stringContaining(String(upgraded.id)),
    });
    ana.send(upgraded.id, '/status');
    await bench.until('it is taken', () => bench.taken.length === 1);
    expect(bench.taken[0]?.conversation).toEqual({ chat: 'telegram', id: '-55' });
  });

  it('follows the group by the update alone', async () => {
    bench = await rig({ scale: 0, budgets: 'off' });
    const { tg } = bench;
    const group = tg.group({ id: -55 });
    const chat = await bench.started({ chatId: '-55' });
    const upgraded = tg.admin.migrate(group);
    await bench.until('it is confirmed', () => tg.pendingUpdates === 0);
    expect(await bench.deliver(chat, post('-55', 'INC-1', card('INC-1')))).toMatchObject({ is: 'delivered' });
    expect(tg.calls('sendMessage')).toMatchObject([{ params: { chat_id: String(upgraded.id) } }]);
  });

  it('any card is accepted over the wire, with nobody pinged', async () => {
    const { tg, bench, chat, sent } = await setUp();
    let n = 0;
    await fc.assert(
      fc.asyncProperty(anyCard, async (any) => {
        n += 1;
        tg.advance(120_000);
        const outcome = await bench.deliver(chat, post(chatId, `any-${n}`, any));
        expect(outcome).toMatchObject({ is: 'delivered' });
      }),
      { numRuns: 60, endOnFailure: true },
    );
    expect([tg.pings(), tg.violations]).toEqual([[], []]);
    expect(sent().flatMap(touchablesOf)).toEqual([]);
  });
});

/** Another chat on the same bench, as after a restart. */
const started = () => bench.started({ chatId });

/** A proxy that refuses every HTML as an older server might, and passes the rest on. */
async function refuseHtml(to: string): Promise<{ url: string; close: () => Promise<void> }> {
  const { createServer } = await import('node:http');
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    if (body.includes('"parse_mode":"HTML"')) {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          ok: false,
          error_code: 400,
          description: "Bad Request: can't parse entities: Unsupported start tag",
        }),
      );
      return;
    }
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const answer = await fetch(new URL(request.url ?? '/', to), { method: 'POST', headers, body });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${port}/`, close };
}
