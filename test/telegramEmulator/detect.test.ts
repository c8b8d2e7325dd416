import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detect } from '../support/telegram/detect.ts';
import { pingsOf, showsPreview, touchablesOf } from '../support/telegram/history.ts';
import { startTelegram, type TelegramEmulator } from '../support/telegram/telegram.ts';
import { call } from './call.ts';

describe('detect', () => {
  it.each<[string, string[]]>([
    ['hi @anna_b!', ['mention:@anna_b']],
    ['@gif and @abc', ['mention:@gif']],
    ['mail@anna.example', ['email:mail@anna.example']],
    ['a@example.com', ['email:a@example.com']],
    ['(@anna) @anna_', ['mention:@anna', 'mention:@anna_']],
    ['é@anna', []],
    ['/drain@daytwo_bot worker-1', ['bot_command:/drain@daytwo_bot']],
    ['/var/log /etc', ['bot_command:/etc']],
    ['and/or', []],
    ['#prod #1 #a1', ['hashtag:#prod', 'hashtag:#a1']],
    ['$USD $usd', ['cashtag:$USD']],
    ['see https://grafana.internal:3000/d/1?x=y.', ['url:https://grafana.internal:3000/d/1?x=y']],
    ['main.rs and README.md and run.sh', ['url:main.rs', 'url:README.md', 'url:run.sh']],
    ['node-0.internal 10.0.0.5:9100 1.36.2', ['url:10.0.0.5:9100']],
    ['kube.config x.yaml', []],
    ['tg://resolve?domain=x', ['url:tg://resolve?domain=x']],
    ['postgres://u:p@db.example.com/x', []],
  ])('finds in %s', (text, found) => {
    const pieces = detect(text, []).map((e) => `${e.type}:${text.slice(e.offset, e.offset + e.length)}`);
    expect(pieces).toEqual(found);
  });

  it('finds nothing inside code, pre and links', () => {
    for (const type of ['code', 'pre', 'text_link', 'text_mention']) {
      expect(detect('@anna', [{ type, offset: 0, length: 5 }])).toEqual([]);
    }
    expect(detect('@anna', [{ type: 'bold', offset: 0, length: 5 }])).toHaveLength(1);
  });
});

describe('pings', () => {
  let tg: TelegramEmulator;
  beforeAll(async () => {
    tg = await startTelegram({ scale: 0, budgets: 'off' });
  });
  afterAll(() => tg.close());

  it.each<[string, string[], string[]]>([
    ['<code>@anna /drain #prod example.com</code>', [], []],
    ['<pre>@anna</pre> @ben_', ['@ben_'], []],
    ['<a href="tg://user?id=5">you</a>', ['5'], []],
    ['@all_of_you &lt;!channel&gt; /drain', ['@all_of_you'], ['/drain']],
    ['@anna\u200b_ok and a\u200b@anna', ['@anna', '@anna'], []],
  ])('of %s', async (text, pinged, touchable) => {
    const chat = tg.supergroup();
    const { result } = await call(tg, 'sendMessage', { chat_id: chat.id, text, parse_mode: 'HTML' });
    const [message] = tg.sent(chat.id);
    if (message === undefined) throw new Error('not sent');
    expect(result['message_id']).toBe(message.id);
    expect(pingsOf(message).map((ping) => ping.target)).toEqual(pinged);
    expect(touchablesOf(message).map((found) => found.text)).toEqual(touchable);
  });

  it('are everybody for a pin with a notification, and nobody without', async () => {
    const chat = tg.supergroup({ botRights: ['can_pin_messages'] });
    const { result } = await call(tg, 'sendMessage', { chat_id: chat.id, text: 'x' });
    const id = Number(result['message_id']);
    await call(tg, 'pinChatMessage', { chat_id: chat.id, message_id: id, disable_notification: true });
    expect(tg.sent(chat.id).flatMap(pingsOf)).toEqual([]);
    await call(tg, 'pinChatMessage', { chat_id: chat.id, message_id: id });
    expect(tg.sent(chat.id).flatMap(pingsOf)).toEqual([{ kind: 'pin', target: 'all' }]);
  });

  it('come with formatting beyond the hundredth entity gone', async () => {
    const chat = tg.supergroup();
    const text = `${'<code>a</code> '.repeat(100)}<code>@anna</code>`;
    await call(tg, 'sendMessage', { chat_id: chat.id, text, parse_mode: 'HTML' });
    expect(tg.sent(chat.id).flatMap(pingsOf)).toEqual([{ kind: 'mention', target: '@anna' }]);
    expect(tg.violations.at(-1)).toMatchObject({ kind: 'over-limit' });
  });

  it('tells whether a link would show a preview', async () => {
    const chat = tg.supergroup();
    await call(tg, 'sendMessage', { chat_id: chat.id, text: 'https://example.com/' });
    await call(tg, 'sendMessage', {
      chat_id: chat.id,
      text: 'https://example.com/',
      link_preview_options: { is_disabled: true },
    });
    expect(tg.sent(chat.id).map(showsPreview)).toEqual([true, false]);
  });
});
