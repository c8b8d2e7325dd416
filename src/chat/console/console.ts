import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Store } from '../../store/port.ts';
import type { Chat, MessageKey, TakeIn } from '../port.ts';
import { Board } from './board.ts';
import { Feed } from './feed.ts';
import { HOME, type SignInHeard } from './model.ts';
import { consoleRoutes } from './routes.ts';
import { Sessions } from './sessions.ts';
import type { CommandView, PersonView } from './views.ts';

/** A sign of life to each browser, so that it notices a dead connection: shorter than proxies' usual 30 to 60 s. */
const BEAT_MS = 15_000;
/** How often bounds are held: sessions that ran out, a long channel. */
const SWEEP_MS = 3_600_000;

/** Who signs in where no `people` are configured: whoever holds the link, with every role. */
export const LOCAL_PERSON: PersonView = { name: 'local', roles: ['every role'] };

/** What the console needs. */
export interface ConsoleOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: { warn(fields: Record<string, unknown>, message: string): void };
  /** Empty: {@link LOCAL_PERSON} alone. */
  readonly people: readonly PersonView[];
  /** `host:port` that is listened on. */
  readonly listen: string;
  /** Where people reach it from outside, when that is another address. https makes the cookie Secure. */
  readonly publicUrl?: string;
  readonly commands: readonly CommandView[];
  /** Names of the cluster's nodes, for completion; none where absent. */
  readonly nodes?: () => Promise<readonly string[]>;
  /** Whether other processes serve the same console. */
  readonly isShared?: boolean;
  readonly signedIn?: SignInHeard;
}

/** The embedded chat: a Chat for the outbox, pages for a browser. */
export interface ConsoleChat extends Chat {
  /** Everything under `/`, `/c/`, `/assets/` and `/api/`, for `fastify.register`. */
  readonly plugin: (app: FastifyInstance) => Promise<void>;
  /** One line a person, each with a fresh one-time URL; made anew on each call, good for one use within an hour. */
  loginLines(baseUrl: string): readonly string[];
  /** Forgets threads and all their messages (retention). */
  forget(threads: readonly MessageKey[]): Promise<void>;
  /** Blob ids of all pictures in stored messages: what a sweep of blobs must keep. */
  pictures(): Promise<ReadonlySet<string>>;
  /** How many browsers follow now. */
  readonly followers: number;
}

/** Makes the console. Nothing is served before `plugin` is registered; deliveries are stored from the first moment on. */
export function createConsole(options: ConsoleOptions): ConsoleChat {
  const { store, clock, log, listen, publicUrl, commands } = options;
  const people = options.people.length > 0 ? options.people : [LOCAL_PERSON];
  const board = new Board(store, clock);
  const feed = new Feed(store, (message, fields) => log.warn(fields, message));
  const sessions = new Sessions(store, clock, people, options.isShared);
  const stopped = new AbortController();
  let takeIn: TakeIn | undefined;

  const every = async (ms: number, act: () => unknown): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(ms, stopped.signal);
      if (!stopped.signal.aborted) await act();
    }
  };
  const sweep = async (): Promise<void> => {
    try {
      await sessions.sweep();
      await board.sweep();
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'console sweep failed, will retry');
    }
  };

  return {
    name: HOME.chat,
    home: HOME,
    pictureStyle: 'inline',
    async start(take) {
      takeIn = take;
      void every(BEAT_MS, () => feed.beat());
      void sweep().then(() => every(SWEEP_MS, sweep));
    },
    async stop() {
      takeIn = undefined;
      stopped.abort();
      feed.end();
    },
    deliver: (delivery, signal) => board.deliver(delivery, signal),
    health: () =>
      takeIn ? { state: 'up', reason: '' } : { state: 'starting', reason: 'the console is not started yet' },
    plugin: async (app) => {
      const served = { listen, ...(publicUrl === undefined ? {} : { publicUrl }) };
      // Open streams would hold the server's end up for ever.
      app.addHook('preClose', async () => feed.end());
      await app.register((scope) =>
        consoleRoutes(scope, {
          board,
          feed,
          sessions,
          store,
          clock,
          served,
          commands,
          nodes: options.nodes ?? (async () => []),
          takeIn: () => takeIn,
          signedIn: options.signedIn ?? (() => {}),
        }),
      );
    },
    loginLines: (baseUrl) =>
      people.map(
        ({ name }) => `Console for ${name}, once: ${new URL(`/c/${sessions.mint(name, 'start')}`, baseUrl).href}`,
      ),
    forget: (threads) => board.forget(threads),
    pictures: () => board.pictures(),
    get followers() {
      return feed.followers;
    },
  };
}
