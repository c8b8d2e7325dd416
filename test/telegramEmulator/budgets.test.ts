import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTelegram, type TelegramEmulator } from '../support/telegram/telegram.ts';
import { call } from './call.ts';

let tg: TelegramEmulator;
beforeEach(async () => {
  tg = await startTelegram({ scale: 0 });
});
afterEach(() => tg.close());

const send = (chat_id: number) => call(tg, 'sendMessage', { chat_id, text: 'x' });

describe('rate budgets', () => {
  it('let a chat have a short burst, then one a second', async () => {
    tg.person({ id: 1, started: true });
    for (let n = 0; n < 3; n++) expect((await send(1)).status).toBe(200);
    expect(await send(1)).toMatchObject({
      status: 429,
      description: 'Too Many Requests: retry after 1',
      parameters: { retry_after: 1 },
    });
    tg.advance(1_000);
    expect((await send(1)).status).toBe(200);
    expect((await send(1)).status).toBe(429);
    expect(tg.earlyRetries).toEqual([]);
  });

  it('let a group have 20 a minute, edits counted', async () => {
    const chat = tg.supergroup();
    const first = await send(chat.id);
    for (let n = 1; n < 20; n++) {
      tg.advance(1_000);
      const edit = { chat_id: chat.id, message_id: Number(first.result['message_id']), text: `edit ${n}` };
      expect((await call(tg, 'editMessageText', edit)).status).toBe(200);
    }
    tg.advance(1_000);
    expect(await send(chat.id)).toMatchObject({ status: 429, parameters: { retry_after: 40 } });
    expect(tg.longestFloodWaitSeconds).toBe(40);
    tg.advance(39_000);
    expect(await send(chat.id)).toMatchObject({ status: 429, parameters: { retry_after: 1 } });
    expect(tg.earlyRetries).toMatchObject([{ lane: String(chat.id), earlyByMs: 1_000 }]);
    tg.advance(1_000);
    expect((await send(chat.id)).status).toBe(200);
  });

  it('let all chats together have 30 a second', async () => {
    for (let id = 1; id <= 31; id++) tg.person({ id, started: true });
    for (let id = 1; id <= 30; id++) expect((await send(id)).status).toBe(200);
    expect(await send(31)).toMatchObject({ status: 429, parameters: { retry_after: 1 } });
    tg.advance(1_000);
    expect((await send(31)).status).toBe(200);
  });

  it('count an album by its pictures and nothing for what was refused', async () => {
    const chat = tg.supergroup();
    for (let n = 0; n < 5; n++) await call(tg, 'sendMessage', { chat_id: chat.id, text: '<p>', parse_mode: 'HTML' });
    expect((await send(chat.id)).status).toBe(200);
  });

  it('can be floods of hours, of one chat or of all', async () => {
    const [a, b] = [tg.supergroup(), tg.supergroup()];
    tg.flood(7_200, a.id);
    expect(await send(a.id)).toMatchObject({ status: 429, parameters: { retry_after: 7_200 } });
    expect((await send(b.id)).status).toBe(200);
    tg.advance(7_200_000);
    expect((await send(a.id)).status).toBe(200);
    tg.flood(60);
    expect((await send(b.id)).status).toBe(429);
    expect(tg.longestFloodWaitSeconds).toBe(7_200);
  });

  it('say the wait in a header too', async () => {
    const chat = tg.supergroup();
    tg.flood(9, chat.id);
    const response = await fetch(`${tg.apiRoot}/bot${tg.token}/sendMessage?chat_id=${chat.id}&text=x`);
    expect(response.headers.get('retry-after')).toBe('9');
  });
});
