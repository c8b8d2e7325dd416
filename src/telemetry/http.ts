import type { ZodType } from 'zod';
import { DaytwoError } from '../lib/errors.ts';
import { networkFault } from '../lib/net.ts';
import { clip, inertLine } from '../lib/text.ts';

/** How to sign in at a server: HTTP Basic or a bearer token. */
export type ServerAuth = { readonly username: string; readonly password: string } | { readonly token: string };

/** Where a server is. A path in the URL is kept as prefix; credentials in the URL are used as Basic auth and never shown. */
export interface ServerOptions {
  readonly url: string;
  readonly auth?: ServerAuth | undefined;
  /** Per call, ms. */
  readonly timeoutMs?: number | undefined;
}

/** One call. `path` starts with a slash; `body` is sent as JSON, `text` as plain text. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
}

/** An answer, whatever its status, read whole. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A server behind one base URL. `name` is how errors call it: "Prometheus at http://10.0.0.1:9090". */
export interface HttpServer {
  readonly name: string;
  /** @throws DaytwoError unreachable | timeout | cancelled | too-large | bad-answer (redirect elsewhere) | forbidden (401, 403) */
  call(call: Call, signal: AbortSignal): Promise<Answer>;
}

/** A probe's deadline is 15 s; a single call ends before. */
const TIMEOUT_MS = 10_000;
/** 10,000 alerts of about 1.5 kB are 15 MB; four times that is the bound. */
const ANSWER_MAX_BYTES = 64 * 1024 * 1024;
const REDIRECTS_MAX = 3;

/**
 * Speaks HTTP with one server. `product` and `key` (the YAML key of its URL) go into the sentences of errors.
 * @throws DaytwoError invalid when the URL is none
 */
export function httpServer(product: string, key: string, options: ServerOptions): HttpServer {
  const base = parseBase(options.url, key);
  const headers: Record<string, string> = { accept: 'application/json' };
  const authorization = authorizationOf(options.auth, base);
  if (authorization) headers['authorization'] = authorization;
  base.username = '';
  base.password = '';
  const shown = `${base.origin}${base.pathname}`.replace(/\/$/, '');
  const name = `${product} at ${shown}`;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;

  const call = async (wanted: Call, signal: AbortSignal): Promise<Answer> => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, deadline]);
    try {
      const response = await follow(addressOf(base, wanted), name, {
        method: wanted.method ?? 'GET',
        ...contentOf(wanted, headers),
        redirect: 'manual',
        signal: either,
      });
      const text = await readBounded(response, name);
      if (response.status === 401 || response.status === 403)
        throw new DaytwoError(
          'forbidden',
          `${name} refuses us (HTTP ${response.status}). Check the credentials beside ${key}.`,
        );
      return { status: response.status, text };
    } catch (error) {
      if (error instanceof DaytwoError) throw error;
      if (signal.aborted) throw new DaytwoError('cancelled', `The question to ${name} was cancelled.`);
      if (deadline.aborted)
        throw new DaytwoError('timeout', `${name} gave no answer within ${timeoutMs / 1000} s. Is it overloaded?`);
      const fault = networkFault(error);
      throw new DaytwoError(
        fault?.code ?? 'unreachable',
        `${name} can't be reached: ${fault?.words ?? 'the connection failed'}. Is it running, and is ${key} right?`,
        { cause: error },
      );
    }
  };
  return { name, call };
}

function contentOf({ body, text }: Call, headers: Readonly<Record<string, string>>): RequestInit {
  if (text !== undefined) return { headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: text };
  if (body === undefined) return { headers };
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/**
 * Reads an answer as JSON of the given shape; unknown fields pass.
 * @throws DaytwoError bad-answer naming the server and what is wrong
 */
export function parseAnswer<T>(server: HttpServer, answer: Answer, shape: ZodType<T>, what: string): T {
  let json: unknown;
  try {
    json = JSON.parse(answer.text);
  } catch {
    throw badAnswer(server, answer, what);
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new DaytwoError(
    'bad-answer',
    `${server.name} answered ${what} in an unknown shape (${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}).`,
  );
}

/** An answer that makes no sense, as an error: names the server, the status and the beginning of what came. */
export function badAnswer(server: HttpServer, answer: Answer, what: string): DaytwoError {
  const said = clip(inertLine(answer.text.slice(0, 400)), 160);
  return new DaytwoError(
    'bad-answer',
    `${server.name} answered ${what} with HTTP ${answer.status}${said ? `: ${said}` : ''}. Is it the right server and path?`,
    { retryable: answer.status >= 500 },
  );
}

function parseBase(url: string, key: string): URL {
  if (!URL.canParse(url)) throw new DaytwoError('invalid', `${key} is not a URL.`);
  const base = new URL(url);
  if (base.protocol !== 'http:' && base.protocol !== 'https:')
    throw new DaytwoError('invalid', `${key} must start with http:// or https://.`);
  return base;
}

function authorizationOf(auth: ServerAuth | undefined, base: URL): string | undefined {
  if (auth && 'token' in auth) return `Bearer ${auth.token}`;
  if (auth) return basic(auth.username, auth.password);
  if (base.username === '') return undefined;
  return basic(unescaped(base.username), unescaped(base.password));
}

/** A URL's user info keeps a stray percent sign as it was written. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function addressOf(base: URL, call: Call): URL {
  const address = new URL(base);
  address.pathname = base.pathname.replace(/\/+$/, '') + call.path;
  address.search = new URLSearchParams(call.query ?? {}).toString();
  address.hash = '';
  return address;
}

/** Follows redirects within the same origin only, and only where nothing is sent: credentials never travel elsewhere. */
async function follow(start: URL, name: string, init: RequestInit): Promise<Response> {
  let address = start;
  for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
    const response = await fetch(address, init);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, address.href) ? new URL(location, address.href) : undefined;
    if (init.method !== 'GET' || next === undefined || next.origin !== address.origin)
      throw new DaytwoError(
        'bad-answer',
        `${name} redirects to ${next?.origin ?? 'an invalid address'}, which is not followed. Put the final address into the configuration.`,
      );
    address = next;
  }
  throw new DaytwoError('bad-answer', `${name} redirects in a circle.`);
}

async function readBounded(response: Response, name: string): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > ANSWER_MAX_BYTES)
      throw new DaytwoError('too-large', `${name} answered with more than ${ANSWER_MAX_BYTES / 1024 / 1024} MiB.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
