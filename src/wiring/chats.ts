import type { FastifyInstance } from 'fastify';
import type { Target } from '../alerting/desk.ts';
import { HOME as CONSOLE } from '../chat/console/model.ts';
import type { Card } from '../chat/message.ts';
import { mentionIn, personOf } from '../chat/people.ts';
import type { Chat, Identity, MessageKey, Unreached } from '../chat/port.ts';
import type { Command } from '../commanding/command.ts';
import type { Config } from '../config/schema.ts';
import type { Secret } from '../config/secret.ts';
import { createUntold } from '../gate/untold.ts';
import type { Clock } from '../lib/clock.ts';
import { DaytwoError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { AskMembers } from '../oncall/usergroup.ts';
import type { Claims } from '../store/claims.ts';
import type { Store } from '../store/port.ts';
import { leadOf } from './duties.ts';

/** A chat with the routes it needs, if any. */
export type WiredChat = Chat & {
  readonly plugin?: (app: FastifyInstance) => Promise<void>;
  /** Forgets what it keeps of threads (retention). */
  forget?(threads: readonly MessageKey[]): Promise<void>;
  /** Who is in a user group of the vendor's. */
  readonly members?: AskMembers;
};

/** What vendors' chats are built of. */
export interface ChatParts {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly commands: readonly Command[];
  /** Who polls Telegram, where several processes could. */
  readonly claims: Claims;
  /** What a person sees in Slack's Home tab. */
  readonly homeTab: (identity: Identity) => Promise<readonly Card[]>;
}

/** A secret that loading has made sure of. @throws DaytwoError invalid */
export function revealed(secret: Secret | undefined, path: string): string {
  if (secret) return secret.reveal();
  throw new DaytwoError('invalid', `${path} is missing`);
}

/** Builds the chats of vendors that the configuration names. A chat that isn't named is not even loaded. */
export async function createVendorChats({
  config,
  store,
  clock,
  log,
  commands,
  claims,
  homeTab,
}: ChatParts): Promise<readonly WiredChat[]> {
  const { slack, telegram } = config.chats;
  const { publicUrl } = config.server;
  const words = commands.map(({ name, usage, summary }) => ({ name, usage, summary }));
  const shared = { store, clock, log, commands: words, publicUrl, getBlob: (id: string) => store.getBlob(id) };
  const asks = (identity: Identity): boolean => personOf(config.people, identity) !== undefined;
  const targets: Target[] = config.chats.console.enabled
    ? [{ conversation: CONSOLE, bounded: false, pictures: 'inline' }]
    : [];
  const untold = createUntold({ store, clock, log, people: config.people, targets });
  const unreached: Unreached = (where, message, reason) => void untold(where, message, reason);
  const chats: WiredChat[] = [];
  if (slack) {
    const { createSlack } = await import('../chat/slack/slack.ts');
    chats.push(
      createSlack({
        ...shared,
        channel: slack.channel,
        botToken: revealed(slack.botToken, 'chats.slack.botToken'),
        mode:
          slack.mode === 'socket'
            ? { socket: { appToken: revealed(slack.appToken, 'chats.slack.appToken') } }
            : { http: { signingSecret: revealed(slack.signingSecret, 'chats.slack.signingSecret') } },
        apiUrl: slack.apiUrl,
        homeTab,
        asks,
        unreached,
        mention: mentionIn(config.people, 'slack'),
      }),
    );
  }
  if (telegram) {
    const { createTelegram } = await import('../chat/telegram/telegram.ts');
    chats.push(
      createTelegram({
        ...shared,
        chatId: telegram.chatId,
        botToken: revealed(telegram.botToken, 'chats.telegram.botToken'),
        mode:
          telegram.mode === 'polling' || publicUrl === undefined
            ? 'polling'
            : { webhook: { publicUrl, secretToken: revealed(telegram.secretToken, 'chats.telegram.secretToken') } },
        apiRoot: telegram.apiRoot,
        lead: leadOf('telegram', claims),
        asks,
        unreached,
        mention: mentionIn(config.people, 'telegram'),
      }),
    );
  }
  for (const { home, pictureStyle } of chats)
    targets.push({ conversation: home, bounded: true, pictures: pictureStyle });
  return chats;
}
