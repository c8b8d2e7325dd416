import type { RequestBody } from './body.ts';
import type { Budgets } from './budgets.ts';
import type { EmulatedClock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Files } from './files.ts';
import type { History, StoredMessage } from './history.ts';
import type { Params } from './params.ts';
import type { Polling } from './polling.ts';
import type { Queue } from './queue.ts';
import type { Records } from './records.ts';
import type { Webhook } from './webhook.ts';
import type { Json, JsonObject, TgUser } from './wire.ts';
import type { World } from './world.ts';

/** A press of a button, and the bot's answer to it. */
export interface Press {
  readonly id: string;
  readonly at: number;
  readonly by: TgUser;
  readonly message: StoredMessage;
  readonly data: string;
  answer?: { readonly at: number; readonly text: string; readonly alert: boolean };
}

/** The bot's account on the server. */
interface Account {
  token: string;
  readonly startedAt: number;
  loggedOut: boolean;
}

/** Everything one emulator is made of. */
export interface Core {
  readonly clock: EmulatedClock;
  readonly world: World;
  readonly account: Account;
  readonly history: History;
  readonly queue: Queue;
  readonly polling: Polling;
  readonly webhook: Webhook;
  readonly budgets: Budgets;
  readonly files: Files;
  readonly faults: Faults;
  readonly records: Records;
  readonly presses: Map<string, Press>;
  /** Commands by scope and language, as {@link commandKey} names them. */
  readonly commands: Map<string, readonly JsonObject[]>;
  /** Chat actions by chat, in order. */
  readonly actions: { readonly chatId: number; readonly action: string; readonly at: number }[];
  /** How long a callback query can be answered, in emulated milliseconds. */
  readonly callbackWindowMs: number;
  /** Aborted when the emulator closes. */
  readonly signal: AbortSignal;
}

/** A method of the Bot API. Gives `result`; throws {@link ApiFailure} for an error answer. */
export type Method = (core: Core, params: Params, signal: AbortSignal) => Json | Promise<Json>;

/** Runs a method and records the call; used for HTTP requests and for answers to webhooks alike. */
export type Run = (
  name: string,
  body: RequestBody,
  via: 'http' | 'webhook-reply',
  signal: AbortSignal,
) => Promise<RunResult>;

/** What came of a call. */
export interface RunResult {
  readonly status: number;
  readonly body: JsonObject;
}

/** The key of a command list. https://core.telegram.org/bots/api#botcommandscope */
export function commandKey(scope: JsonObject | undefined, language: string): string {
  const { type = 'default', chat_id, user_id } = scope ?? {};
  return [type, chat_id, user_id, language].map((part) => (part === undefined ? '' : String(part))).join('|');
}
