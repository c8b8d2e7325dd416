import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../lib/clock.ts';
import { DaytwoError, messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Store } from '../../store/port.ts';
import type { Mention } from '../message.ts';
import type { Chat, Identity, TakeIn, Unreached } from '../port.ts';
import { createApi } from './api.ts';
import { Asking } from './asking.ts';
import { Budgets } from './budget.ts';
import { Deliverer } from './deliver.ts';
import { type Judgement, judge } from './judge.ts';
import { Places } from './places.ts';
import { type Lead, poll } from './polling.ts';
import { type MenuCommand, Session } from './session.ts';
import { Standing } from './standing.ts';
import { WEBHOOK_PATH, webhookPlugin } from './webhook.ts';
import type { TgUpdate } from './wire.ts';

/** What the Telegram chat needs. Secrets come as they are; they never leave but to Telegram. */
export interface TelegramOptions {
  /** The group's id (`-100…`) or `@name`, as configured: it stays our name of the chat, even after an upgrade gave it another id. */
  readonly chatId: string;
  readonly botToken: string;
  /** `polling` fetches updates; a webhook has them posted to `publicUrl` + `/telegram/webhook`. */
  readonly mode: 'polling' | { readonly webhook: { readonly publicUrl: string; readonly secretToken: string } };
  /** Instead of Telegram's own API. */
  readonly apiRoot?: string | undefined;
  /** Where the console is reached, for what a message can't hold. */
  readonly publicUrl?: string | undefined;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly commands: readonly MenuCommand[];
  /** Bytes of a picture by its blob id. */
  readonly getBlob: (id: string) => Promise<Uint8Array | undefined>;
  /** Whether a person who presses a button that asks for a line is asked; default: everybody. */
  readonly asks?: (identity: Identity) => boolean;
  /** Hears that a message to one person alone was refused for good: they never pressed Start, or blocked the bot. */
  readonly unreached?: Unreached | undefined;
  /** User ids of the people who may be called by name; default: nobody. */
  readonly mention?: Mention | undefined;
  /** Who polls, where several processes could; default: this one. */
  readonly lead?: Lead;
}

/** The Telegram chat. */
export interface TelegramChat extends Chat {
  /** `POST /telegram/webhook`, in webhook mode. */
  readonly plugin?: (app: FastifyInstance) => Promise<void>;
}

/** Makes the chat. Nothing is asked of Telegram before `start`; its library is loaded then. */
export function createTelegram(options: TelegramOptions): TelegramChat {
  const { store, clock, log, mode } = options;
  const home = { chat: 'telegram', id: options.chatId } as const;
  const stopping = new AbortController();
  const { signal } = stopping;
  const standing = new Standing(log);
  const places = new Places(store, clock, home);
  const webhook =
    mode === 'polling'
      ? undefined
      : {
          url: new URL(WEBHOOK_PATH.slice(1), slashed(mode.webhook.publicUrl)).href,
          secretToken: mode.webhook.secretToken,
        };
  const api = createApi({ botToken: options.botToken, apiRoot: options.apiRoot, take });
  const budgets = new Budgets(clock.now);
  const session = new Session({
    api,
    places,
    standing,
    clock,
    log,
    commands: options.commands,
    limited: (ms) => budgets.close(home.id, ms),
    webhook,
  });
  const deliverer = new Deliverer({
    api,
    places,
    budgets,
    standing,
    store,
    clock,
    log,
    getBlob: options.getBlob,
    publicUrl: options.publicUrl,
    forum: () => session.forum,
    unreached: options.unreached,
    mention: options.mention,
  });
  const asking = new Asking({ api, places, budgets, store, clock, log, asks: options.asks ?? (() => true) });
  const commands = options.commands.map(({ name }) => name);
  const underWay = new Set<Promise<unknown>>();
  let takeIn: TakeIn | undefined;

  function aside(work: Promise<unknown>): void {
    const done = work.catch(() => {}).finally(() => underWay.delete(done));
    underWay.add(done);
  }

  /** Takes one update in. Rejects when it isn't durable; then it comes again. */
  async function take(update: TgUpdate): Promise<void> {
    const { me } = session;
    if (!me || !takeIn || signal.aborted) throw new DaytwoError('overloaded', 'the Telegram chat is not connected yet');
    const press = update.callback_query;
    // Whatever becomes of it: the button must not keep spinning. A second answer to a repeated update is refused, which is no fault.
    if (press?.id !== undefined)
      aside(api.call('answerCallbackQuery', { callback_query_id: String(press.id) }, signal));
    const judged = judge(update, { home, homeIds: places.homeIds, bot: me, commands });
    const left = judged.is === 'reply' ? await heardReply(judged, takeIn) : judged;
    if (left) await act(left, update, takeIn);
  }

  /** Takes the answer to a question in; gives what the words are where nothing was asked. */
  async function heardReply(reply: Judgement & { is: 'reply' }, takeIn: TakeIn): Promise<Judgement | undefined> {
    const answered = await asking.answer(reply);
    if (answered === 'not-asked') return reply.otherwise;
    if (answered === 'too-late') aside(asking.tooLate(reply));
    else if (answered !== 'answered') await takeIn(answered);
    return undefined;
  }

  async function act(judged: Judgement, update: TgUpdate, takeIn: TakeIn): Promise<void> {
    switch (judged.is) {
      case 'event': {
        const thread = await places.threadOf(judged.hints);
        const event = { ...judged.event, ...(thread === undefined ? {} : { thread }) };
        if (await asking.ask(event, update.callback_query?.from?.first_name, takeIn)) return;
        return takeIn(event);
      }
      case 'migrated':
        log.info({ chat: 'telegram', from: home.id, to: judged.to }, 'group was upgraded, following');
        return places.migrate(judged.to);
      case 'member':
        return aside(session.probe(signal));
      case 'refused':
        // Ids, so that whoever sets the bot up can take them from here.
        if (judged.why !== 'not-for-the-bot')
          log.info({ update: update.update_id, why: judged.why, ...idsOf(update) }, 'Telegram update refused');
    }
  }

  async function work(): Promise<void> {
    await session.connect(signal);
    const loops = [session.tend(signal)];
    if (!webhook) loops.push(poll({ api, store, clock, log, standing, lead: options.lead }, signal));
    await Promise.all(loops);
  }

  return {
    name: 'telegram',
    home,
    pictureStyle: 'apart',
    async start(take) {
      takeIn = take;
      aside(
        work().catch((error: unknown) => {
          log.error({ chat: 'telegram', error: messageOf(error) }, 'chat stopped through a fault of its own');
          standing.down(
            'network',
            `the Telegram chat stopped through a fault of its own: ${messageOf(error)}; restart the bot`,
          );
        }),
      );
    },
    async stop() {
      stopping.abort();
      takeIn = undefined;
      await Promise.all([...underWay, asking.settled()]);
    },
    deliver: (delivery, until) => deliverer.deliver(delivery, AbortSignal.any([until, signal])),
    health: () => standing.health(),
    ...(webhook
      ? { plugin: webhookPlugin({ secretToken: webhook.secretToken, log, handle: (update) => api.handle(update) }) }
      : {}),
  };
}

/** A folder's URL, so that what is resolved against it keeps its path. */
function slashed(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** Where an update came from, by id alone. */
function idsOf({ message, callback_query: press }: TgUpdate): { readonly chatId?: number; readonly userId?: number } {
  const chatId = (message ?? press?.message)?.chat?.id;
  const userId = (message ?? press)?.from?.id;
  return { ...(chatId === undefined ? {} : { chatId }), ...(userId === undefined ? {} : { userId }) };
}
