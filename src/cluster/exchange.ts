import type { RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import { DaytwoError } from '../lib/errors.ts';
import type { Login } from './login.ts';
import { send, type WireAnswer } from './transport.ts';

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
    const request = {
      url: context.getUrl(),
      method: context.getHttpMethod().toString(),
      headers: { ...context.getHeaders(), ...headers },
      body: bodyOf(context),
    };
    return await send(endpoint, request, either);
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
