import type { FastifyInstance } from 'fastify';
import { parseWebhook } from '../alerting/webhook.ts';
import { DaytwoError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { authorized, type WebhookAuth } from './auth.ts';

/** The largest body that is read, in bytes. Beyond it nothing can be done with a group; Alertmanager's `max_alerts` bounds it. */
const BODY_BYTES = 32 * 1024 * 1024;
/** When a sender should come back, in seconds. Alertmanager retries by its own schedule; proxies and others read it. */
const RETRY_AFTER_S = 5;

/** What the door of the webhook needs. */
export interface WebhookDoor {
  readonly auth: WebhookAuth;
  /** Makes a body durable. @throws DaytwoError overloaded | store-unavailable */
  readonly accept: (body: string) => Promise<void>;
  readonly answered: (status: number) => void;
  readonly log: Logger;
}

/**
 * `POST /webhooks/alertmanager`: 200 once the notification is durable; 400 with the JSON path for what is malformed; 401; 503 with
 * Retry-After when it can't be stored now. Alertmanager tries again after 5xx and network errors only, so nothing that could
 * succeed later is a 4xx. Source: prometheus/alertmanager `notify/util.go`, Retrier.Check.
 */
export function webhookRoute(door: WebhookDoor): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    app.addHook('onRequest', async (request, reply) => {
      if (authorized(door.auth, request.headers.authorization)) return;
      await reply.code(401).header('www-authenticate', 'Bearer').send({
        error: 'unauthorized: set the receiver’s http_config.authorization.credentials to alertmanager.webhookToken',
      });
    });
    app.setErrorHandler(async (error, _request, reply) => {
      if ((error as { code?: string }).code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error;
      door.log.error({}, 'notification over 32 MiB refused; set max_alerts in Alertmanager’s webhook_config');
      await reply
        .code(413)
        .send({ error: 'the notification is over 32 MiB; set max_alerts in Alertmanager’s webhook_config' });
    });
    app.addHook('onResponse', async (_request, reply) => door.answered(reply.statusCode));
    app.post('/webhooks/alertmanager', { bodyLimit: BODY_BYTES }, async (request, reply) => {
      const text = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
      const parsed = parseWebhook(text);
      if ('malformed' in parsed) {
        const { path, message } = parsed.malformed;
        door.log.warn({ path, reason: message }, 'malformed webhook refused');
        return reply.code(400).send({ error: `${path}: ${message}` });
      }
      try {
        await door.accept(text);
      } catch (error) {
        if (!(error instanceof DaytwoError)) throw error;
        door.log.warn({ code: error.code, reason: error.message }, 'webhook refused for now');
        return reply.code(503).header('retry-after', String(RETRY_AFTER_S)).send({ error: error.message });
      }
      return reply.code(200).send({ status: 'stored' });
    });
  };
}
