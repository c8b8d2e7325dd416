import type { Telegraf } from 'telegraf';
import { type ApiFailure, failureOf, failureOfError } from './failure.ts';
import type { TgUpdate, TgUser } from './wire.ts';

/** How a call ended. */
export type ApiResult<T> = { readonly ok: true; readonly result: T } | ({ readonly ok: false } & ApiFailure);

/** A file to upload, where a parameter is one. */
export interface Upload {
  readonly source: Buffer;
  readonly filename: string;
}

/** The Bot API through telegraf. Nothing throws for what the vendor or the network does. */
export interface Api {
  /** Calls a method. Objects beside uploads must be JSON text: telegraf 4.16.3 drops `reply_parameters` from forms otherwise (measured). */
  call<T>(method: string, payload: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<ApiResult<T>>;
  /** setWebhook by itself, for telegraf writes every payload to stderr under DEBUG=telegraf*, the secret included. */
  setWebhook(payload: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<ApiResult<true>>;
  /** Hands an update to telegraf, which calls `take`. Rejects when that does. Only after {@link Api.introduce}. */
  handle(update: TgUpdate): Promise<void>;
  introduce(me: TgUser): void;
}

/** Telegram's own servers. https://core.telegram.org/bots/api#making-requests */
const OFFICIAL = 'https://api.telegram.org/';
/** A call other than a long poll ends within this time. */
const CALL_MS = 25_000;
/** Taking one update may last this long; it is the store's time. */
const TAKE_MS = 60_000;

/** Builds the client. telegraf is loaded by the first call. */
export function createApi(options: {
  readonly botToken: string;
  readonly apiRoot?: string | undefined;
  /** Receives every update; must resolve only once it is durable. */
  readonly take: (update: TgUpdate) => Promise<void>;
}): Api {
  const root = options.apiRoot ?? OFFICIAL;
  // telegraf resolves `./bot…` against it, so a path without the slash at its end would lose its last part.
  const apiRoot = root.endsWith('/') ? root : `${root}/`;
  let loading: Promise<Telegraf> | undefined;
  let me: TgUser | undefined;

  const load = async (): Promise<Telegraf> => {
    const { Telegraf } = await import('telegraf');
    const bot = new Telegraf(options.botToken, { telegram: { apiRoot, webhookReply: false }, handlerTimeout: TAKE_MS });
    bot.use((context) => options.take(context.update as TgUpdate));
    // Left to itself telegraf prints the update and sets the exit code; whoever handed it in must know.
    bot.catch((error) => {
      throw error;
    });
    return bot;
  };
  const bot = (): Promise<Telegraf> => {
    loading ??= load();
    return loading;
  };

  return {
    async call<T>(
      method: string,
      payload: Readonly<Record<string, unknown>>,
      signal: AbortSignal,
    ): Promise<ApiResult<T>> {
      if (signal.aborted) return { ok: false, is: 'not-arrived', text: 'stopped before it was sent' };
      const { telegram } = await bot();
      const bound = method === 'getUpdates' ? signal : AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]);
      const call = telegram.callApi as (name: string, payload: object, options: object) => Promise<T>;
      try {
        return { ok: true, result: await call.call(telegram, method, { ...payload }, { signal: bound }) };
      } catch (error) {
        return { ok: false, ...failureOfError(error) };
      }
    },
    async setWebhook(payload, signal) {
      try {
        const answer = await fetch(new URL(`./bot${options.botToken}/setWebhook`, apiRoot), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(payload),
          signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
        });
        if (answer.ok) return { ok: true, result: true };
        const said = (await answer.json().catch(() => ({}))) as object;
        return { ok: false, ...failureOf({ error_code: answer.status, ...said }) };
      } catch (error) {
        return { ok: false, ...failureOfError(error) };
      }
    },
    async handle(update) {
      const telegraf = await bot();
      // Set by us: telegraf would keep a failed getMe of its own for ever.
      telegraf.botInfo ??= { first_name: 'bot', ...me } as NonNullable<Telegraf['botInfo']>;
      await telegraf.handleUpdate(update as Parameters<Telegraf['handleUpdate']>[0]);
    },
    introduce: (user) => {
      me = user;
    },
  };
}
