import type { FastifyInstance } from 'fastify';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { type Obj, textAt } from './fields.ts';
import type { HandOn } from './hearing.ts';
import { signatureFault } from './signature.ts';

/** Where Slack posts to. */
export const EVENTS_PATH = '/slack/events';
/** No more is read before the signature is checked. Slack's largest payloads are views of 250 kB, which a form makes up to thrice as long. */
const BODY_BYTES = 1024 * 1024;

/** Reads a body as its content type says, parameters of the type aside; undefined where it is neither JSON nor a form. Pure. */
export function readBody(contentType: string | undefined, text: string): Obj | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  const object = (json: string): Obj | undefined => {
    try {
      const value: unknown = JSON.parse(json);
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Obj) : undefined;
    } catch {
      return undefined;
    }
  };
  if (type === 'application/json') return object(text);
  if (type !== 'application/x-www-form-urlencoded') return undefined;
  const form = new URLSearchParams(text);
  const payload = form.get('payload');
  return payload === null ? Object.fromEntries(form) : object(payload);
}

/**
 * `POST /slack/events`: signature first, over the bytes; then the payload goes the same way as one from a socket. 401 for what is not
 * Slack's, 400 for what can't be read, 503 where Slack should send it again. A replay within the five minutes is the same event, known by its id.
 */
export function eventsRoute(options: {
  readonly signingSecret: string;
  readonly now: () => number;
  readonly log: Logger;
  /** Undefined until Slack told who the bot is. */
  readonly handOn: () => HandOn | undefined;
}): (app: FastifyInstance) => Promise<void> {
  const { signingSecret, now, log } = options;
  return async (app) => {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES }, (_request, body, done) =>
        done(null, body),
      );
      scope.post(EVENTS_PATH, { bodyLimit: BODY_BYTES }, async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const header = (name: string): string | undefined => {
          const value = request.headers[name];
          return typeof value === 'string' ? value : undefined;
        };
        const fault = signatureFault({
          secret: signingSecret,
          signature: header('x-slack-signature'),
          timestamp: header('x-slack-request-timestamp'),
          body,
          now: now(),
        });
        if (fault) {
          log.warn({ chat: 'slack', fault }, 'request refused: not signed by Slack');
          return reply.code(401).send({ error: 'not signed by Slack' });
        }
        const payload = readBody(header('content-type'), body.toString('utf8'));
        if (!payload) return reply.code(400).send({ error: 'neither JSON nor a form' });
        if (payload['type'] === 'url_verification')
          return reply.send({ challenge: textAt(payload, 'challenge') ?? '' });
        if (payload['ssl_check'] !== undefined) return reply.code(200).send();
        const handOn = options.handOn();
        if (!handOn) return reply.code(503).send({ error: 'not ready yet' });
        const retry = Number(header('x-slack-retry-num'));
        let answer: unknown;
        try {
          await handOn({
            body: { ...payload },
            ack: async (response) => {
              answer = response;
            },
            ...(Number.isInteger(retry) && retry > 0
              ? { retryNum: retry, retryReason: header('x-slack-retry-reason') ?? '' }
              : {}),
          });
        } catch (error) {
          log.warn({ chat: 'slack', error: messageOf(error) }, 'event refused for now');
          return reply.code(503).send({ error: 'not stored; please send it again' });
        }
        if (answer === undefined || answer === '') return reply.code(200).send();
        return typeof answer === 'string' ? reply.type('text/plain').send(answer) : reply.send(answer);
      });
    });
  };
}
