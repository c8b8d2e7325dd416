import { afterEach, describe, expect, it } from 'vitest';
import type { Card } from '../../src/chat/message.ts';
import type { Chat, Delivery, InboundEvent } from '../../src/chat/port.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { endNights, HOME, night } from '../chat/slack/night.ts';
import { rig } from '../chat/telegram/rig.ts';
import { visit } from '../e2e/bot.ts';
import { serveConsole, temporaryStore } from '../support/consoleServer.ts';
import { eventually } from '../support/real/process.ts';

/** A message as people see it: all its words and markup as one string. */
interface Seen {
  readonly words: string;
  readonly inThread: boolean;
  readonly onlyForOne: boolean;
}

/** One chat with somebody at its client. */
interface Bench {
  readonly chat: Chat;
  readonly person: string;
  readonly heard: readonly InboundEvent[];
  seen(): Promise<readonly Seen[]>;
  press(label: string): Promise<unknown>;
  command(words: string): Promise<unknown>;
}

const GROUP = -100_700;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await endNights();
});

async function consoleBench(): Promise<Bench> {
  const { store, drop } = await temporaryStore();
  ends.push(drop);
  const server = await serveConsole(store);
  ends.push(() => server.close());
  const ana = await visit(server.link());
  return {
    chat: server.chat,
    person: 'ana',
    heard: server.events,
    seen: async () =>
      (await ana.messages('INC-1')).map(({ card, isRoot, isPrivate }) => ({
        words: JSON.stringify(card),
        inThread: !isRoot,
        onlyForOne: isPrivate,
      })),
    press: (label) => ana.press(`token-${label.replaceAll(' ', '-')}`, 'INC-1'),
    command: (words) => ana.post('/api/command', { id: crypto.randomUUID(), text: `/${words}` }),
  };
}

async function slackBench(): Promise<Bench> {
  const one = await night({ emulator: { rateLimits: false } });
  await one.up();
  const ana = one.slack.user('U0ANA');
  return {
    chat: one.chat,
    person: 'U0ANA',
    heard: one.heard,
    seen: async () => {
      const alone = one.slack.ephemerals('U0ANA');
      const all = one.slack.messages(HOME).filter(({ ephemeralFor }) => ephemeralFor === undefined);
      return [...all, ...alone].map(({ text, blocks, attachments, threadTs, ephemeralFor }) => ({
        words: JSON.stringify([text, blocks, attachments]),
        inThread: threadTs !== undefined,
        onlyForOne: ephemeralFor !== undefined,
      }));
    },
    press: async (label) => ana.press(one.slack.messages(HOME)[0]?.ts ?? '', label),
    command: (words) => ana.slash('/daytwo', words, { channel: HOME }),
  };
}

async function telegramBench(): Promise<Bench> {
  const one = await rig({ budgets: 'off' });
  ends.push(() => one.end());
  one.tg.person({ id: 1001, name: 'Ana', username: 'ana' });
  one.tg.supergroup({ id: GROUP, members: [1001] });
  const chat = await one.started({ chatId: String(GROUP) });
  return {
    chat,
    person: '1001',
    heard: one.taken,
    seen: async () =>
      one.tg.sent(GROUP).map(({ content, markup, replyToId }) => ({
        words: JSON.stringify([content, markup]),
        inThread: replyToId !== undefined,
        onlyForOne: false,
      })),
    press: async (label) => {
      const [root] = one.tg.sent(GROUP);
      if (!root) throw new Error('no root');
      return one.tg.user(1001).press(root, label);
    },
    command: async (words) =>
      one.tg.user(1001).send(GROUP, `/${words.replace(/^\S+/, (word) => `${word}@${one.tg.bot.username}`)}`),
  };
}

const card = (title: string, labels: readonly string[] = []): Card => ({
  tone: 'warning',
  title,
  blocks: [{ kind: 'text', text: `${title} <!channel> @everyone` }],
  buttons: labels.map((label) => ({ label, token: `token-${label.replaceAll(' ', '-')}`, style: 'plain' })),
});

/** Delivers, and gives back what the vendor calls the message. */
async function deliver(chat: Chat, message: string, shown: Card, more: Partial<Delivery> = {}): Promise<string> {
  const delivery: Delivery = {
    id: `contract-${crypto.randomUUID()}`,
    do: 'post',
    conversation: chat.home,
    message,
    card: shown,
    tries: 0,
    ambiguous: false,
    urgent: true,
    ...more,
  };
  let outcome = await chat.deliver(delivery, AbortSignal.timeout(10_000));
  // A chat keeps to its vendor's budgets by asking for a pause.
  for (let pauses = 0; outcome.is === 'limited' && pauses < 5; pauses += 1) {
    await systemClock.sleep(outcome.retryAfterMs);
    outcome = await chat.deliver(delivery, AbortSignal.timeout(10_000));
  }
  if (outcome.is !== 'delivered') throw new Error(`not delivered: ${JSON.stringify(outcome)}`);
  return outcome.ref;
}

describe.each([
  { name: 'console', open: consoleBench, canWhisper: true },
  { name: 'slack', open: slackBench, canWhisper: true },
  { name: 'telegram', open: telegramBench, canWhisper: false },
])('$name keeps the contract of chats', ({ open, canWhisper }) => {
  it('posts, edits in place, replies in the thread and answers one person', async () => {
    const { chat, person, seen } = await open();
    const ref = await deliver(chat, 'INC-1', card('INC-1 Before'));
    expect(await seen()).toEqual([
      { words: expect.stringContaining('INC-1 Before'), inThread: false, onlyForOne: false },
    ]);

    await deliver(chat, 'INC-1', card('INC-1 After'), { do: 'edit', ref });
    const [edited, ...others] = await seen();
    expect(others).toEqual([]);
    expect(edited?.words).toContain('INC-1 After');
    expect(edited?.words).not.toContain('INC-1 Before');

    const thread = { root: 'INC-1', ref };
    await deliver(chat, 'INC-1/evidence', card('Found'), { thread });
    expect((await seen())[1]).toMatchObject({ words: expect.stringContaining('Found'), inThread: true });

    await deliver(chat, 'reply/1', card('Yours alone'), { thread, onlyFor: person });
    expect((await seen()).find(({ words }) => words.includes('Yours alone'))).toMatchObject({
      inThread: true,
      onlyForOne: canWhisper,
    });
  });

  it('tells of a press by its token, person and thread', async () => {
    const { chat, person, heard, press } = await open();
    await deliver(chat, 'INC-1', card('INC-1', ['Ack', 'Look again']));
    await press('Look again');
    const event = await eventually('the press', () => heard[0]);
    expect(event).toMatchObject({
      identity: { chat: chat.name, id: person },
      conversation: chat.home,
      thread: 'INC-1',
      what: { kind: 'button', token: 'token-Look-again' },
    });
  });

  it('tells of a command by its words and person', async () => {
    const { chat, person, heard, command } = await open();
    await command('status now');
    const event = await eventually('the command', () => heard[0]);
    expect(event).toMatchObject({
      identity: { chat: chat.name, id: person },
      conversation: chat.home,
      isPrivate: false,
      what: { kind: 'command', text: 'status now' },
    });
    expect(heard).toHaveLength(1);
  });
});
