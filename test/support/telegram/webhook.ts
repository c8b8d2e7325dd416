import type { Clock } from '../../../src/lib/clock.ts';
import { parseBody, type RequestBody } from './body.ts';
import type { Run } from './core.ts';
import { badRequest } from './failure.ts';
import type { Faults } from './faults.ts';
import {
  UPDATE_KEPT_MS,
  WEBHOOK_CONNECTIONS_DEFAULT,
  WEBHOOK_PORTS,
  WEBHOOK_RETRY_AFTER_MAX_MS,
  WEBHOOK_RETRY_MAX_MS,
} from './limits.ts';
import { type Pending, type Queue, updateObject } from './queue.ts';
import type { Records } from './records.ts';
import type { JsonObject } from './wire.ts';

/** Where webhooks may go, as the emulator reaches nothing but this machine. */
export interface WebhookRoute {
  /** Takes `http://127.0.0.1:…` as a URL, which the server would refuse. */
  readonly loopback?: boolean;
  /** Takes any https URL and delivers its path here (`http://127.0.0.1:8080`), as a TLS proxy before the bot would. */
  readonly proxy?: string;
}

/** What setWebhook asked for. */
export interface WebhookSettings {
  readonly url: string;
  readonly secretToken: string;
  readonly maxConnections: number;
  readonly ipAddress: string;
}

/** Real milliseconds that a delivery may take; the vendor's minute would outlive a test. */
const DELIVERY_TIMEOUT_MS = 10_000;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/;
/** Methods that an answer to a webhook can't carry. https://github.com/tdlib/telegram-bot-api (WebhookActor::handle) */
const NOT_IN_ANSWERS = /^(get.*|setwebhook|deletewebhook|close|logout)$/i;

/** Delivers updates by POST. https://core.telegram.org/bots/api#setwebhook */
export class Webhook {
  readonly #clock: Clock;
  readonly #queue: Queue;
  readonly #faults: Faults;
  readonly #records: Records;
  readonly #route: WebhookRoute;
  readonly #run: Run;
  readonly #signal: AbortSignal;
  readonly #busy = new Set<string>();
  #timer: AbortController | undefined;
  #settings: WebhookSettings | undefined;
  #lastError: { at: number; message: string } | undefined;

  constructor(parts: {
    clock: Clock;
    queue: Queue;
    faults: Faults;
    records: Records;
    route: WebhookRoute;
    run: Run;
    signal: AbortSignal;
  }) {
    this.#clock = parts.clock;
    this.#queue = parts.queue;
    this.#faults = parts.faults;
    this.#records = parts.records;
    this.#route = parts.route;
    this.#run = parts.run;
    this.#signal = parts.signal;
    this.#queue.onPush(() => this.#pump());
  }

  /** The webhook that is set. */
  get settings(): WebhookSettings | undefined {
    return this.#settings;
  }

  /** Sets it, checked as the server does. Throws 400 "bad webhook: …". */
  set(settings: WebhookSettings): void {
    if (!URL.canParse(settings.url)) throw badRequest('invalid webhook URL specified');
    const url = new URL(settings.url);
    const loopback = this.#route.loopback === true && LOOPBACK.test(settings.url);
    if (!loopback) {
      if (url.protocol !== 'https:') throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
      if (!WEBHOOK_PORTS.includes(url.port)) {
        throw badRequest('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443');
      }
      if (this.#route.proxy === undefined) {
        throw badRequest('bad webhook: Failed to resolve host: Name or service not known');
      }
    }
    this.#settings = settings;
    this.#lastError = undefined;
    for (const update of this.#queue.pending()) update.dueAt = this.#clock.now();
    this.#pump();
  }

  /** Removes it. */
  remove(): void {
    this.#settings = undefined;
    this.#lastError = undefined;
  }

  /** https://core.telegram.org/bots/api#webhookinfo */
  info(): JsonObject {
    const settings = this.#settings;
    const allowed = this.#queue.allowed;
    return {
      url: settings?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: this.#queue.pending().length,
      ...(settings === undefined ? {} : { max_connections: settings.maxConnections || WEBHOOK_CONNECTIONS_DEFAULT }),
      ...(settings?.ipAddress ? { ip_address: settings.ipAddress } : {}),
      ...(this.#lastError === undefined
        ? {}
        : { last_error_date: Math.floor(this.#lastError.at / 1000), last_error_message: this.#lastError.message }),
      ...(allowed.length === 0 ? {} : { allowed_updates: allowed }),
    };
  }

  /** Starts what is due: one update a lane at a time, as many lanes as connections are allowed. */
  #pump(): void {
    const settings = this.#settings;
    if (settings === undefined || this.#signal.aborted) return;
    const heads = new Map<string, Pending>();
    for (const update of this.#queue.pending()) {
      if (!heads.has(update.lane) || this.#faults.ofUpdate('reorder-updates', update.id))
        heads.set(update.lane, update);
    }
    const later: number[] = [];
    for (const [lane, update] of heads) {
      if (this.#busy.has(lane) || this.#busy.size >= settings.maxConnections) continue;
      if (update.dueAt > this.#clock.now()) later.push(update.dueAt);
      else void this.#deliver(lane, update, settings);
    }
    if (later.length > 0) void this.#wake(Math.min(...later));
  }

  async #wake(at: number): Promise<void> {
    this.#timer?.abort();
    const timer = new AbortController();
    this.#timer = timer;
    await this.#clock.sleep(at - this.#clock.now(), AbortSignal.any([timer.signal, this.#signal]));
    if (!timer.signal.aborted) this.#pump();
  }

  async #deliver(lane: string, update: Pending, settings: WebhookSettings): Promise<void> {
    this.#busy.add(lane);
    const copies = this.#faults.ofUpdate('duplicate-update', update.id) && update.failures === 0 ? 2 : 1;
    let failed: { message: string; afterMs: number } | undefined;
    for (let copy = 0; copy < copies && failed === undefined; copy++) failed = await this.#post(update, settings);
    if (failed === undefined) this.#queue.remove(update.id);
    else this.#retry(update, failed);
    this.#busy.delete(lane);
    this.#pump();
  }

  /** One POST. Gives what failed, and the pause that the bot asked for in milliseconds. */
  async #post(update: Pending, settings: WebhookSettings): Promise<{ message: string; afterMs: number } | undefined> {
    const url = new URL(settings.url);
    const target = this.#route.proxy === undefined ? url : new URL(url.pathname + url.search, this.#route.proxy);
    try {
      const response = await fetch(target, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json',
          ...(settings.secretToken === '' ? {} : { 'X-Telegram-Bot-Api-Secret-Token': settings.secretToken }),
        },
        body: JSON.stringify(updateObject(update)),
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]),
      });
      const body = Buffer.from(await response.arrayBuffer());
      if (response.ok) {
        await this.#answered(body, response.headers.get('content-type') ?? '');
        return undefined;
      }
      const after = Number(response.headers.get('retry-after') ?? 0) * 1000;
      const message = `Wrong response from the webhook: ${response.status} ${response.statusText}`;
      return { message, afterMs: Math.min(after || 0, WEBHOOK_RETRY_AFTER_MAX_MS) };
    } catch {
      return { message: 'Webhook connection closed', afterMs: 0 };
    }
  }

  /** The first retry comes at once, then the pause doubles. */
  #retry(update: Pending, { message, afterMs }: { message: string; afterMs: number }): void {
    const now = this.#clock.now();
    this.#lastError = { at: now, message };
    const backoffMs = update.failures === 0 ? 0 : Math.min(WEBHOOK_RETRY_MAX_MS, 2 ** update.failures * 1000);
    update.failures++;
    update.dueAt = now + (afterMs || backoffMs);
    if (update.dueAt > update.at + UPDATE_KEPT_MS) this.#queue.remove(update.id);
  }

  /** Runs the method that the bot's answer carries. https://core.telegram.org/bots/api#making-requests-when-getting-updates */
  async #answered(body: Buffer, contentType: string): Promise<void> {
    const type = contentType.split(';')[0]?.trim();
    if (
      body.length === 0 ||
      !['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'].includes(type ?? '')
    ) {
      return;
    }
    let parsed: RequestBody;
    try {
      parsed = parseBody(body, contentType, new URLSearchParams());
    } catch {
      return;
    }
    const method = parsed.values.get('method');
    if (typeof method !== 'string' || method === '') return;
    if (NOT_IN_ANSWERS.test(method)) {
      const detail = `${method} in the answer to a webhook is ignored`;
      this.#records.violations.push({ at: this.#clock.now(), method, kind: 'bad-request-shape', detail });
      return;
    }
    await this.#run(method, parsed, 'webhook-reply', this.#signal);
  }
}
