import type { RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import { DaytwoError } from '../lib/errors.ts';
import type { Login } from './login.ts';
import { openStream, send, type WireAnswer, type WireRequest, type WireStream } from './transport.ts';

/** The server has forgotten the list's state: it is read again from its beginning. */
export class Expired extends DaytwoError {
  constructor(cluster: string) {
    super('failed', `Cluster ${cluster} forgot the list while it was read.`, { retryable: true });
  }
}

/**
 * Signs in and sends, within the time; an abort ends the socket and also the wait for a credential command.
 * @throws DaytwoError cancelled | timeout (it may have arrived), and as `send`
 */
export async function exchange(
  login: Login,
  context: RequestContext,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<WireAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, deadline]);
  try {
    const { headers, endpoint } = await abortable(login.authenticate(), either);
    return await send(endpoint, requestOf(context, headers), either);
  } catch (error) {
    if (signal.aborted) throw new DaytwoError('cancelled', `The question to cluster ${login.cluster} was cancelled.`);
    if (deadline.aborted)
      throw new DaytwoError(
        'timeout',
        `Cluster ${login.cluster} (${login.server}) gave no answer within ${timeoutMs / 1000} s.`,
      );
    throw error;
  }
}

/**
 * Signs in and opens an answer that goes on until the signal ends it; its head must come within the time.
 * @throws DaytwoError timeout, and as `openStream`; the signal's reason as it is
 */
export async function exchangeStream(
  login: Login,
  context: RequestContext,
  headWithinMs: number,
  signal: AbortSignal,
): Promise<WireStream> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), headWithinMs);
  const either = AbortSignal.any([signal, late.signal]);
  try {
    const { headers, endpoint } = await abortable(login.authenticate(), either);
    return await openStream(endpoint, requestOf(context, headers), either);
  } catch (error) {
    if (signal.aborted || !late.signal.aborted) throw error;
    throw new DaytwoError(
      'timeout',
      `Cluster ${login.cluster} (${login.server}) gave no answer within ${headWithinMs / 1000} s.`,
    );
  } finally {
    clearTimeout(timer);
  }
}

const requestOf = (context: RequestContext, headers: Readonly<Record<string, string>>): WireRequest => ({
  url: context.getUrl(),
  method: context.getHttpMethod().toString(),
  headers: { ...context.getHeaders(), ...headers },
  body: bodyOf(context),
});

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The library's generated requests have bodies of JSON text. */
function bodyOf(context: RequestContext): string | undefined {
  const body = context.getBody();
  return typeof body === 'string' ? body : undefined;
}
