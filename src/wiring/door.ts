import type { FastifyInstance } from 'fastify';
import type { Inbox } from '../alerting/inbox.ts';
import type { PartHealth } from '../commanding/command.ts';
import type { Config } from '../config/schema.ts';
import type { WebhookAuth } from '../http/auth.ts';
import { createServer } from '../http/server.ts';
import { webhookRoute } from '../http/webhook.ts';
import type { Clock } from '../lib/clock.ts';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';

/** How long /readyz relies on its last try of the store. */
const READY_MS = 2000;

/** The one HTTP server, wired and not yet listening. */
export interface Door {
  /** Opens the port; returns the URL. @throws DaytwoError failed with what to change */
  open(): Promise<string>;
  /** Never fails. */
  close(): Promise<void>;
  /** What was wrong with the store when it was tried last. */
  storeFault(): string | undefined;
}

/** `host:port` as it is listened on. Pure. */
export function listenText({ server: { listen } }: Config): string {
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}

function webhookAuth({ alertmanager }: Config): WebhookAuth {
  const { webhookToken, webhookUser, webhookPassword } = alertmanager;
  return {
    ...(webhookToken ? { bearer: webhookToken.reveal() } : {}),
    ...(webhookUser !== undefined && webhookPassword
      ? { basic: { user: webhookUser, password: webhookPassword.reveal() } }
      : {}),
  };
}

/** Builds it. `tryStore` says what is wrong with the store; `plugins` are the chats' routes. */
export async function createDoor(options: {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly inbox: Pick<Inbox, 'accept'>;
  readonly tryStore: () => Promise<string | undefined>;
  readonly health: () => readonly PartHealth[];
  readonly metrics: {
    /** Told of the status that each notification was answered with. */
    readonly webhook: (status: number) => void;
    readonly scrape: () => Promise<{ readonly type: string; readonly text: string }>;
  };
  readonly plugins: readonly ((app: FastifyInstance) => Promise<void>)[];
}): Promise<Door> {
  const { config, clock, log, inbox, tryStore, health, metrics } = options;
  let storeFault: string | undefined;
  let triedAt = 0;
  const readiness = async (): Promise<{ ready: boolean; parts: readonly PartHealth[] }> => {
    if (Math.abs(clock.now() - triedAt) >= READY_MS) {
      triedAt = clock.now();
      storeFault = await tryStore();
    }
    return { ready: storeFault === undefined, parts: health() };
  };
  const webhook = webhookRoute({
    auth: webhookAuth(config),
    accept: async (body) => {
      await inbox.accept(body).catch((error: unknown) => {
        // What could not be stored now is what /readyz tells next.
        triedAt = 0;
        throw error;
      });
    },
    answered: metrics.webhook,
    log,
  });
  const server = await createServer({
    log,
    readiness,
    metrics: metrics.scrape,
    plugins: [webhook, ...options.plugins],
  });
  const { host, port } = config.server.listen;
  return {
    open: () =>
      server.listen({ host, port }).catch((cause: unknown) => {
        throw new DaytwoError(
          'failed',
          `${listenText(config)} can't be listened on: ${messageOf(cause)}; set server.listen to another address or port`,
          { cause },
        );
      }),
    close: () =>
      server.close().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'server did not close well')),
    storeFault: () => storeFault,
  };
}
