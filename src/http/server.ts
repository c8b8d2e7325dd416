import type { Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';

/** A request must be complete within this time, headers sooner: a slow sender can't hold a connection for ever. */
const REQUEST_MS = 60_000;

/** Readiness as /readyz tells it: whether alerts can be taken and stored, and every part's state. */
export interface Readiness {
  readonly ready: boolean;
  readonly parts: readonly { readonly part: string; readonly state: string; readonly text: string }[];
}

/**
 * Answers what is no whole HTTP request. One that didn't come to its end in time is 503, not the usual 408: senders of notifications
 * take any 4xx for final and would drop it. Source: prometheus/alertmanager `notify/util.go`, Retrier.Check.
 */
function answerBroken(error: Error & { readonly code?: string }, socket: Socket): void {
  if (socket.destroyed || error.code === 'ECONNRESET') return;
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? '503 Service Unavailable\r\nRetry-After: 5'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** In place of fastify's own compilers of JSON Schema, which cost 3 MB: our routes validate with zod. */
function noSchemas(): never {
  throw new DaytwoError('invalid', 'a route has a JSON Schema; validate with zod instead');
}

/** Builds the one HTTP server. Routes other than /healthz, /readyz and /metrics come as plugins. */
export async function createServer(options: {
  readonly log: Logger;
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  readonly plugins: readonly ((app: FastifyInstance) => Promise<void>)[];
  readonly requestMs?: number;
}): Promise<FastifyInstance> {
  const requestTimeout = options.requestMs ?? REQUEST_MS;
  const app = fastify({
    logger: false,
    requestTimeout,
    // Node measures the headers by the smaller of the two, but only where it is told at the making.
    http: { requestTimeout, connectionsCheckingInterval: requestTimeout / 2 },
    clientErrorHandler: answerBroken,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    forceCloseConnections: true,
    trustProxy: false,
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status >= 500) options.log.error({ error: messageOf(error) }, 'request failed');
    await reply
      .code(status)
      .send({ error: status >= 500 ? 'a fault of the bot’s own; its log says more' : messageOf(error) });
  });
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send({ error: 'nothing is here' }));
  app.get('/healthz', async () => ({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const readiness = await options.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await options.metrics();
    return reply.header('content-type', type).send(text);
  });
  for (const plugin of options.plugins) await app.register(plugin);
  return app;
}
