import { LogLevel, webApi } from '@slack/bolt';
import type { SlackEmulator } from '../support/slack/index.ts';
import { isObj, type Obj, objOf } from '../support/slack/value.ts';

/** The vendor's own client against an emulator, without its retries. */
export function clientOf(slack: SlackEmulator, token: string = slack.botToken): webApi.WebClient {
  return new webApi.WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 5_000,
    logLevel: LogLevel.ERROR,
    logger: {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: quiet,
      setLevel: quiet,
      setName: quiet,
      getLevel: () => LogLevel.ERROR,
    },
  });
}

function quiet(): void {
  // The client logs what the tests assert.
}

/** What a call was refused with: Slack's answer. Fails the test when it wasn't. */
export async function refusal(call: Promise<unknown>): Promise<Obj> {
  try {
    await call;
  } catch (error) {
    if (isObj(error) || error instanceof Error) return objOf((error as unknown as Obj)['data']);
  }
  throw new Error('the call was not refused');
}

/** A call with a bare HTTP request. */
export async function rawCall(
  slack: SlackEmulator,
  method: string,
  init: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string; readonly verb?: string },
): Promise<Obj> {
  const response = await fetch(slack.apiUrl + method, {
    method: init.verb ?? 'POST',
    headers: init.headers ?? {},
    ...(init.body === undefined ? {} : { body: init.body }),
  });
  return objOf(await response.json());
}
