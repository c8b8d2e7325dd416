import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Courier, createCourier } from '../../../src/chat/courier.ts';
import { inboundEvents } from '../../../src/chat/inbound.ts';
import type { Card } from '../../../src/chat/message.ts';
import { lanes, outbox, posted, say } from '../../../src/chat/outbox.ts';
import type { Delivery, DeliveryOutcome, InboundEvent, TakeIn } from '../../../src/chat/port.ts';
import { TELEGRAM_COLLECTIONS } from '../../../src/chat/telegram/model.ts';
import { createTelegram, type TelegramChat, type TelegramOptions } from '../../../src/chat/telegram/telegram.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { messageOf } from '../../../src/lib/errors.ts';
import type { Logger } from '../../../src/lib/log.ts';
import { openLowdbStore } from '../../../src/store/lowdb/store.ts';
import type { Store } from '../../../src/store/port.ts';
import {
  type TelegramOptions as EmulatorOptions,
  startTelegram,
  type TelegramEmulator,
} from '../../support/telegram/telegram.ts';

/** The words of the menu in these tests. */
export const COMMANDS = ['help', 'status', 'incidents', 'ack', 'silence', 'drain'].map((name) => ({
  name,
  usage: `/${name}`,
  summary: `What ${name} does.`,
}));

/** A card of one line. */
export const card = (title: string, rest: Partial<Card> = {}): Card => ({
  tone: 'info',
  title,
  blocks: [],
  buttons: [],
  ...rest,
});

/** A delivery of a new message to the conversation. */
export const post = (conversation: string, message: string, given: Card, rest: Partial<Delivery> = {}): Delivery => ({
  id: `delivery-${message}`,
  do: 'post',
  conversation: { chat: 'telegram', id: conversation },
  message,
  card: given,
  tries: 0,
  ambiguous: false,
  urgent: true,
  ...rest,
});

/** One line that was logged. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** Stops what a rig started. */
type End = () => Promise<unknown>;

/** A bench for one chat: emulator, real store, what was taken in. */
export interface Rig {
  readonly tg: TelegramEmulator;
  readonly dir: string;
  store: Store;
  readonly log: LogLine[];
  readonly taken: InboundEvent[];
  readonly takeIn: TakeIn;
  /** A chat on this bench; ended with it. */
  chat(options: Partial<TelegramOptions> & { readonly chatId: string }): TelegramChat;
  /** The same, started and connected. */
  started(options: Partial<TelegramOptions> & { readonly chatId: string }): Promise<TelegramChat>;
  courier(chat: TelegramChat): Promise<Courier>;
  say(conversation: string, ...sayings: Parameters<typeof say>[1][]): Promise<void>;
  reopen(): Promise<void>;
  until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs?: number): Promise<void>;
  deliver(chat: TelegramChat, delivery: Delivery): Promise<DeliveryOutcome>;
  onEnd(end: End): void;
  end(): Promise<void>;
}

const COLLECTIONS = [inboundEvents, outbox, lanes, posted, ...TELEGRAM_COLLECTIONS];

/** Sets a bench up. `end` stops everything on it. */
export async function rig(options: EmulatorOptions = {}): Promise<Rig> {
  const tg = await startTelegram(options);
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-telegram-'));
  const lines: LogLine[] = [];
  const write = (level: LogLine['level']) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, fields, message });
  const log: Logger = { info: write('info'), warn: write('warn'), error: write('error') };
  const open = (): Promise<Store> =>
    openLowdbStore({
      dir,
      collections: COLLECTIONS,
      now: tg.clock.now,
      warn: (message, fields) => log.warn(fields, message),
    });
  const ends: End[] = [];
  const taken: InboundEvent[] = [];
  const made: Rig = {
    tg,
    dir,
    store: await open(),
    log: lines,
    taken,
    takeIn: async (event) => {
      if (!taken.some(({ id }) => id === event.id)) taken.push(event);
    },
    chat(given) {
      const chat = createTelegram({
        botToken: tg.token,
        mode: 'polling',
        apiRoot: tg.apiRoot,
        store: made.store,
        clock: tg.clock,
        log,
        commands: COMMANDS,
        getBlob: (id) => made.store.getBlob(id),
        ...given,
      });
      ends.push(() => chat.stop());
      return chat;
    },
    async started(given) {
      const chat = made.chat(given);
      await chat.start(made.takeIn);
      await made.until('the chat is up', () => chat.health().state !== 'starting');
      return chat;
    },
    async courier(chat) {
      const nothing = (): void => {};
      const meter = { delivered: nothing, dropped: nothing, retried: nothing };
      const courier = createCourier({
        store: made.store,
        chats: [chat],
        clock: tg.clock,
        log,
        meter,
        redact: (text) => text,
      });
      ends.push(() => courier.stop());
      await courier.start();
      return courier;
    },
    async say(conversation, ...sayings) {
      const to = [{ chat: 'telegram', id: conversation }] as const;
      await made.store.commit(sayings.flatMap((saying) => say(to, saying, tg.clock.now())));
    },
    async reopen() {
      await made.store.close();
      made.store = await open();
    },
    async until(what, holds, timeoutMs = 8000) {
      const end = Date.now() + timeoutMs;
      while (!(await holds())) {
        if (Date.now() > end)
          throw new Error(
            `waited in vain until ${what}\n${lines
              .map((line) => JSON.stringify(line))
              .slice(-15)
              .join('\n')}`,
          );
        await systemClock.sleep(3);
      }
    },
    deliver: (chat, delivery) => chat.deliver(delivery, AbortSignal.timeout(10_000)),
    onEnd: (end) => void ends.push(end),
    async end() {
      for (const end of ends.reverse()) await end().catch((error: unknown) => console.warn(messageOf(error)));
      await made.store.close();
      await tg.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return made;
}
