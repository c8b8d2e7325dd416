import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { DaytwoError } from '../lib/errors.ts';
import { connectionFault } from './faults.ts';

/** Where requests go and how TLS is done there. */
export interface Endpoint {
  /** How errors call the cluster. */
  readonly cluster: string;
  /** Its address, for errors. */
  readonly server: string;
  readonly agent: http.Agent;
  /** For answers that never end: they must not take the place of others. */
  readonly streams: http.Agent;
}

/** One request, complete but for the connection. */
export interface WireRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | undefined;
}

/** An answer whose body is read as it comes. Who stops reading it ends the connection. */
export interface WireStream {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: AsyncIterable<Buffer>;
  /** Reads it whole after all, up to 64 MiB. @throws DaytwoError bad-answer | too-large */
  whole(): Promise<WireAnswer>;
}

/** An answer, whatever its status, read whole. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** A page of 500 pods is some 5 MB; a node with its images or a big CRD may be more. */
const ANSWER_MAX_BYTES = 64 * 1024 * 1024;

/**
 * Sends one request over node:http(s) rather than the library's own fetch: an agent of ours keeps connections (the library makes a new
 * one, with a new TLS handshake, for every call), and an abort destroys the socket.
 * Redirects are not followed. A GET on a kept connection that the server has closed meanwhile is sent once more.
 * @throws DaytwoError unreachable | bad-answer (cut half way, retryable) | too-large; the signal's AbortError as it is
 */
export async function send(endpoint: Endpoint, request: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
  try {
    return await sendOnce(endpoint, request, signal);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return await sendOnce(endpoint, request, signal);
  }
}

/** A kept connection was already closed at the other end: nothing was processed. */
class StaleConnection extends Error {}

/** A peer that is gone without a word is noticed after about this long, ms, by the system's probes. */
const PROBE_AFTER_MS = 15_000;

/**
 * Sends one request, on a connection of its own, whose answer may go on for ever; the signal ends it.
 * @throws DaytwoError unreachable; the signal's AbortError as it is
 */
export async function openStream(endpoint: Endpoint, request: WireRequest, signal: AbortSignal): Promise<WireStream> {
  const response = await begin(endpoint, endpoint.streams, request, signal);
  response.socket.setKeepAlive(true, PROBE_AFTER_MS);
  const head = { status: response.statusCode ?? 0, headers: headersOf(response) };
  return {
    ...head,
    body: response as AsyncIterable<Buffer>,
    whole: async () => ({ ...head, body: await readBounded(endpoint, response, signal) }),
  };
}

async function sendOnce(endpoint: Endpoint, request: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
  const response = await begin(endpoint, endpoint.agent, request, signal);
  return {
    status: response.statusCode ?? 0,
    headers: headersOf(response),
    body: await readBounded(endpoint, response, signal),
  };
}

/** Sends a request; resolves with the head of its answer. */
function begin(
  endpoint: Endpoint,
  agent: http.Agent,
  request: WireRequest,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const make = request.url.startsWith('https:') ? https.request : http.request;
    const out = make(request.url, {
      method: request.method,
      // Said always: without it Node frames the body of a DELETE not at all, and its server takes it for the next request.
      headers:
        request.body === undefined
          ? request.headers
          : { ...request.headers, 'content-length': Buffer.byteLength(request.body) },
      agent,
      signal,
    });
    out.on('socket', guard);
    out.on('response', resolve);
    out.on('error', (error) => {
      if (signal.aborted) reject(error);
      else if (out.reusedSocket && request.method === 'GET' && 'code' in error && error.code === 'ECONNRESET')
        reject(new StaleConnection(error.message, { cause: error }));
      else reject(connectionFault(endpoint.cluster, endpoint.server, error));
    });
    out.end(request.body);
  });
}

/** Connections that have been made sure of. */
const guarded = new WeakSet<Socket>();

/**
 * An abort in the moment between an answer's end and the agent's taking the connection back makes an error of the connection that nobody
 * listens to, and such an error ends the process. The request's own listener tells what matters.
 */
function guard(socket: Socket): void {
  if (guarded.has(socket)) return;
  guarded.add(socket);
  socket.on('error', () => undefined);
}

async function readBounded(endpoint: Endpoint, response: http.IncomingMessage, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > ANSWER_MAX_BYTES)
        throw new DaytwoError('too-large', `Cluster ${endpoint.cluster} answered with more than 64 MiB.`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal.aborted || error instanceof DaytwoError) throw error;
    throw new DaytwoError('bad-answer', `The answer of cluster ${endpoint.cluster} was cut half way.`, {
      cause: error,
      retryable: true,
    });
  }
  return Buffer.concat(chunks);
}

function headersOf(response: http.IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
