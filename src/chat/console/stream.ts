import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Feed } from './feed.ts';
import type { SignedIn } from './sessions.ts';

/** What may wait for a slow browser before it is dropped: 1 MiB. It comes back and is replayed. */
const MAX_WAITING_BYTES = 1_048_576;

/**
 * Answers with server-sent events until the browser goes or the feed ends.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  feed: Feed,
  who: SignedIn,
  after: string,
): Promise<FastifyReply> {
  const { raw } = reply;
  let stop: (() => void) | undefined;
  let isGone = false;
  let isOpen = false;
  const open = (): void => {
    if (isOpen) return;
    isOpen = true;
    reply.hijack();
    // Hijacking leaves the headers set so far to us.
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
    raw.write(': daytwo\n\n');
  };
  request.raw.on('close', () => {
    isGone = true;
    stop?.();
  });
  stop = await feed.follow(
    {
      person: who.person.name,
      session: who.session,
      send: (event, data, id) => {
        if (isGone) return false;
        open();
        raw.write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
        return raw.writableLength <= MAX_WAITING_BYTES;
      },
      end: () => {
        if (isOpen && raw.writableLength > MAX_WAITING_BYTES) raw.destroy();
        else if (isOpen) raw.end();
      },
    },
    after,
  );
  if (!stop) {
    reply.header('retry-after', '10');
    return reply.code(503).send({ error: 'Too many browsers follow already.' });
  }
  open();
  if (isGone) stop();
  return reply;
}
