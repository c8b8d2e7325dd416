import type { App } from '@slack/bolt';
import type { Budgets } from './budget.ts';
import { type Failure, failureOfError, failureOfStatus } from './failure.ts';
import type { Obj } from './fields.ts';
import { loadBolt, NOWHERE } from './sdk.ts';
import type { SdkLogger } from './sdkLog.ts';

/** How a call ended. */
export type Answer = { readonly ok: true; readonly data: Obj } | ({ readonly ok: false } & Failure);

/** The Web API within its budgets. Nothing throws for what Slack or the network does. */
export interface Api {
  /** Calls a method. `limited` comes before the vendor says so where the budget knows; aborting leaves the outcome ambiguous. */
  call(method: string, args: Obj, signal: AbortSignal): Promise<Answer>;
  /** Posts a file's bytes to the URL that Slack gave out for them. */
  upload(url: string, bytes: Uint8Array, signal: AbortSignal): Promise<Answer>;
}

/** One call ends within this time, on the machine's clock. */
const CALL_MS = 10_000;
/** Slack's own servers. https://docs.slack.dev/apis/web-api/ */
export const OFFICIAL = 'https://slack.com/api/';

/** What every client of the SDK gets: no retries of its own, for a retry without a look doubles messages; a bound on each call. */
export function clientOptions(apiUrl: string | undefined, logger: SdkLogger) {
  return {
    slackApiUrl: apiUrl ?? OFFICIAL,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: CALL_MS,
    logger,
  };
}

/** Builds the client; the SDK is loaded by the first call. */
export function createApi(options: {
  readonly botToken: string;
  readonly apiUrl: string | undefined;
  readonly budgets: Budgets;
  readonly logger: SdkLogger;
  /** Hears of every call's end: why it failed, or undefined where Slack did as asked. */
  readonly heard: (failure: Failure | undefined, channel: string) => void;
}): Api {
  const { botToken, apiUrl, budgets, logger, heard } = options;
  let made: App['client'] | undefined;
  const client = (): App['client'] => {
    if (made) return made;
    const { App } = loadBolt();
    // The client of an app that is never started: Bolt's own, without loading another package of Slack's by name.
    made = new App({
      token: botToken,
      receiver: NOWHERE,
      deferInitialization: true,
      convoStore: false,
      clientOptions: clientOptions(apiUrl, logger),
      logger,
    }).client;
    return made;
  };

  async function within(channel: string, signal: AbortSignal, work: () => Promise<Answer>): Promise<Answer> {
    const over = Promise.withResolvers<Answer>();
    const stop = (): void => over.resolve({ ok: false, is: 'ambiguous', code: 'AbortError', text: 'stopped waiting' });
    signal.addEventListener('abort', stop, { once: true });
    try {
      const answer = await Promise.race([work(), over.promise]);
      heard(answer.ok ? undefined : answer, channel);
      return answer;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** One call within its budget; a pause that Slack asks for is kept. */
  async function budgeted(
    method: string,
    channel: string,
    signal: AbortSignal,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    if (signal.aborted) return { ok: false, is: 'not-arrived', code: 'AbortError', text: 'stopped before it was sent' };
    const retryAfterMs = budgets.wait(method, channel);
    if (retryAfterMs > 0)
      return { ok: false, is: 'limited', code: 'budget', text: 'the budget is used up', retryAfterMs };
    const answer = await within(channel, signal, () => budgets.charge(method, channel, work));
    if (!answer.ok && answer.is === 'limited') budgets.close(method, channel, answer.retryAfterMs ?? 0);
    return answer;
  }

  return {
    call: (method, args, signal) =>
      budgeted(method, typeof args['channel'] === 'string' ? args['channel'] : '', signal, async () => {
        try {
          const answer = await client().apiCall(method, args);
          return { ok: true, data: { ...answer } };
        } catch (error) {
          return { ok: false, ...failureOfError(error) };
        }
      }),
    upload: (url, bytes, signal) =>
      budgeted('upload', '', signal, async () => {
        try {
          const response = await fetch(url, {
            method: 'POST',
            body: new Uint8Array(bytes),
            headers: { 'content-type': 'application/octet-stream' },
            redirect: 'error',
            signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
          });
          await response.arrayBuffer();
          if (response.status === 200) return { ok: true, data: {} };
          return { ok: false, ...failureOfStatus(response.status, response.headers.get('retry-after')) };
        } catch (error) {
          return { ok: false, ...failureOfError(error) };
        }
      }),
  };
}
