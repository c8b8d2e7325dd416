import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTelegram, type TelegramEmulator } from '../support/telegram/telegram.ts';
import type { Chat } from '../support/telegram/world.ts';
import { call, png, upload } from './call.ts';

const MB = 1024 * 1024;
const button = (data: string) => ({ text: 'x', callback_data: data });

describe('limits', () => {
  let tg: TelegramEmulator;
  let chat: Chat;
  beforeAll(async () => {
    tg = await startTelegram({ scale: 0, budgets: 'off' });
    chat = tg.supergroup();
  });
  afterAll(() => tg.close());

  it.each<[string, string, object, string | undefined]>([
    ['4,096 units', 'sendMessage', { text: 'x'.repeat(4096) }, undefined],
    ['4,097 units', 'sendMessage', { text: 'x'.repeat(4097) }, 'message is too long'],
    ['2,048 emoji', 'sendMessage', { text: '😀'.repeat(2048) }, undefined],
    ['2,049 emoji', 'sendMessage', { text: '😀'.repeat(2049) }, 'message is too long'],
    [
      '4,096 units after parsing',
      'sendMessage',
      { text: `<b>${'&lt;'.repeat(4096)}</b>`, parse_mode: 'HTML' },
      undefined,
    ],
    [
      '4,097 units after parsing',
      'sendMessage',
      { text: '&lt;'.repeat(4097), parse_mode: 'HTML' },
      'message is too long',
    ],
    ['4,096 units and space around', 'sendMessage', { text: `  ${'x'.repeat(4096)}\n\n` }, undefined],
    ['more than 32 KiB raw', 'sendMessage', { text: '&amp;'.repeat(6600), parse_mode: 'HTML' }, 'text is too long'],
    ['no text', 'sendMessage', {}, 'message text is empty'],
    ['white space alone', 'sendMessage', { text: ' \n\u202e ' }, 'text must be non-empty'],
    ['half a surrogate pair', 'sendMessage', { text: 'x\ud83d' }, 'strings must be encoded in UTF-8'],
    ['an unknown parse mode', 'sendMessage', { text: 'x', parse_mode: 'bbcode' }, 'unsupported parse_mode'],
    [
      '64 bytes of callback data',
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: [[button('é'.repeat(32))]] } },
      undefined,
    ],
    [
      '66 bytes of callback data',
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: [[button('é'.repeat(33))]] } },
      'BUTTON_DATA_INVALID',
    ],
    [
      'empty callback data',
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: [[button('')]] } },
      "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ],
    [
      'a button without a label',
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: [[{ text: '', callback_data: 'a' }]] } },
      'inline keyboard button text must be non-empty',
    ],
    [
      'a button to a script',
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: [[{ text: 'x', url: 'javascript:alert(1)' }]] } },
      "inline keyboard button URL 'javascript:alert(1)' is invalid: Unsupported URL protocol",
    ],
    [
      '100 buttons',
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: Array.from({ length: 100 }, () => [button('a')]) } },
      undefined,
    ],
    [
      '101 buttons',
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: Array.from({ length: 101 }, () => [button('a')]) } },
      'reply markup is too long',
    ],
    [
      'rows that are none',
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: [button('a')] } },
      'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
    ],
    ['an odd chat action', 'sendChatAction', { action: 'dancing' }, 'wrong parameter action in request'],
  ])('%s', async (_, method, params, refusal) => {
    const answer = await call(tg, method, { chat_id: chat.id, ...params });
    expect(answer.description).toBe(refusal === undefined ? undefined : `Bad Request: ${refusal}`);
    expect(answer.status).toBe(refusal === undefined ? 200 : 400);
  });

  it.each<[string, unknown[], string | undefined]>([
    ['100', Array.from({ length: 100 }, (_, i) => ({ command: `c_${i}`, description: 'x'.repeat(256) })), undefined],
    ['101', Array.from({ length: 101 }, (_, i) => ({ command: `c${i}`, description: 'x' })), 'BOT_COMMANDS_TOO_MUCH'],
    ['upper case', [{ command: 'Drain', description: 'x' }], 'BOT_COMMAND_INVALID'],
    ['a dash', [{ command: 'a-b', description: 'x' }], 'BOT_COMMAND_INVALID'],
    ['33 characters', [{ command: 'x'.repeat(33), description: 'x' }], 'command length must not exceed 32'],
    ['an empty description', [{ command: 'a', description: ' ' }], 'BOT_COMMAND_DESCRIPTION_INVALID'],
    [
      '257 of description',
      [{ command: 'a', description: 'x'.repeat(257) }],
      'command description length must not exceed 256',
    ],
    ['no description', [{ command: 'a' }], 'can\'t parse BotCommand: Can\'t find field "description"'],
  ])('commands: %s', async (_, commands, refusal) => {
    const answer = await call(tg, 'setMyCommands', { commands: JSON.parse(JSON.stringify(commands)) });
    expect(answer.description).toBe(refusal === undefined ? undefined : `Bad Request: ${refusal}`);
  });

  it('keeps commands a scope and a language', async () => {
    const scope = { type: 'chat', chat_id: chat.id };
    await call(tg, 'setMyCommands', { commands: [{ command: 'a', description: 'A' }], scope, language_code: 'es' });
    expect((await call(tg, 'getMyCommands', { scope, language_code: 'es' })).result).toEqual([
      { command: 'a', description: 'A' },
    ]);
    expect((await call(tg, 'getMyCommands', { scope })).result).toEqual([]);
    expect(tg.commands(scope, 'es')).toHaveLength(1);
    await call(tg, 'deleteMyCommands', { scope, language_code: 'es' });
    expect((await call(tg, 'getMyCommands', { scope, language_code: 'es' })).result).toEqual([]);
  });

  it.each<[string, Buffer, string | undefined]>([
    ['5,000 + 5,000 pixels', png(5000, 5000), undefined],
    ['5,001 + 5,000 pixels', png(5001, 5000), 'PHOTO_INVALID_DIMENSIONS'],
    ['ratio 20', png(2000, 100), undefined],
    ['ratio 20.1', png(2010, 100), 'PHOTO_INVALID_DIMENSIONS'],
    ['10 MiB', png(10, 10, 10 * MB), undefined],
    [
      'more than 10 MiB',
      png(10, 10, 10 * MB + 1),
      'file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes',
    ],
    ['no picture', Buffer.from('not a picture'), 'IMAGE_PROCESS_FAILED'],
    ['nothing', Buffer.alloc(0), 'file must be non-empty'],
  ])('photo: %s', async (_, photo, refusal) => {
    const answer = await upload(tg, 'sendPhoto', { chat_id: String(chat.id) }, { photo });
    expect(answer.description).toBe(refusal === undefined ? undefined : `Bad Request: ${refusal}`);
  });

  it.each<[number, number]>([
    [50 * MB, 200],
    [50 * MB + 1, 413],
  ])('document of %d bytes: %d', async (size, status) => {
    const answer = await upload(tg, 'sendDocument', { chat_id: String(chat.id) }, { document: Buffer.alloc(size, 1) });
    expect(answer.status).toBe(status);
  });

  it.each([
    [1024, 200],
    [1025, 400],
  ])('caption of %d characters: %d', async (length, status) => {
    const fields = { chat_id: String(chat.id), caption: 'x'.repeat(length) };
    expect((await upload(tg, 'sendPhoto', fields, { photo: png(1, 1) })).status).toBe(status);
  });

  it('sends a photo again by its id, not as a document, and gives its bytes', async () => {
    const first = await upload(tg, 'sendPhoto', { chat_id: String(chat.id) }, { photo: png(3, 4) });
    const sizes = first.result['photo'] as { file_id: string; width: number }[];
    const id = sizes[0]?.file_id ?? '';
    expect(sizes[0]).toMatchObject({ width: 3, height: 4 });
    expect((await call(tg, 'sendPhoto', { chat_id: chat.id, photo: id })).ok).toBe(true);
    expect((await call(tg, 'sendDocument', { chat_id: chat.id, document: id })).description).toMatch(
      /type Photo as Document/,
    );
    expect((await call(tg, 'sendPhoto', { chat_id: chat.id, photo: 'nonsense' })).description).toMatch(
      /wrong file identifier/,
    );
    const path = String((await call(tg, 'getFile', { file_id: id })).result['file_path']);
    const bytes = await fetch(`${tg.apiRoot}/file/bot${tg.token}/${path}`).then((response) => response.arrayBuffer());
    expect(Buffer.from(bytes)).toEqual(png(3, 4));
    expect(tg.file(id)).toEqual(png(3, 4));
  });

  it('sends an album of attached photos', async () => {
    const media = JSON.stringify(
      ['a', 'b'].map((name) => ({ type: 'photo', media: `attach://${name}`, caption: name })),
    );
    const answer = await upload(
      tg,
      'sendMediaGroup',
      { chat_id: String(chat.id), media },
      { a: png(1, 1), b: png(2, 2) },
    );
    const album = answer.result as unknown as { media_group_id: string; caption: string }[];
    expect(album.map(({ caption }) => caption)).toEqual(['a', 'b']);
    expect(new Set(album.map((message) => message.media_group_id)).size).toBe(1);
    const one = await call(tg, 'sendMediaGroup', { chat_id: chat.id, media: [] });
    expect(one.status).toBe(400);
  });

  it.each([
    [200, undefined],
    [201, 'Bad Request: MESSAGE_TOO_LONG'],
  ])('callback answer of %d characters', async (length, refusal) => {
    await call(tg, 'sendMessage', { chat_id: chat.id, text: 'x', reply_markup: { inline_keyboard: [[button('t')]] } });
    const message = tg.sent(chat.id).at(-1);
    if (message === undefined) throw new Error('not sent');
    const press = tg.user(5).press(message, 'x');
    const answer = await call(tg, 'answerCallbackQuery', { callback_query_id: press.id, text: 'x'.repeat(length) });
    expect(answer.description).toBe(refusal);
    if (refusal === undefined) expect(press.answer?.text).toHaveLength(length);
  });
});

describe('violations', () => {
  it.each<[string, object, string, string]>([
    ['sendMessag', {}, 'unknown-method', 'sendMessag'],
    ['sendMessage', { text: 'x', colour: 'red' }, 'unknown-parameter', 'colour'],
    ['sendMessage', { text: 7 }, 'ill-typed', 'text: 7 is no text'],
    [
      'sendMessage',
      { text: 'x', disable_notification: 'true' },
      'ill-typed',
      'disable_notification: "true" is no bool',
    ],
    ['sendMessage', { text: 'x', reply_to_message_id: 1 }, 'deprecated-parameter', 'reply_to_message_id'],
    ['sendMessage', { text: 'x', disable_web_page_preview: true }, 'deprecated-parameter', 'disable_web_page_preview'],
    [
      'sendMessage',
      { text: 'x', parse_mode: 'MarkdownV2' },
      'unsupported',
      'parse_mode MarkdownV2: the emulator speaks HTML alone',
    ],
    [
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: [[{ text: 'x', callback_data: 'a', colour: 'red' }]] } },
      'unknown-parameter',
      'button.colour',
    ],
    [
      'sendMessage',
      { text: 'x', reply_markup: { inline_keyboard: [Array.from({ length: 9 }, () => button('a'))] } },
      'over-limit',
      'a row of 9 inline buttons',
    ],
    [
      'sendMessage',
      { text: 'x', link_preview_options: { disabled: true } },
      'unknown-parameter',
      'link_preview_options.disabled',
    ],
    ['getUpdates', { allowed_updates: ['messages'] }, 'bad-request-shape', 'allowed_updates: messages'],
  ])('%s %j', async (method, params, kind, detail) => {
    const tg = await startTelegram({ scale: 0 });
    const chat = tg.supergroup();
    const answer = await call(tg, method, method === 'sendMessage' ? { chat_id: chat.id, ...params } : { ...params });
    expect(tg.violations).toEqual([expect.objectContaining({ kind, detail })]);
    if (kind === 'unknown-method')
      expect(answer).toMatchObject({ status: 404, description: 'Not Found: method not found' });
    await tg.close();
  });

  it('takes parameters from the query string, urlencoded and multipart bodies, methods in any case', async () => {
    const tg = await startTelegram({ scale: 0 });
    const chat = tg.supergroup();
    const root = `${tg.apiRoot}/bot${tg.token}`;
    await fetch(`${root}/SENDMESSAGE?chat_id=${chat.id}&text=query`);
    await fetch(`${root}/sendMessage`, {
      method: 'POST',
      body: new URLSearchParams({ chat_id: String(chat.id), text: 'form' }),
    });
    await upload(tg, 'sendMessage', { chat_id: String(chat.id), text: 'multi\r\npart' }, {});
    expect(tg.sent(chat.id).map(({ content }) => content.text)).toEqual(['query', 'form', 'multi\npart']);
    expect(tg.violations).toEqual([]);
    await tg.close();
  });
});
