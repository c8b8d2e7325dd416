import fastify, { type FastifyInstance } from 'fastify';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';

/** A request must be complete within this time, headers sooner: a slow sender can't hold a connection for ever. */
const REQUEST_MS = 60_000;

/** Readiness as /readyz tells it: whether alerts can be taken and stored, and every part's state. */
export interface Readiness {
  readonly ready: boolean;
  readonly parts: readonly { readonly part: string; readonly state: string; readonly text: string }[];
}

/** Builds the one HTTP server. Routes other than /healthz, /readyz and /metrics come as plugins. */
export async function createServer(options: {
  readonly log: Logger;
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  readonly plugins: readonly ((app: FastifyInstance) => Promise<void>)[];
}): Promise<FastifyInstance> {
  const app = fastify({ logger: false, requestTimeout: REQUEST_MS, forceCloseConnections: true, trustProxy: false });
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
