import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type CourierMeter, createCourier } from '../../../src/chat/courier.ts';
import { createInbound, inboundEvents } from '../../../src/chat/inbound.ts';
import type { Card } from '../../../src/chat/message.ts';
import { lanes, outbox, posted, type Saying, say } from '../../../src/chat/outbox.ts';
import type { Conversation, InboundEvent, TakeIn } from '../../../src/chat/port.ts';
import type { SlackCommand } from '../../../src/chat/slack/manifest.ts';
import { createSlack, type SlackChat, type SlackOptions } from '../../../src/chat/slack/slack.ts';
import { SLACK_COLLECTIONS } from '../../../src/chat/slack/threads.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/lib/log.ts';
import { openLowdbStore } from '../../../src/store/lowdb/store.ts';
import type { Store } from '../../../src/store/port.ts';
import { type SlackOptions as EmulatorOptions, type SlackEmulator, startSlack } from '../../support/slack/index.ts';

/** The channel of the incidents. */
export const HOME = 'C0OPS';
export const home: Conversation = { chat: 'slack', id: HOME };

export const COMMANDS: readonly SlackCommand[] = [
  { name: 'drain', usage: '/drain NODE', summary: 'Plans a drain of a node.' },
  { name: 'status', usage: '/status', summary: 'Says how everything is.' },
];

export const quietMeter: CourierMeter = { delivered: () => {}, dropped: () => {}, retried: () => {} };

/** A log that is kept. */
export function keptLog(): Logger & {
  readonly lines: { level: string; fields: Record<string, unknown>; message: string }[];
} {
  const lines: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

/** Opens a store in a folder. */
export function openStore(dir: string, clock: Clock = systemClock): Promise<Store> {
  return openLowdbStore({
    dir,
    collections: [outbox, lanes, posted, inboundEvents, ...SLACK_COLLECTIONS],
    now: clock.now,
    warn: () => {},
  });
}

/** A chat against an emulated Slack, with what carries messages out and takes events in. */
export interface Night {
  readonly slack: SlackEmulator;
  readonly chat: SlackChat;
  readonly store: Store;
  readonly log: ReturnType<typeof keptLog>;
  /** What was taken in. */
  readonly heard: InboundEvent[];
  say(...sayings: readonly (Partial<Saying> & Pick<Saying, 'message'>)[]): Promise<void>;
  /** Resolves when the outbox is empty. */
  delivered(timeoutMs?: number): Promise<void>;
  up(): Promise<void>;
}

const running: (() => Promise<void>)[] = [];

/** Ends every night that a test began. */
export async function endNights(): Promise<void> {
  for (const end of running.splice(0).reverse()) await end();
}

/** A card of one line. */
export function cardOf(title: string, change: Partial<Card> = {}): Card {
  return { tone: 'critical', title, blocks: [{ kind: 'text', text: `${title} fires` }], buttons: [], ...change };
}

/** A saying with what a root message needs. */
export function saying(one: Partial<Saying> & Pick<Saying, 'message'>): Saying {
  return { do: 'post', root: one.message.split('/')[0] ?? one.message, card: cardOf(one.message), ...one };
}

/** Begins a night: emulator, store, chat, courier, inbound. */
export async function night(
  options: {
    readonly emulator?: EmulatorOptions;
    readonly clock?: Clock;
    readonly chat?: Partial<SlackOptions> | ((slack: SlackEmulator) => Partial<SlackOptions>);
    readonly takeIn?: (real: TakeIn) => TakeIn;
    readonly start?: boolean;
  } = {},
): Promise<Night> {
  const clock = options.clock ?? systemClock;
  const slack = await startSlack(options.emulator ?? {});
  const dir = mkdtempSync(join(tmpdir(), 'daytwo-slack-'));
  const store = await openStore(dir, clock);
  const log = keptLog();
  const chat = createSlack({
    channel: HOME,
    botToken: slack.botToken,
    mode: { socket: { appToken: slack.appToken } },
    apiUrl: slack.apiUrl,
    store,
    clock,
    log,
    commands: COMMANDS,
    getBlob: (id) => store.getBlob(id),
    ...(typeof options.chat === 'function' ? options.chat(slack) : options.chat),
  });
  const heard: InboundEvent[] = [];
  const inbound = createInbound({
    store,
    clock,
    log,
    handle: async (event) => {
      heard.push(event);
      return [];
    },
  });
  const courier = createCourier({
    store,
    chats: [chat],
    clock,
    log,
    redact: (text) => text,
    meter: quietMeter,
    random: () => 0,
  });
  running.push(async () => {
    await inbound.stop();
    await courier.stop();
    await chat.stop();
    await store.close();
    await slack.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  inbound.start();
  if (options.start !== false) await chat.start((options.takeIn ?? ((real) => real))(inbound.takeIn));
  await courier.start();
  return {
    slack,
    chat,
    store,
    log,
    heard,
    say: async (...sayings) => {
      for (const one of sayings) await store.commit(say([home], saying(one), clock.now()));
    },
    delivered: (timeout = 15_000) =>
      vi.waitFor(
        async () => {
          if ((await store.count(outbox)) > 0) throw new Error('messages wait');
        },
        { timeout, interval: 20 },
      ),
    up: () =>
      vi.waitFor(
        () => {
          const { state, reason } = chat.health();
          if (state !== 'up') throw new Error(`${state}: ${reason}`);
        },
        { timeout: 10_000, interval: 20 },
      ),
  };
}
