import type { App, ReceiverEvent } from '@slack/bolt';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { clientOptions } from './api.ts';
import { failureOfError } from './failure.ts';
import type { HandOn } from './hearing.ts';
import { loadBolt } from './sdk.ts';
import type { SdkLogger } from './sdkLog.ts';

/** Two connections: Slack refreshes each every few hours, and the other hears what comes meanwhile. Up to ten are allowed. */
const CONNECTIONS = 2;
/** From the call to Slack's hello. */
const HELLO_MS = 15_000;
/** Waits between tries, doubled from the first to the longest. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** A connection that lived this long was a good one: the next try needs no wait. */
const GOOD_MS = 10_000;
/** How long stopping waits for a farewell. */
const FAREWELL_MS = 1000;

/** Keeps Socket Mode's connections open. https://docs.slack.dev/apis/events-api/using-socket-mode */
export interface Sockets {
  start(): void;
  stop(): Promise<void>;
}

/**
 * Builds them. The SDK's own reconnecting is off: it waits five seconds after each refresh, gives up on the first network error, and
 * then rejects a promise that nobody holds, which ends the process (socket-mode 3.1).
 */
export function createSockets(options: {
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly handOn: HandOn;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sdk: SdkLogger;
  /** How many connections are open, and why there is none where a try failed. */
  readonly changed: (open: number, problem: string | undefined) => void;
}): Sockets {
  const { clock, log, sdk, handOn, changed } = options;
  const stopping = new AbortController();
  const running: Promise<void>[] = [];
  let open = 0;

  /** One connection from its opening to its end. Throws where it can't be opened. */
  async function connection(): Promise<void> {
    const { SocketModeReceiver } = loadBolt();
    const receiver = new SocketModeReceiver({
      appToken: options.appToken,
      autoReconnectEnabled: false,
      logger: sdk,
      installerOptions: { clientOptions: clientOptions(options.apiUrl, sdk) },
    });
    // All that a receiver asks of its app.
    receiver.init({ processEvent: (event: ReceiverEvent) => handOn(event) } as unknown as App);
    const gone = Promise.withResolvers<void>();
    const over = new AbortController();
    const leave = (): void => {
      receiver.client.disconnect().then(gone.resolve, gone.resolve);
    };
    stopping.signal.addEventListener('abort', leave, { once: true });
    const begun = receiver.start();
    try {
      const late = clock.sleep(HELLO_MS, over.signal).then(() => Promise.reject(new Error('no hello')));
      await Promise.race([begun, late]);
      over.abort();
      stopping.signal.throwIfAborted();
      receiver.client.once('disconnected', gone.resolve);
      open += 1;
      changed(open, undefined);
      try {
        await gone.promise;
      } finally {
        open -= 1;
      }
    } catch (error) {
      if (!stopping.signal.aborted) leave();
      // Leaving does nothing to what is only being asked for: it opens all the same, and would hear what nobody takes (socket-mode 3.1).
      const closed = begun.then(
        () => receiver.client.disconnect(),
        () => {},
      );
      if (stopping.signal.aborted) await closed;
      throw error;
    } finally {
      over.abort();
      stopping.signal.removeEventListener('abort', leave);
    }
  }

  async function keep(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const began = clock.now();
      let restMs = 0;
      try {
        await connection();
        if (!stopping.signal.aborted) log.info({ chat: 'slack', open }, 'connection ended, opening another');
        failures = clock.now() - began >= GOOD_MS ? 0 : failures + 1;
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures += 1;
        const failure = failureOfError(error);
        restMs = failure.retryAfterMs ?? 0;
        changed(open, problemOf(failure.code, failure.text));
      }
      if (failures === 0) continue;
      await clock.sleep(
        Math.max(restMs, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1))),
        stopping.signal,
      );
    }
  }

  return {
    start: () => {
      for (let at = 0; at < CONNECTIONS; at += 1) running.push(keep());
    },
    stop: async () => {
      const over = new AbortController();
      stopping.abort();
      await Promise.race([Promise.all(running), clock.sleep(FAREWELL_MS, over.signal)]);
      over.abort();
    },
  };
}

/** What is wrong with the connections, and what to do. https://docs.slack.dev/reference/methods/apps.connections.open#errors. Pure. */
export function problemOf(code: string, text: string): string {
  switch (code) {
    case 'invalid_auth':
    case 'not_authed':
    case 'token_revoked':
    case 'account_inactive':
    case 'not_allowed_token_type':
      return `Slack does not take the app token (${code}): make an app-level token (xapp-…) with the scope connections:write and put it into chats.slack.appToken`;
    case 'missing_scope':
      return 'the app token lacks the scope connections:write: make another under Basic Information, App-Level Tokens';
    case 'socket_mode_not_enabled':
    case 'link_disabled':
      return `Socket Mode is off (${code}): turn it on in the app’s settings, or use chats.slack.mode: http`;
    default:
      return `no events come in: ${text}`;
  }
}
