import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { BotProcess } from '../support/botProcess.ts';

type Name = 'ana' | 'ben' | 'cleo';

/** People at the console of a bot that may be killed at any moment: ana asks, ben approves. */
export interface People {
  /** Gives a command and waits for its answer; undefined where the bot died, or didn't answer in time. */
  say(bot: BotProcess, who: Name, text: string): Promise<string | undefined>;
  /** Signs all in, once; their cookies outlive the process. */
  signIn(bot: BotProcess): Promise<void>;
  /** A request's card as it is now, as JSON. @throws Error where it can't be had */
  card(bot: BotProcess, request: string): Promise<string>;
  /** All messages of its thread, as JSON. @throws Error where they can't be had */
  thread(bot: BotProcess, request: string): Promise<string>;
}

const ANSWER_WITHIN_MS = 20_000;
const LOOK_MS = 60;

/** Makes them; all must be people of the configuration. */
export function makePeople(names: readonly Name[] = ['ana', 'ben']): People {
  const cookies = new Map<string, string>();
  async function messagesOf(bot: BotProcess, request: string) {
    const headers = { cookie: cookies.get('ana') ?? '' };
    const seen = await fetch(`${bot.url}/api/threads/${request}`, { headers });
    return ((await seen.json()) as { messages: readonly { isRoot: boolean; card: unknown }[] }).messages;
  }

  return {
    async signIn(bot) {
      await bot.consoleUrl();
      while (cookies.size < names.length) {
        for (const [, who, url] of bot.output().matchAll(/Console for (\w+), once: (http:\/\/\S+\/c\/[\w-]+)/g)) {
          if (who === undefined || url === undefined || cookies.has(who)) continue;
          const answer = await fetch(url, { method: 'POST', headers: { origin: bot.url } });
          const cookie = answer.headers.get('set-cookie')?.split(';')[0];
          if (cookie !== undefined) cookies.set(who, cookie);
        }
        await wait(LOOK_MS);
      }
    },
    async card(bot, request) {
      return JSON.stringify((await messagesOf(bot, request)).find(({ isRoot }) => isRoot)?.card);
    },
    async thread(bot, request) {
      return JSON.stringify(await messagesOf(bot, request));
    },
    async say(bot, who, text) {
      const id = randomBytes(12).toString('hex');
      const headers = { origin: bot.url, cookie: cookies.get(who) ?? '', 'content-type': 'application/json' };
      const post = { method: 'POST', headers, body: JSON.stringify({ id, text }) };
      try {
        const taken = await fetch(`${bot.url}/api/command`, post);
        if (taken.status !== 202) return undefined;
        for (let waited = 0; waited < ANSWER_WITHIN_MS; waited += LOOK_MS) {
          const seen = await fetch(`${bot.url}/api/threads/channel`, { headers });
          const { messages } = (await seen.json()) as { messages: readonly { key: string; card: unknown }[] };
          const answer = messages.find(({ key }) => key === `reply/console/${who}:${id}`);
          if (answer) return JSON.stringify(answer.card);
          await wait(LOOK_MS);
        }
        return undefined;
      } catch {
        // It died: that is what it is there for.
        return undefined;
      }
    },
  };
}
