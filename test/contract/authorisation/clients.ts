import type { ChatName, Conversation } from '../../../src/chat/port.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { Visitor } from '../../e2e/bot.ts';
import { CHANNEL, GROUP } from '../../support/bothChats.ts';
import { eventually } from '../../support/real/process.ts';
import type { SlackEmulator } from '../../support/slack/index.ts';
import type { TelegramEmulator } from '../../support/telegram/telegram.ts';

/** On a machine that is busy with other tests. */
export const PATIENCE_MS = 60_000;
/** A dialog stands there once the press was acknowledged, which takes Slack's three seconds at the most. */
const DIALOG_MS = 5000;
/** A busy machine may let a trigger expire; whoever sees no dialog presses again. */
const PRESSES = 6;

/** A person at the client of one chat. */
export interface Client {
  readonly chat: ChatName;
  /** Where the bot's messages of this chat go. */
  readonly home: Conversation;
  command(words: string): Promise<unknown>;
  /** Presses a button of the card that names the request. */
  press(label: string, request: string, token: string): Promise<unknown>;
  /** What the bot told this person, in whatever place: all words of each message. */
  told(): Promise<readonly string[]>;
}

/** What clients speak with. */
export interface Places {
  readonly slack: SlackEmulator;
  readonly telegram: TelegramEmulator;
  /** The console. */
  readonly url: string;
  readonly slackId: (who: string) => string;
  readonly telegramId: (who: string) => number;
  /** Who has signed in to the console. */
  readonly visitors: ReadonlyMap<string, Visitor>;
  /** A cookie of the console that no longer counts, of whoever has no visitor. */
  readonly cookies: Readonly<Record<string, string>>;
  /** Whether the configuration knows them: nobody else is asked for a line. */
  readonly isKnown: (who: string) => boolean;
  /** How long a minute of the bot's clock takes, ms: the same refusal is told to the same person once in it. */
  readonly minuteMs: number;
}

function slackClient(who: string, { slack, slackId, isKnown, minuteMs }: Places): Client {
  const person = slack.user(slackId(who));
  /** Deny asks for a line first, which may be left empty. */
  const dialog = async (ts: string, label: string): Promise<void> => {
    for (let tries = 0; tries < PRESSES; tries += 1) {
      await person.press(ts, label);
      const opened = await eventually(`a dialog for ${who}`, () => person.modal(), DIALOG_MS).catch(() => undefined);
      if (opened) return void (await person.submit(undefined));
    }
    throw new Error(`${who} pressed ${label} ${PRESSES} times and saw no dialog`);
  };
  return {
    chat: 'slack',
    home: { chat: 'slack', id: CHANNEL },
    command: (words) => person.slash('/daytwo', words, { channel: CHANNEL }),
    press: async (label, request) => {
      const card = await eventually(
        `${request} in Slack`,
        () =>
          slack
            .messages(CHANNEL)
            .find(({ text, blocks, attachments }) =>
              JSON.stringify([text, blocks, attachments]).includes(`${request} `),
            ),
        PATIENCE_MS,
      );
      if (who === 'ivy') await systemClock.sleep(1.2 * minuteMs);
      await (label === 'Deny' && isKnown(who) ? dialog(card.ts, label) : person.press(card.ts, label));
    },
    told: async () =>
      slack
        .ephemerals(slackId(who))
        .map(({ text, blocks, attachments }) => JSON.stringify([text, blocks, attachments])),
  };
}

function telegramClient(who: string, { telegram, telegramId }: Places): Client {
  const person = telegram.user(telegramId(who));
  return {
    chat: 'telegram',
    home: { chat: 'telegram', id: String(GROUP) },
    command: async (words) =>
      person.send(GROUP, `/${words.replace(/^\S+/, (word) => `${word}@${telegram.bot.username}`)}`),
    press: async (label, request) => {
      const card = await eventually(
        `${request} in Telegram`,
        () =>
          telegram.sent(GROUP).find(({ content, markup }) => markup && JSON.stringify(content).includes(`${request} `)),
        PATIENCE_MS,
      );
      return person.press(card, label);
    },
    told: async () => telegram.sent(GROUP).map(({ content }) => JSON.stringify(content)),
  };
}

function consoleClient(who: string, { url, visitors, cookies }: Places): Client {
  const here = visitors.get(who);
  const { [who]: cookie } = cookies;
  const headers = { origin: url, 'content-type': 'application/json', ...(cookie === undefined ? {} : { cookie }) };
  const answers: string[] = [];
  const threads = ['channel'];
  const post = async (path: string, body: object): Promise<void> => {
    const sent = { ...body, id: crypto.randomUUID() };
    const answer = here
      ? await here.post(path, sent)
      : await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(sent) });
    answers.push(`${answer.status} ${await answer.text()}`);
    // The console says at once what it doesn't take.
    if (here && answer.status !== 202) throw new Error(`the console answered ${who} ${answers.at(-1)}`);
  };
  return {
    chat: 'console',
    home: { chat: 'console', id: 'home' },
    command: (text) => post('/api/command', { text: `/${text}` }),
    press: async (_, request, token) => {
      threads.push(request);
      if (here)
        await eventually(
          `${request} in the console`,
          async () => (await here.messages(request)).length > 0,
          PATIENCE_MS,
        );
      return post('/api/press', { token, thread: request });
    },
    told: async () => {
      if (!here) return answers;
      const all = await Promise.all(threads.map((thread) => here.messages(thread)));
      return all.flat().map(({ card }) => JSON.stringify(card));
    },
  };
}

/** The client of a person in a chat. */
export function clientOf(who: string, chat: ChatName, places: Places): Client {
  if (chat === 'slack') return slackClient(who, places);
  return chat === 'telegram' ? telegramClient(who, places) : consoleClient(who, places);
}
