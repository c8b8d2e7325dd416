import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { clip, inertLine } from '../../lib/text.ts';
import { waitBefore } from '../waitBefore.ts';
import type { Api, ApiResult } from './api.ts';
import { ALLOWED_UPDATES, COMMAND_NAME, COMMANDS_MAX, DESCRIPTION_MAX } from './limits.ts';
import type { Places } from './places.ts';
import { HOME_REASONS, troubleOf, webhookReason } from './reasons.ts';
import type { Standing } from './standing.ts';
import type { TgChat, TgMember, TgUser } from './wire.ts';

/** A command as the menu shows it. */
export interface MenuCommand {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
}

/** Where Telegram posts updates, and the secret that comes with them. */
export interface WebhookTarget {
  readonly url: string;
  readonly secretToken: string;
}

/** What a session works with. */
export interface SessionParts {
  readonly api: Api;
  readonly places: Places;
  readonly standing: Standing;
  readonly clock: Clock;
  readonly log: Logger;
  readonly commands: readonly MenuCommand[];
  /** Telegram asked for a pause of the home chat. */
  readonly limited: (ms: number) => void;
  /** Undefined: updates are fetched. */
  readonly webhook: WebhookTarget | undefined;
}

/** How often a broken home, the webhook and what is old are looked after. */
const TEND_MS = 60_000;
const SWEEP_MS = 24 * 3_600_000;

/** The menu that Telegram shows for `/`; names that it can't take are left out. https://core.telegram.org/bots/api#botcommand. Pure. */
export function menuOf(
  commands: readonly MenuCommand[],
): readonly { readonly command: string; readonly description: string }[] {
  return commands
    .filter(({ name }) => COMMAND_NAME.test(name))
    .slice(0, COMMANDS_MAX)
    .map(({ name, summary, usage }) => ({
      command: name,
      description: clip(inertLine(summary) || inertLine(usage) || name, DESCRIPTION_MAX),
    }));
}

/** Introduces the bot, looks at its home, and looks after both as long as the process runs. */
export class Session {
  readonly #parts: SessionParts;
  #me: { readonly id: number; readonly username: string } | undefined;
  #forum = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Who the bot is; undefined before it could ask. */
  get me(): { readonly id: number; readonly username: string } | undefined {
    return this.#me;
  }

  /** Whether the home is a forum in which the bot may make topics. */
  get forum(): boolean {
    return this.#forum;
  }

  /** Connects, however often it takes; ends when it is done or stopped. */
  async connect(signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries += 1) {
      const failed = await this.#connectOnce(signal).catch((error: unknown): Failed => {
        this.#parts.log.warn({ chat: 'telegram', error: messageOf(error) }, 'chat could not connect, will retry');
        return {};
      });
      if (!failed) return;
      await this.#parts.clock.sleep(failed.retryAfterMs ?? waitBefore(tries, Math.random()), signal);
    }
  }

  async #connectOnce(signal: AbortSignal): Promise<Failed | undefined> {
    const { api, places, standing, log, commands } = this.#parts;
    await places.load();
    const who = await api.call<TgUser>('getMe', {}, signal);
    if (!who.ok) return this.#failed(who, signal);
    api.introduce(who.result);
    const route = await this.#route(signal);
    if (!route.ok) return this.#failed(route, signal);
    this.#me = { id: who.result.id, username: who.result.username ?? '' };
    standing.clear('token', 'network', 'webhook');
    const menu = await api.call('setMyCommands', { commands: menuOf(commands) }, signal);
    if (!menu.ok) log.warn({ chat: 'telegram', reason: menu.text }, 'command menu not set');
    await this.probe(signal);
    if (!signal.aborted) standing.connected();
    return undefined;
  }

  /** Says how updates come: Telegram allows one way at a time. */
  async #route(signal: AbortSignal): Promise<ApiResult<true>> {
    const { api, webhook } = this.#parts;
    if (!webhook) return api.call('deleteWebhook', { drop_pending_updates: false }, signal);
    return api.setWebhook(
      {
        url: webhook.url,
        secret_token: webhook.secretToken,
        allowed_updates: ALLOWED_UPDATES,
        drop_pending_updates: false,
      },
      signal,
    );
  }

  #failed(failure: Exclude<ApiResult<unknown>, { ok: true }>, signal: AbortSignal): Failed {
    const { standing, webhook } = this.#parts;
    if (!signal.aborted) {
      const trouble = troubleOf(failure);
      if (trouble) standing.down(trouble.trouble, trouble.reason);
      else if (failure.is !== 'limited') standing.down('webhook', webhookReason(webhook?.url ?? '', failure.text));
    }
    return failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs };
  }

  /** Looks whether the home can be used, and whether it has topics. Never throws. */
  async probe(signal: AbortSignal): Promise<void> {
    const { api, places, standing, limited } = this.#parts;
    const { home } = places;
    const found = await api.call<TgChat>('getChat', { chat_id: places.actual(home) }, signal);
    if (!found.ok) {
      const trouble = troubleOf(found);
      if (trouble) standing.down(trouble.trouble, trouble.reason);
      else if (found.is === 'limited') limited(found.retryAfterMs ?? 0);
      else standing.down('home', HOME_REASONS.gone(home.id, found.text));
      return;
    }
    const chat = found.result;
    places.resolve(String(chat.id));
    if (chat.type === 'channel') return standing.down('home', HOME_REASONS.channel(home.id));
    if (chat.type === 'private') return standing.clear('home');
    const asked = { chat_id: chat.id, user_id: this.#me?.id ?? 0 };
    const member = await api.call<TgMember>('getChatMember', asked, signal);
    if (!member.ok) {
      if (member.is === 'limited') limited(member.retryAfterMs ?? 0);
      return;
    }
    const { status, can_send_messages: maySend, can_manage_topics: mayMakeTopics } = member.result;
    this.#forum = chat.is_forum === true && status === 'administrator' && mayMakeTopics === true;
    if (status === 'left' || status === 'kicked') standing.down('home', HOME_REASONS.out(home.id));
    else if (status === 'restricted' && maySend !== true) standing.down('home', HOME_REASONS.mute(home.id));
    else standing.clear('home');
  }

  /** Looks after home, webhook and old state until stopped. */
  async tend(signal: AbortSignal): Promise<void> {
    const { clock, places, standing, log } = this.#parts;
    let sweptAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      if (clock.now() - sweptAt >= SWEEP_MS) {
        sweptAt = clock.now();
        await places
          .sweep()
          .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'old places not forgotten'));
      }
      await clock.sleep(TEND_MS, signal);
      if (signal.aborted) return;
      if (standing.has('home')) await this.probe(signal);
      await this.#checkWebhook(signal);
    }
  }

  /** Another process may have taken the webhook away, and only Telegram knows whether it reaches us. */
  async #checkWebhook(signal: AbortSignal): Promise<void> {
    const { api, standing, webhook, clock } = this.#parts;
    if (!webhook) return;
    const info = await api.call<WebhookInfo>('getWebhookInfo', {}, signal);
    if (!info.ok) {
      const trouble = troubleOf(info);
      if (trouble && !signal.aborted) standing.down(trouble.trouble, trouble.reason);
      return;
    }
    standing.clear('token', 'network');
    const { url, last_error_date: failedAt, last_error_message: why = '', pending_update_count: waiting } = info.result;
    if (url !== webhook.url) {
      const set = await this.#route(signal);
      if (!set.ok) this.#failed(set, signal);
      return;
    }
    const isFresh = failedAt !== undefined && clock.now() - failedAt * 1000 < 2 * TEND_MS;
    if (isFresh && waiting > 0) standing.down('webhook', webhookReason(webhook.url, inertLine(why)));
    else standing.clear('webhook');
  }
}

interface Failed {
  readonly retryAfterMs?: number;
}

/** https://core.telegram.org/bots/api#webhookinfo */
interface WebhookInfo {
  readonly url: string;
  readonly pending_update_count: number;
  readonly last_error_date?: number;
  readonly last_error_message?: string;
}
