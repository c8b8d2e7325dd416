import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Collection, Store } from '../../store/port.ts';
import type { Card, Mention } from '../message.ts';
import type { Chat, Identity, MessageKey, TakeIn, Unreached } from '../port.ts';
import { createApi } from './api.ts';
import { createAsk } from './ask.ts';
import { Budgets } from './budget.ts';
import type { Failure } from './failure.ts';
import { createShare } from './files.ts';
import { createHearing, type HandOn } from './hearing.ts';
import { createHomeTab } from './homeTab.ts';
import { eventsRoute } from './http.ts';
import { createIntake } from './intake.ts';
import { createIntroduction } from './introduction.ts';
import type { SlackCommand } from './manifest.ts';
import { sdkLogger } from './sdkLog.ts';
import { createSender } from './sender.ts';
import { createSockets, type Sockets } from './sockets.ts';
import { Standing } from './standing.ts';
import { createTell } from './tell.ts';
import { forgetThreads, SLACK_COLLECTIONS, sweepSlack } from './threads.ts';
import { createDoor, createUsers, type Members } from './users.ts';

/** How events come in: by connections that are opened from here, or posted to `/slack/events`. */
export type SlackMode =
  | { readonly socket: { readonly appToken: string } }
  | { readonly http: { readonly signingSecret: string } };

/** What the chat is built of. */
export interface SlackOptions {
  /** Id of the channel in which incidents become threads. */
  readonly channel: string;
  readonly botToken: string;
  readonly mode: SlackMode;
  /** Instead of Slack's own, for tests and proxies. */
  readonly apiUrl?: string | undefined;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly commands: readonly SlackCommand[];
  readonly getBlob: (id: string) => Promise<Uint8Array | undefined>;
  /** Where people reach the console: the way to what had to be cut. */
  readonly publicUrl?: string | undefined;
  /** Member ids of the people who may be called by name; default: nobody. */
  readonly mention?: Mention | undefined;
  /** Whether a person who presses a button that asks for a line gets its dialog; default: everybody. */
  readonly asks?: ((identity: Identity) => boolean) | undefined;
  /** Hears that a message to one person alone was refused for good: Slack opens no conversation with them. */
  readonly unreached?: Unreached | undefined;
  /** What a person sees in the bot's Home tab. Whoever gives it decides by the identity what that may be. */
  readonly homeTab?: ((identity: Identity) => Promise<readonly Card[]>) | undefined;
}

/** Slack as a chat. */
export interface SlackChat extends Chat {
  /** In HTTP mode: `POST /slack/events`, for `fastify.register`. */
  readonly plugin?: (app: FastifyInstance) => Promise<void>;
  /** What it keeps in the store. */
  readonly collections: readonly Collection<never>[];
  /** Forgets which messages began these threads (retention). */
  forget(threads: readonly MessageKey[]): Promise<void>;
  /** User ids of a user group, at most a minute old; else why Slack doesn't tell. Answers within ten seconds; never rejects. */
  members(usergroup: string): Promise<Members>;
}

/** So many calls in a row must break before Slack counts as out of reach. */
const BROKEN = 3;
/** How often old threads are forgotten, and how old they are: retention has told of most of them long before. */
const SWEEP_MS = 24 * 3_600_000;
const THREADS_MS = 400 * 24 * 3_600_000;

/** Makes the chat. The SDK is loaded by `start`, in the background: nothing waits for Slack. */
export function createSlack(options: SlackOptions): SlackChat {
  const { channel, botToken, mode, apiUrl, store, clock, log, publicUrl } = options;
  const standing = new Standing(log);
  const stopping = new AbortController();
  const { signal } = stopping;
  const sdk = sdkLogger(log);
  let broken = 0;
  let handOn: HandOn | undefined;
  let sockets: Sockets | undefined;
  let running: Promise<unknown> = Promise.resolve();

  const heard = (failure: Failure | undefined, where: string): void => {
    const answered = !failure || failure.is === 'limited' || failure.is === 'refused' || failure.trouble !== undefined;
    broken = answered && failure?.trouble !== 'network' ? 0 : broken + 1;
    if (broken === 0 && failure?.trouble !== 'token') standing.clear('token', 'network');
    if (!failure || failure.code === 'AbortError') return;
    if (failure.trouble === 'place' && where !== channel) return;
    if (failure.trouble) standing.down(failure.trouble, failure.text);
    else if (broken >= BROKEN) standing.down('network', failure.text);
  };
  const api = createApi({ botToken, apiUrl, budgets: new Budgets(clock.now), logger: sdk, heard });
  const users = createUsers(api, clock);
  const deliver = createSender({
    api,
    store,
    clock,
    home: channel,
    share: createShare({ api, store, clock }),
    getBlob: options.getBlob,
    consoleUrl: publicUrl,
    unreached: options.unreached,
    mention: options.mention,
    arrived: (where) => {
      if (where === channel) standing.clear('place');
    },
  });
  const introduction = createIntroduction({ api, clock, standing, home: channel, signal });

  async function begin(takeIn: TakeIn): Promise<void> {
    const me = await introduction.me();
    if (!me) return;
    const place = { team: me.team, bot: me.user, home: channel };
    const door = createDoor(users, place, signal);
    const tell = createTell(api, clock, signal);
    const hears = await createHearing({
      log,
      sdk,
      authorize: () => ({ botToken, botUserId: me.user, teamId: me.team, ...(me.bot ? { botId: me.bot } : {}) }),
      listeners: {
        intake: createIntake({ store, clock, log, refusal: door, takeIn }),
        ask: createAsk({ api, clock, log, place, signal, tell, asks: options.asks ?? (() => true) }),
        homeOpened: createHomeTab({ api, log, door, signal, cards: options.homeTab }),
        tell,
      },
    });
    if (signal.aborted) return;
    if ('http' in mode) {
      handOn = hears;
      standing.introduced();
      return;
    }
    sockets = createSockets({
      appToken: mode.socket.appToken,
      apiUrl,
      handOn: hears,
      clock,
      log,
      sdk,
      changed: (open, problem) => {
        if (open > 0) {
          standing.clear('events');
          standing.introduced();
        } else if (problem !== undefined) standing.down('events', problem);
      },
    });
    sockets.start();
  }

  async function sweep(): Promise<void> {
    while (!signal.aborted) {
      await sweepSlack(store, clock.now(), clock.now() - THREADS_MS).catch((error: unknown) =>
        log.warn({ chat: 'slack', error: messageOf(error) }, 'old threads could not be forgotten, will retry'),
      );
      await clock.sleep(SWEEP_MS, signal);
    }
  }

  async function run(takeIn: TakeIn): Promise<void> {
    try {
      await begin(takeIn);
      await introduction.watch();
    } catch (error) {
      standing.down('events', `Slack could not be set up: ${messageOf(error)}`);
    }
  }

  return {
    name: 'slack',
    home: { chat: 'slack', id: channel },
    pictureStyle: 'apart',
    collections: SLACK_COLLECTIONS,
    async start(takeIn) {
      running = Promise.all([run(takeIn), sweep()]);
    },
    async stop() {
      stopping.abort();
      handOn = undefined;
      await sockets?.stop();
      await running;
    },
    deliver: (delivery, during) => deliver(delivery, AbortSignal.any([during, signal])),
    health: () => standing.health(),
    forget: (threads) => forgetThreads(store, threads),
    members: (usergroup) => users.members(usergroup, signal),
    ...('http' in mode
      ? { plugin: eventsRoute({ signingSecret: mode.http.signingSecret, now: clock.now, log, handOn: () => handOn }) }
      : {}),
  };
}
