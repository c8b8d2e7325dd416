import { afterEach, describe, expect, it } from 'vitest';
import type { ButtonInput } from '../../../src/chat/message.ts';
import { questionHtml } from '../../../src/chat/telegram/asking.ts';
import type { StoredMessage } from '../../support/telegram/history.ts';
import { parseHtml } from '../../support/telegram/html.ts';
import { card, post, type Rig, rig } from './rig.ts';

const GROUP = -100_700;
const input: ButtonInput = {
  title: 'Confirm REQ-17',
  about: 'Restore of k8s_data.',
  label: 'Type the name: k8s_data',
  hint: 'To the letter.',
  optional: false,
  maxLength: 200,
  instead: '/confirm REQ-17 k8s_data',
};
const asking = card('REQ-17 waits', {
  buttons: [
    { label: 'Confirm', token: 'token-1', style: 'primary', input },
    { label: 'Deny', token: 'token-2', style: 'danger', input: { ...input, optional: true } },
  ],
});

let one: Rig;
afterEach(() => one.end());

/** A group with ana and ben, and a card that asks. */
async function asked(options: Parameters<typeof rig>[0] = {}, more: { forum?: boolean; asks?: () => boolean } = {}) {
  one = await rig({ budgets: 'off', ...options });
  one.tg.person({ id: 1001, name: 'Ana @everyone', username: 'ana' });
  one.tg.person({ id: 1002, name: 'Ben' });
  one.tg.supergroup({
    id: GROUP,
    members: [1001, 1002],
    ...(more.forum ? { forum: true, botRights: ['can_manage_topics' as const] } : {}),
  });
  const chat = await one.started({ chatId: String(GROUP), ...(more.asks ? { asks: more.asks } : {}) });
  expect(await one.deliver(chat, post(String(GROUP), 'REQ-17', asking))).toMatchObject({ is: 'delivered' });
  const root = one.tg.sent(GROUP).at(-1) as StoredMessage;
  return { chat, root, ana: one.tg.user(1001), ben: one.tg.user(1002) };
}
const question = (chat = GROUP) => one.tg.sees(chat, ({ markup }) => markup?.kind === 'force-reply');
const questions = (chat = GROUP) => one.tg.sent(chat).filter(({ markup }) => markup?.kind === 'force-reply');
/** Nothing more comes of what was sent. */
async function quiet(heard = 0): Promise<void> {
  await one.until('all updates are confirmed', () => one.tg.pendingUpdates === 0);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(one.taken).toHaveLength(heard);
}

describe('a button that asks for a line', () => {
  it('asks the presser alone, by a forced reply below the message, and hands the reply on with the press', async () => {
    const { root, ana } = await asked();
    ana.press(root, 'Confirm');
    const asks = await question();
    expect(asks).toMatchObject({
      replyToId: root.id,
      markup: { selective: true, placeholder: 'Type the name: k8s_data' },
    });
    expect(asks.content.text).toContain('Type the name: k8s_data');
    expect(one.tg.pings()).toEqual([{ kind: 'text_mention', target: '1001' }]);
    expect(one.taken).toEqual([]);
    const reply = ana.reply(asks, ' k8s_data ');
    await one.until('the press is heard', () => one.taken.length === 1);
    expect(one.taken[0]).toMatchObject({
      identity: { chat: 'telegram', id: '1001' },
      conversation: { chat: 'telegram', id: String(GROUP) },
      isPrivate: false,
      thread: 'REQ-17',
      replyTo: `${GROUP}:${reply.id}`,
      what: { kind: 'button', token: 'token-1', typed: 'k8s_data' },
    });
    expect(one.tg.violations).toEqual([]);
  });

  it('asks in the topic of the message', async () => {
    const { root, ana } = await asked({}, { forum: true });
    expect(root.threadId).toBeDefined();
    ana.press(root, 'Confirm');
    const asks = await question();
    expect(asks.threadId).toBe(root.threadId);
    ana.reply(asks, 'k8s_data');
    await one.until('the press is heard', () => one.taken.length === 1);
    expect(one.taken[0]?.what).toMatchObject({ typed: 'k8s_data' });
  });

  it('asks in a private chat without a mention', async () => {
    const { chat, ana } = await asked();
    ana.start();
    await one.until('start is heard', () => one.taken.length === 1);
    await one.deliver(chat, post('1001', 'REQ-17', asking, { id: 'private' }));
    ana.press(one.tg.sent(1001).at(-1) as StoredMessage, 'Confirm');
    const asks = await question(1001);
    expect(one.tg.pings()).toEqual([]);
    ana.reply(asks, 'k8s_data');
    await one.until('the press is heard', () => one.taken.length === 2);
    expect(one.taken[1]).toMatchObject({ isPrivate: true, what: { token: 'token-1', typed: 'k8s_data' } });
  });

  it('acts at once where the line may stay empty, and where nobody is to be asked', async () => {
    const { root, ana } = await asked({}, { asks: () => false });
    ana.press(root, 'Deny');
    ana.press(root, 'Confirm');
    await one.until('both presses are heard', () => one.taken.length === 2);
    expect(one.taken.map(({ what }) => what)).toEqual([
      { kind: 'button', token: 'token-2' },
      { kind: 'button', token: 'token-1' },
    ]);
    expect(questions()).toEqual([]);
  });

  it('takes no reply of anybody else, to anything else, edited, forwarded, or as somebody else', async () => {
    const { root, ana, ben } = await asked({ bot: { privacy: false } });
    ana.press(root, 'Confirm');
    const asks = await question();
    ben.reply(asks, 'k8s_data');
    ana.reply(root, 'k8s_data');
    ana.send(GROUP, 'k8s_data');
    ana.reply(asks, 'k8s_data', { as: 'anonymous' });
    const said = ana.send(GROUP, 'k8s_data');
    ana.forward(said, GROUP, { replyTo: asks });
    ana.edit(said, 'k8s_data!');
    await quiet();
  });

  it('takes one reply: no second, no second question for a second press, no repeated update', async () => {
    const { root, ana } = await asked();
    ana.press(root, 'Confirm');
    ana.press(root, 'Confirm');
    const asks = await question();
    ana.reply(asks, 'k8s_data');
    ana.reply(asks, 'other');
    await one.until('the press is heard', () => one.taken.length >= 1);
    await quiet(1);
    expect(one.taken[0]?.what).toMatchObject({ typed: 'k8s_data' });
    expect(questions()).toHaveLength(1);
  });

  it('still takes a command in reply to a question as a command', async () => {
    const { root, ana } = await asked();
    ana.press(root, 'Confirm');
    ana.reply(await question(), '/status@daytwo_bot');
    await one.until('the command is heard', () => one.taken.length === 1);
    expect(one.taken[0]?.what).toEqual({ kind: 'command', text: 'status' });
  });

  it('takes no reply after ten minutes, and says so', async () => {
    const { root, ana } = await asked({ scale: 0 });
    ana.press(root, 'Confirm');
    const asks = await question();
    await new Promise((resolve) => setTimeout(resolve, 50));
    one.tg.advance(10 * 60_000 + 1);
    ana.reply(asks, 'k8s_data');
    const late = await one.tg.sees(GROUP, ({ content }) => content.text.includes('more than ten minutes'));
    expect(late.content.text).toContain('/confirm REQ-17 k8s_data');
    await quiet();
  });

  it('lets the press go on where the question can’t be sent: its answer says how to do it in words', async () => {
    const { root, ana } = await asked();
    one.tg.flood(30, GROUP);
    ana.press(root, 'Confirm');
    await one.until('the press is heard', () => one.taken.length === 1);
    expect(one.taken[0]?.what).toEqual({ kind: 'button', token: 'token-1' });
  });

  it('knows its question after a restart', async () => {
    const { chat, root, ana } = await asked();
    ana.press(root, 'Confirm');
    const asks = await question();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await chat.stop();
    await one.reopen();
    await one.started({ chatId: String(GROUP) });
    ana.reply(asks, 'k8s_data');
    await one.until('the press is heard', () => one.taken.length === 1);
    expect(one.taken[0]?.what).toMatchObject({ token: 'token-1', typed: 'k8s_data' });
  });
});

describe('a question', () => {
  it('calls nobody but whom it asks, whatever is in its words', () => {
    const hostile = '@everyone /drain worker-1 #tag https://evil.example <b>';
    const html = questionHtml(
      { title: hostile, about: hostile, label: hostile, hint: hostile },
      { id: '1001', name: hostile },
    );
    const { entities } = parseHtml(html);
    const [mention, ...others] = entities;
    expect(mention).toMatchObject({ type: 'text_mention', user: { id: 1001 } });
    expect(new Set(others.map(({ type }) => type))).toEqual(new Set(['code']));
  });
});
