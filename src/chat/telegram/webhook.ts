import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { isUpdate, type TgUpdate } from './wire.ts';

/** Where Telegram posts updates. */
export const WEBHOOK_PATH = '/telegram/webhook';
/** The header in which the secret comes back. https://core.telegram.org/bots/api#setwebhook */
const SECRET_HEADER = 'x-telegram-bot-api-secret-token';
/** Bytes of an update that are read: a message is 4 KiB of text, and quotes another. */
const BODY_MAX_BYTES = 512 * 1024;
/** Seconds until Telegram should try again. It repeats by itself as well. */
const RETRY_AFTER_SECONDS = 3;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * `POST /telegram/webhook`: 401 without the secret (compared in constant time, before the body is read), 200 with an empty body once the
 * update is durable, 503 when it can't be stored now, 400 for what is no update. Telegram repeats whatever isn't answered with 2xx.
 */
export function webhookPlugin(options: {
  readonly secretToken: string;
  readonly log: Logger;
  /** Takes an update in; rejects when it isn't durable. */
  readonly handle: (update: TgUpdate) => Promise<void>;
}): (app: FastifyInstance) => Promise<void> {
  const secret = digest(options.secretToken);
  return async (app) => {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_MAX_BYTES }, (_request, body, done) =>
        done(null, body),
      );
      scope.addHook('onRequest', async (request, reply) => {
        const given = request.headers[SECRET_HEADER];
        if (typeof given === 'string' && timingSafeEqual(digest(given), secret)) return;
        // The body is never read, so the connection is of no further use.
        await reply.code(401).header('connection', 'close').send();
      });
      scope.post(WEBHOOK_PATH, { bodyLimit: BODY_MAX_BYTES }, async (request, reply) => {
        const update = parsed(request.body);
        if (!isUpdate(update)) return reply.code(400).send();
        try {
          await options.handle(update);
        } catch (error) {
          const fields = { chat: 'telegram', update: update.update_id, error: messageOf(error) };
          options.log.warn(fields, 'update not stored, Telegram will send it again');
          return reply.code(503).header('retry-after', String(RETRY_AFTER_SECONDS)).send();
        }
        return reply.code(200).send();
      });
    });
  };
}

function parsed(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}
