import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { Actor } from './actor.ts';
import { Admin } from './admin.ts';
import { Budgets } from './budgets.ts';
import { type EmulatedClock, emulatedClock } from './clock.ts';
import type { Core, Press } from './core.ts';
import { commandKey } from './core.ts';
import { type Fault, type FaultPlan, Faults } from './faults.ts';
import { Files } from './files.ts';
import { History, keyboardOf, type Ping, pingsOf, type StoredMessage } from './history.ts';
import { CALLBACK_ANSWER_WINDOW_MS } from './limits.ts';
import { Polling } from './polling.ts';
import { Queue } from './queue.ts';
import { type Call, type EarlyRetry, type MethodTiming, records, timings, type Violation } from './records.ts';
import { run } from './run.ts';
import { listen } from './server.ts';
import { Webhook, type WebhookRoute } from './webhook.ts';
import type { JsonObject, TgUser } from './wire.ts';
import { type Chat, type Member, newChat, type Person, type Right, type World } from './world.ts';

/** How an emulator is started. Everything has a default. */
export interface TelegramOptions {
  /** Where its time comes from; default the machine's clock. */
  readonly clock?: Clock;
  /** Milliseconds of `clock` an emulated millisecond takes; default 1. 0 = time moves by `advance` alone, nothing is slept. */
  readonly scale?: number;
  readonly faults?: FaultPlan;
  /** The bot's account. `privacy` is BotFather's default, on. */
  readonly bot?: {
    readonly id?: number;
    readonly username?: string;
    readonly token?: string;
    readonly privacy?: boolean;
  };
  /** `off` lets a test post as fast as it likes; imposed floods and faults still count. */
  readonly budgets?: 'on' | 'off';
  readonly webhooks?: WebhookRoute;
  /** A path before `/bot…`, as a gateway would have it: `/telegram`. */
  readonly prefix?: string;
  readonly callbackWindowMs?: number;
  readonly firstUpdateId?: number;
}

/** A group, supergroup or channel to make. `botRights` makes the bot an administrator. */
interface ChatOptions {
  readonly id?: number;
  readonly title?: string;
  readonly username?: string;
  readonly forum?: boolean;
  readonly members?: readonly number[];
  readonly admins?: readonly number[];
  readonly botRights?: readonly Right[];
}

/** A person, or another bot. `started`: the private chat with the bot is open. */
interface PersonOptions {
  readonly id: number;
  readonly name?: string;
  readonly username?: string;
  readonly isBot?: boolean;
  readonly started?: boolean;
}

/** The running emulator: the server's address, its people, its chats, and what the bot did. */
export interface TelegramEmulator {
  /** For telegraf's `apiRoot`; ends with a slash when there is a prefix, as telegraf needs it. */
  readonly apiRoot: string;
  readonly token: string;
  readonly bot: TgUser;
  /** The emulated time; give it to the code under test, so that both wait alike. */
  readonly clock: EmulatedClock;
  readonly admin: Admin;
  advance(ms: number): void;
  person(options: PersonOptions): Actor;
  /** The person of that id, made on first use. */
  user(id: number): Actor;
  group(options?: ChatOptions): Chat;
  supergroup(options?: ChatOptions): Chat;
  channel(options?: ChatOptions): Chat;
  /** Makes a chat (or all) answer 429 for so many seconds. */
  flood(seconds: number, chatId?: number): void;
  /** Puts a fault on the method's next call. */
  fault(method: string, fault: Fault): void;
  /** Messages of a chat in order, edits inside (`revisions`), the deleted ones too. */
  transcript(chatId: number): readonly StoredMessage[];
  /** The bot's messages of a chat that are still there. */
  sent(chatId: number): StoredMessage[];
  /** Waits until the bot has sent a message that fits; fails after `timeoutMs` real milliseconds. */
  sees(chatId: number, fits: (message: StoredMessage) => boolean, timeoutMs?: number): Promise<StoredMessage>;
  /** The bot's posts that say the same at the same place more than once, each group oldest first. */
  duplicates(chatId: number): StoredMessage[][];
  /** Everybody whom the bot called, in any chat. */
  pings(): Ping[];
  readonly violations: readonly Violation[];
  calls(method?: string): readonly Call[];
  timings(): Map<string, MethodTiming>;
  /** Calls that came before a told wait was over. */
  readonly earlyRetries: readonly EarlyRetry[];
  /** The longest wait that the bot was told, in seconds. */
  readonly longestFloodWaitSeconds: number;
  readonly presses: readonly Press[];
  readonly actions: Core['actions'];
  /** Commands that the bot registered for a scope. */
  commands(scope?: JsonObject, language?: string): readonly JsonObject[];
  /** Bytes of an uploaded photo or document. */
  file(id: string): Buffer | undefined;
  readonly pendingUpdates: number;
  /** A chat as lines of text, for a failing test's message. */
  lines(chatId: number): string[];
  close(): Promise<void>;
}

const DEFAULT_BOT_ID = 7000000001;
const DEFAULT_SECRET = 'AAEmulatedTokenThatOpensNothingAnywhere';
const POLL_REAL_MS = 5;

function core(options: TelegramOptions, signal: AbortSignal): Core {
  const clock = emulatedClock(options.clock ?? systemClock, options.scale ?? 1);
  const { id = DEFAULT_BOT_ID, username = 'daytwo_bot', token, privacy = true } = options.bot ?? {};
  const world: World = {
    bot: { id, is_bot: true, first_name: 'daytwo', username },
    privacy,
    people: new Map(),
    chats: new Map(),
  };
  const account = { token: token ?? `${id}:${DEFAULT_SECRET}`, startedAt: clock.now(), loggedOut: false };
  const queue = new Queue(clock, options.firstUpdateId ?? 870_000_001);
  const faults = new Faults(options.faults);
  const kept = records();
  const made: Core = {
    clock,
    world,
    account,
    history: new History(),
    queue,
    polling: new Polling(clock, queue, faults),
    webhook: new Webhook({
      clock,
      queue,
      faults,
      records: kept,
      route: options.webhooks ?? {},
      run: (name, body, via, stop) => run(made, { name, body, via, token: account.token, signal: stop }),
      signal,
    }),
    budgets: new Budgets(clock.now, options.budgets !== 'off', kept.earlyRetries),
    files: new Files(),
    faults,
    records: kept,
    presses: new Map(),
    commands: new Map(),
    actions: [],
    callbackWindowMs: options.callbackWindowMs ?? CALLBACK_ANSWER_WINDOW_MS,
    signal,
  };
  return made;
}

function makeChat({ world }: Core, type: Chat['type'], id: number, options: ChatOptions): Chat {
  const { admins = [], members = [], botRights, title = `The ${type}`, username, forum } = options;
  const chat = newChat(world, {
    id,
    type,
    title,
    members,
    ...(username === undefined ? {} : { username }),
    ...(forum === undefined ? {} : { forum }),
  });
  for (const admin of admins) chat.members.set(admin, { status: 'administrator', rights: new Set() });
  const bot: Member | undefined = botRights && { status: 'administrator', rights: new Set(botRights) };
  if (bot !== undefined) chat.members.set(world.bot.id, bot);
  return chat;
}

function makePerson(
  { world }: Core,
  { id, name = `User ${id}`, username, isBot = false, started = false }: PersonOptions,
): Person {
  const user = {
    id,
    is_bot: isBot,
    first_name: name,
    language_code: 'en',
    ...(username === undefined ? {} : { username }),
  };
  const person: Person = { user, started, blocked: false, deactivated: false };
  world.people.set(id, person);
  if (started) newChat(world, { id, type: 'private', title: '', members: [id] });
  return person;
}

function duplicates(sent: readonly StoredMessage[]): StoredMessage[][] {
  const groups = new Map<string, StoredMessage[]>();
  for (const message of sent) {
    const first = message.revisions[0]?.content ?? message.content;
    const { text, photo, document } = first;
    const key = JSON.stringify([
      text,
      photo?.file_unique_id,
      document?.file_unique_id,
      message.threadId,
      message.replyToId,
    ]);
    groups.set(key, [...(groups.get(key) ?? []), message]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function line(message: StoredMessage): string {
  const { content, from, replyToId, threadId, deletedAt, revisions, markup } = message;
  const who = message.byBot ? 'bot' : (from?.username ?? from?.first_name ?? 'channel');
  const place = `${threadId === undefined ? '' : ` in ${threadId}`}${replyToId === undefined ? '' : ` to #${replyToId}`}`;
  const media = `${content.photo === undefined ? '' : '[photo] '}${content.document === undefined ? '' : `[${content.document.file_name}] `}`;
  const buttons = keyboardOf(markup)?.map((row) => ` [${row.map(({ text }) => text).join('] [')}]`);
  const state = `${revisions.length === 0 ? '' : ` (edited ${revisions.length}×)`}${deletedAt === undefined ? '' : ' (deleted)'}`;
  const said = message.service === undefined ? content.text : JSON.stringify(message.service);
  return `#${message.id} ${who}${place}: ${media}${said}${buttons?.join('') ?? ''}${state}`;
}

/** Starts a Bot API server on a random loopback port. Close it when done. */
export async function startTelegram(options: TelegramOptions = {}): Promise<TelegramEmulator> {
  const stop = new AbortController();
  const made = core(options, stop.signal);
  const { world, history, records: kept, clock } = made;
  const prefix = options.prefix ?? '';
  const { server, port } = await listen(made, prefix);
  const actor = (person: Person): Actor => new Actor(made, person);
  let chats = 0;
  const nextId = (base: number): number => base - 4_200_000 - ++chats;
  const sent = (chatId: number): StoredMessage[] =>
    history
      .of(chatId)
      .filter((message) => message.byBot && message.deletedAt === undefined && message.service === undefined);
  const lines = (chatId: number): string[] => history.of(chatId).map(line);

  return {
    apiRoot: `http://127.0.0.1:${port}${prefix === '' ? '' : `${prefix}/`}`,
    get token() {
      return made.account.token;
    },
    bot: world.bot,
    clock,
    admin: new Admin(made),
    advance: (ms) => clock.advance(ms),
    person: (given) => actor(makePerson(made, given)),
    user: (id) => actor(world.people.get(id) ?? makePerson(made, { id })),
    group: (given = {}) => makeChat(made, 'group', given.id ?? nextId(0), given),
    supergroup: (given = {}) => makeChat(made, 'supergroup', given.id ?? nextId(-1_000_000_000_000), given),
    channel: (given = {}) => makeChat(made, 'channel', given.id ?? nextId(-1_000_000_000_000), given),
    flood: (seconds, chatId) => made.budgets.impose(seconds, chatId),
    fault: (method, fault) => made.faults.next(method, fault),
    transcript: (chatId) => history.of(chatId),
    sent,
    async sees(chatId, fits, timeoutMs = 5_000) {
      const until = Date.now() + timeoutMs;
      for (;;) {
        const found = sent(chatId).find(fits);
        if (found !== undefined) return found;
        if (Date.now() > until) throw new Error(`No such message in ${chatId}:\n${lines(chatId).join('\n')}`);
        await systemClock.sleep(POLL_REAL_MS);
      }
    },
    duplicates: (chatId) => duplicates(sent(chatId)),
    pings: () =>
      history.chats().flatMap((chatId) =>
        history
          .of(chatId)
          .filter(({ byBot }) => byBot)
          .flatMap(pingsOf),
      ),
    violations: kept.violations,
    calls: (method) => kept.calls.filter((call) => method === undefined || call.method === method),
    timings: () => timings(kept.calls),
    earlyRetries: kept.earlyRetries,
    get longestFloodWaitSeconds() {
      return made.budgets.longestWaitSeconds;
    },
    get presses() {
      return [...made.presses.values()];
    },
    actions: made.actions,
    commands: (scope, language = '') => made.commands.get(commandKey(scope, language)) ?? [],
    file: (id) => made.files.bytes(id),
    get pendingUpdates() {
      return made.queue.pending().length;
    },
    lines,
    async close() {
      stop.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
