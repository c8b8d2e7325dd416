import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { codeOf } from '../../lib/errors.ts';
import type { Store } from '../../store/port.ts';
import type { InboundEvent, TakeIn } from '../port.ts';
import { typedIn } from '../typed.ts';
import { type Asset, loadAssets } from './assets.ts';
import type { Board } from './board.ts';
import { type Feed, messageView, threadView } from './feed.ts';
import { cookieOf, isOurHost, isOurPage, SECURITY_HEADERS, type Served } from './guard.ts';
import { CHANNEL, HOME, type SignInHeard } from './model.ts';
import { LINK_MS, SESSION_MS, type Sessions, type SignedIn } from './sessions.ts';
import { stream } from './stream.ts';
import { packAsked } from './thread.ts';
import type { CommandView, ListView, NodesView, PersonView, ReadView } from './views.ts';

/** Bodies are a command or a token: 16 KiB. */
const BODY_BYTES = 16 * 1024;
const MAX_COMMAND_CHARS = 2000;
/** 3,000 code points in UTF-16. */
const MAX_TYPED_CHARS = 6000;

/** What the routes work with. */
export interface RouteParts {
  readonly board: Board;
  readonly feed: Feed;
  readonly sessions: Sessions;
  readonly signedIn: SignInHeard;
  readonly store: Store;
  readonly clock: Clock;
  readonly served: Served;
  readonly commands: readonly CommandView[];
  /** Names of nodes that are known. */
  readonly nodes: () => Promise<readonly string[]>;
  /** Undefined until the chat was started: then events can't be kept yet. */
  readonly takeIn: () => TakeIn | undefined;
}

const ThreadKey = z.string().regex(/^[\w.:~/-]{1,200}$/);
/** Made by the browser, the same on every try of one act. */
const EventId = z.string().regex(/^[\w-]{16,64}$/);
const CommandBody = z.strictObject({
  id: EventId,
  text: z.string().trim().min(1).max(MAX_COMMAND_CHARS),
  thread: ThreadKey.optional(),
});
const PressBody = z.strictObject({
  id: EventId,
  token: z.string().min(1).max(200),
  /** What the button's dialog was given. */
  typed: z.string().max(MAX_TYPED_CHARS).optional(),
  thread: ThreadKey.optional(),
});
const ListQuery = z.object({
  q: z.string().max(200).default(''),
  scope: z.enum(['open', 'closed', 'all']).default('all'),
  after: z.string().max(300).optional(),
});
const ReadQuery = z.object({ before: z.string().max(100).optional() });
const StreamQuery = z.object({ after: z.string().max(100).optional() });
const BlobId = z.string().regex(/^[0-9a-f]{64}$/);
/** Source: https://www.w3.org/TR/png-3/#3PNGsignature */
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A refusal as JSON: `error` is a sentence for the person. */
const refuse = (reply: FastifyReply, status: number, error: string): FastifyReply =>
  reply.code(status).header('cache-control', 'no-store').send({ error });

/** Registers everything that the console serves, in a scope of its own: guards and parsers hold for these routes alone. */
export async function consoleRoutes(app: FastifyInstance, parts: RouteParts): Promise<void> {
  const assets = await loadAssets();
  const { served } = parts;
  const isSecure = served.publicUrl?.startsWith('https:') ?? false;
  // The __Host- prefix pins the cookie to this very host; browsers take it with Secure alone (RFC 6265bis, 4.1.3.2).
  const cookieName = isSecure ? '__Host-daytwo' : 'daytwo';
  const setCookie = (reply: FastifyReply, value: string, maxAgeMs: number): void => {
    const flags = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${Math.floor(maxAgeMs / 1000)}${isSecure ? '; Secure' : ''}`;
    reply.header('set-cookie', `${cookieName}=${value}; ${flags}`);
  };

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (!isOurHost(request.headers.host, served)) {
      return refuse(
        reply,
        421,
        'This console is not served under that name. Set server.publicUrl to the address you use.',
      );
    }
    if (request.method !== 'GET' && request.method !== 'HEAD' && !isOurPage(request.headers, served)) {
      return refuse(reply, 403, 'This request did not come from the console’s own page.');
    }
    return undefined;
  });

  for (const [name, asset] of assets) {
    if (!name.endsWith('.html')) app.get(`/assets/${name}`, (request, reply) => sendAsset(request, reply, asset));
  }
  const page = (name: string): Asset => {
    const found = assets.get(name);
    if (!found) throw new Error(`console page ${name} is missing`);
    return found;
  };
  app.get('/', (request, reply) => sendAsset(request, reply, page('index.html')));

  const signIn = async (request: FastifyRequest<{ Params: { secret: string } }>, reply: FastifyReply) => {
    const outcome = await parts.sessions.signIn(request.params.secret, request.ip);
    if (outcome.is === 'limited') {
      reply.header('retry-after', '60');
      return refuse(reply, 429, 'Too many sign-ins failed. Try again in a minute.');
    }
    if (outcome.is === 'refused') {
      return refuse(
        reply,
        410,
        'This link was used before or is too old. Make a new one in a browser that is signed in (help → “Sign in on another device”), or restart daytwo: it prints one.',
      );
    }
    parts.signedIn(outcome.person.name, { from: outcome.from, address: request.ip });
    setCookie(reply, outcome.cookie, SESSION_MS);
    reply.header('cache-control', 'no-store');
    return request.method === 'GET' ? reply.redirect('/', 303) : reply.code(200).send({ person: outcome.person.name });
  };

  // A preview or a prefetch of the link spends nothing: in a browser only the page's own POST does. A program on this very machine
  // (curl with a cookie jar) is no preview: it is signed in by its GET.
  app.get<{ Params: { secret: string } }>('/c/:secret', (request, reply) =>
    isLocalProgram(request) ? signIn(request, reply) : sendAsset(request, reply, page('signin.html')),
  );
  app.post<{ Params: { secret: string } }>('/c/:secret', { bodyLimit: BODY_BYTES }, signIn);

  await app.register(async (api) => {
    const known = new WeakMap<FastifyRequest, SignedIn>();
    api.addHook('onRequest', async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const cookie = cookieOf(request.headers.cookie, cookieName);
      const found = await parts.sessions.recognise(cookie);
      if (!found)
        return refuse(reply, 401, 'Not signed in. Open the one-time link that daytwo printed when it started.');
      if (found.prolonged && cookie !== undefined) setCookie(reply, cookie, SESSION_MS);
      known.set(request, found);
      return undefined;
    });
    const who = (request: FastifyRequest): SignedIn => {
      const found = known.get(request);
      if (!found) throw new Error('a console route ran without its guard');
      return found;
    };
    apiRoutes(api, parts, who, (reply) => setCookie(reply, '', 0));
  });
}

function apiRoutes(
  api: FastifyInstance,
  parts: RouteParts,
  who: (request: FastifyRequest) => SignedIn,
  dropCookie: (reply: FastifyReply) => void,
): void {
  const { board, feed, sessions } = parts;

  api.setErrorHandler((error, request, reply) => {
    if (error instanceof z.ZodError) return refuse(reply, 400, z.prettifyError(error));
    const status = (error as { statusCode?: number }).statusCode;
    if (status !== undefined && status < 500)
      return refuse(reply, status, 'The request makes no sense to the console.');
    const isAway = ['store-unavailable', 'overloaded', 'store-conflict'].includes(codeOf(error));
    if (!isAway) request.log.error({ err: error }, 'console request failed');
    reply.header('retry-after', '2');
    return refuse(
      reply,
      isAway ? 503 : 500,
      isAway ? 'The state can’t be read or written now.' : 'Something went wrong here.',
    );
  });

  api.get('/api/me', (request): PersonView => {
    const { person } = who(request);
    return { name: person.name, roles: person.roles };
  });

  api.get('/api/commands', () => ({ commands: parts.commands }));

  api.get('/api/nodes', async (): Promise<NodesView> => ({ names: await parts.nodes() }));

  api.get('/api/threads', async (request) => {
    const { q, scope, after } = ListQuery.parse(request.query);
    // The feed's end is read first: a change between the two comes twice rather than never.
    const from = await feed.latest();
    const page = await board.list({ words: q, scope, ...(after === undefined ? {} : { after }) });
    const open = await board.countOpen();
    return { threads: page.threads.map(threadView), next: page.next, open, feed: from } satisfies ListView;
  });

  api.get<{ Params: { key: string } }>('/api/threads/:key', async (request, reply) => {
    const key = ThreadKey.parse(request.params.key);
    const { before } = ReadQuery.parse(request.query);
    const found = await board.read(key, who(request).person.name, before);
    if (!found && key !== CHANNEL) return refuse(reply, 404, 'There is no such thread (any more).');
    return {
      thread: found ? threadView(found.thread) : undefined,
      messages: found?.messages.map(messageView) ?? [],
      earlier: found?.earlier,
    } satisfies ReadView;
  });

  api.get<{ Params: { id: string } }>('/api/blob/:id', async (request, reply) => {
    const bytes = await parts.store.getBlob(BlobId.parse(request.params.id));
    if (!bytes || !PNG_SIGNATURE.equals(bytes.subarray(0, PNG_SIGNATURE.length))) {
      return refuse(reply, 404, 'There is no such picture (any more).');
    }
    // The id is the content's hash: it can never change.
    reply.header('cache-control', 'private, max-age=31536000, immutable');
    return reply.type('image/png').send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });

  api.get('/api/stream', { exposeHeadRoute: false }, (request, reply) => {
    const { after } = StreamQuery.parse(request.query);
    const last = request.headers['last-event-id'];
    return stream(request, reply, feed, who(request), (typeof last === 'string' ? last : after) ?? '');
  });

  const take = async (
    request: FastifyRequest,
    reply: FastifyReply,
    event: Omit<InboundEvent, 'identity' | 'conversation' | 'isPrivate'>,
  ) => {
    const takeIn = parts.takeIn();
    if (!takeIn) {
      reply.header('retry-after', '1');
      return refuse(reply, 503, 'daytwo is still starting.');
    }
    await takeIn({
      ...event,
      identity: { chat: HOME.chat, id: who(request).person.name },
      conversation: HOME,
      isPrivate: false,
    });
    return reply.code(202).send({ taken: true });
  };

  api.post('/api/command', { bodyLimit: BODY_BYTES }, async (request, reply) => {
    const { id, text, thread } = CommandBody.parse(request.body);
    const by = who(request).person.name;
    const words = text.replace(/^\/(?:daytwo\s+)?/, '').trim();
    if (words === '') return refuse(reply, 400, 'Type a command, for instance /help.');
    return take(request, reply, {
      id: `${by}:${id}`,
      ...(thread === undefined || thread === CHANNEL ? {} : { thread }),
      replyTo: packAsked({ event: id, by, text: `/${words}` }),
      what: { kind: 'command', text: words },
    });
  });

  api.post('/api/press', { bodyLimit: BODY_BYTES }, async (request, reply) => {
    const { id, token, typed, thread } = PressBody.parse(request.body);
    const by = who(request).person.name;
    return take(request, reply, {
      id: `${by}:${id}`,
      ...(thread === undefined || thread === CHANNEL ? {} : { thread }),
      // No words stand above the answer of a press, but it tells the page that the press is over.
      replyTo: packAsked({ event: id, by, text: '' }),
      what: { kind: 'button', token, ...typedIn(typed) },
    });
  });

  api.post('/api/link', { bodyLimit: BODY_BYTES }, (request, reply) =>
    reply.send({ path: `/c/${sessions.mint(who(request).person.name, 'browser')}`, forMs: LINK_MS }),
  );

  api.post('/api/signout', { bodyLimit: BODY_BYTES }, async (request, reply) => {
    const { session } = who(request);
    await sessions.signOut(session);
    feed.endSession(session);
    dropCookie(reply);
    return reply.code(200).send({});
  });
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3}|localhost)$/;

/** What proxies add, and what browsers tell of themselves; one that shows a page asks for text/html. */
const PROXIED = /^(?:x-forwarded-.+|x-real-ip|forwarded|via)$/;
const BROWSED = /^(?:sec-fetch-site|origin|referer|purpose|sec-purpose)$/;

/** Whether a request comes from no browser and through no proxy, over loopback, to a loopback name. */
function isLocalProgram({ headers, ip, hostname, method }: FastifyRequest): boolean {
  const named = LOOPBACK.test(hostname.replace(/^\[|\]$/g, ''));
  const direct = !Object.keys(headers).some((name) => PROXIED.test(name) || BROWSED.test(name));
  const page = headers.accept?.includes('text/html') ?? false;
  return method === 'GET' && named && direct && !page && LOOPBACK.test(ip);
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  reply.headers({ etag: asset.tag, 'cache-control': 'no-cache' });
  if (request.headers['if-none-match'] === asset.tag) return reply.code(304).send();
  return reply.type(asset.type).send(asset.body);
}
