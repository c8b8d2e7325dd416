import { createHmac } from 'node:crypto';
import { stringify } from 'node:querystring';
import type { Obj } from '../value.ts';
import type { World } from '../world.ts';
import type { Attempt, DeliveryKind, Retry, Transport } from './transport.ts';

/** How a request differs from an honest one. */
interface Tampering {
  /** Added to the timestamp, in seconds: negative is stale, positive is from the future. */
  readonly timestampOffsetSeconds?: number;
  readonly signature?: 'good' | 'bad' | 'missing';
  /** Replaces the content type. */
  readonly contentType?: string;
  /** Pads the body with white space (JSON) or an extra field (forms) up to this many bytes. */
  readonly padToBytes?: number;
  /** Sends this body instead. */
  readonly body?: string;
}

/** An answer of the app's request URL. */
interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
  /** On the machine's clock, milliseconds. */
  readonly tookMs: number;
}

/** Slack's side of HTTP mode. */
export interface HttpDelivery extends Transport {
  /** One request, tampered with as told; rejects when the connection fails or 3 s pass. */
  send(kind: DeliveryKind, payload: Obj, tampering?: Tampering, retry?: Retry): Promise<HttpAnswer>;
  /** The url_verification handshake: true when the challenge came back. https://docs.slack.dev/reference/events/url_verification */
  verifyUrl(): Promise<boolean>;
}

/** `v0=` and the HMAC-SHA256 of `v0:timestamp:body`. https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

/** Delivers to one request URL, as Slack does with events, commands and interactions set to the same one. */
export function createHttpDelivery(options: {
  readonly world: World;
  readonly url: string;
  readonly ackMs: number;
  readonly signal: AbortSignal;
}): HttpDelivery {
  const { world, url, ackMs } = options;

  const send: HttpDelivery['send'] = async (kind, payload, tampering = {}, retry) => {
    const body = padded(kind, tampering.body ?? encode(kind, payload), tampering.padToBytes ?? 0);
    const timestamp = Math.floor(world.deadlineNow() / 1_000) + (tampering.timestampOffsetSeconds ?? 0);
    const secret = tampering.signature === 'bad' ? 'another-secret' : world.seed.app.signingSecret;
    const signed =
      tampering.signature === 'missing' ? {} : { 'x-slack-signature': signatureOf(secret, timestamp, body) };
    const started = performance.now();
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type':
          tampering.contentType ?? (kind === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded'),
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': String(timestamp),
        ...signed,
        ...(retry ? { 'x-slack-retry-num': String(retry.num), 'x-slack-retry-reason': retry.reason } : {}),
      },
      body,
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(ackMs)]),
    });
    const text = await response.text();
    return { status: response.status, body: text, headers: response.headers, tookMs: performance.now() - started };
  };

  return {
    send,
    ready: () => Promise.resolve(),
    verifyUrl: async () => {
      const challenge = world.ids.next('challenge');
      const { status, body } = await send('events_api', {
        token: world.seed.app.verificationToken,
        challenge,
        type: 'url_verification',
      });
      return status === 200 && body.includes(challenge);
    },
    attempt: async (kind, payload, retry): Promise<Attempt> => {
      const started = performance.now();
      try {
        const answer = await send(kind, payload, {}, retry);
        const { tookMs } = answer;
        const noRetry = answer.headers.get('x-slack-no-retry') === '1';
        const good = kind === 'events_api' ? answer.status >= 200 && answer.status < 300 : answer.status === 200;
        if (!good) return { is: 'failed', reason: 'http_error', detail: `HTTP ${answer.status}`, tookMs, noRetry };
        return { is: 'acked', body: decoded(answer.body), tookMs };
      } catch (error) {
        const late = error instanceof Error && error.name === 'TimeoutError';
        const reason = late ? 'http_timeout' : 'connection_failed';
        return { is: 'failed', reason, detail: String(error), tookMs: performance.now() - started, noRetry: false };
      }
    },
  };
}

function encode(kind: DeliveryKind, payload: Obj): string {
  if (kind === 'events_api') return JSON.stringify(payload);
  if (kind === 'interactive') return stringify({ payload: JSON.stringify(payload) });
  return stringify(Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)])));
}

function padded(kind: DeliveryKind, body: string, bytes: number): string {
  const missing = bytes - Buffer.byteLength(body);
  if (missing <= 0) return body;
  return kind === 'events_api' ? body + ' '.repeat(missing) : `${body}&padding=${'x'.repeat(missing)}`;
}

function decoded(body: string): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return { text: body };
  }
}
