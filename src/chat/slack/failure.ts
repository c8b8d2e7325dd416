import { inertLine } from '../../lib/text.ts';

/** What is out of order, the most basic first: of that a person hears. */
export const TROUBLES = ['token', 'network', 'events', 'place', 'scope'] as const;
/** One of {@link TROUBLES}. */
export type Trouble = (typeof TROUBLES)[number];

/** What a failed call means. `code` is the vendor's error, or the network's; `text` is a sentence without secrets. */
export interface Failure {
  readonly is: 'not-arrived' | 'ambiguous' | 'limited' | 'refused';
  readonly code: string;
  readonly text: string;
  readonly retryAfterMs?: number;
  readonly trouble?: Trouble;
}

/** Errors of a socket that surely never carried the request. https://nodejs.org/api/errors.html#common-system-errors, undici's own beside. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ERR_INVALID_URL'],
  ...[
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ERR_TLS_CERT_ALTNAME_INVALID', 'UND_ERR_CONNECT_TIMEOUT'],
]);

/** Errors by what they concern. https://docs.slack.dev/reference/methods/chat.postMessage#errors and the other methods' pages. */
const TOKEN = new Set([
  ...['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired', 'not_allowed_token_type'],
  ...['org_login_required', 'team_access_not_granted', 'ekm_access_denied', 'access_denied'],
]);
const PLACE = new Set([
  ...[
    'channel_not_found',
    'not_in_channel',
    'is_archived',
    'is_inactive',
    'posting_to_channel_denied',
    'restricted_action',
  ],
  ...[
    'restricted_action_read_only_channel',
    'restricted_action_thread_only_channel',
    'restricted_action_non_threadable_channel',
  ],
  ...['team_not_found', 'external_channel_migrating', 'no_permission'],
]);
/** "It's possible some aspect of the operation succeeded before the error was raised" (fatal_error) and the like. */
const DOUBTFUL = new Set([
  'fatal_error',
  'internal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);
const LIMITED = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);
/** How long to rest where the vendor limits without a Retry-After. */
const DEFAULT_REST_MS = 30_000;

const MANIFEST_HINT = 'put what `daytwo slack-manifest` prints into the app’s App Manifest and install it again';

function sentence(code: string, detail: string): string {
  switch (code) {
    case 'not_in_channel':
      return 'the bot is not in the channel (not_in_channel): invite it there with /invite @daytwo';
    case 'channel_not_found':
      return 'the bot sees no such channel (channel_not_found): check chats.slack.channel, and invite the bot where it is private';
    case 'is_archived':
    case 'is_inactive':
      return `the channel is archived (${code}): unarchive it, or name another in chats.slack.channel`;
    case 'missing_scope':
      return `the app lacks the scope ${detail || 'that this needs'} (missing_scope): ${MANIFEST_HINT}`;
    default:
      if (TOKEN.has(code))
        return `Slack does not take the bot token (${code}): put the installed app’s Bot User OAuth Token (xoxb-…) into chats.slack.botToken`;
      if (PLACE.has(code))
        return `Slack does not let the bot post in the channel (${code}): look at the channel’s settings`;
      return `Slack refused it (${code}${detail ? `: ${detail}` : ''})`;
  }
}

/** Reads an error that Slack answered with. Pure. */
export function failureOf(answer: {
  readonly error: string;
  readonly needed?: string | undefined;
  readonly details?: readonly string[];
  readonly retryAfterMs?: number | undefined;
}): Failure {
  // The SDK hands on whatever stood in a body that is no JSON: a proxy's page tells nothing of the message.
  if (!/^[a-zA-Z0-9_.:-]{2,80}$/.test(answer.error))
    return { is: 'ambiguous', code: 'no JSON', text: 'something other than Slack answered, with no JSON' };
  const code = answer.error;
  const detail = inertLine(answer.needed ?? answer.details?.join('; ') ?? '').slice(0, 200);
  const text = sentence(code, detail);
  if (LIMITED.has(code)) return { is: 'limited', code, text, retryAfterMs: answer.retryAfterMs ?? DEFAULT_REST_MS };
  if (TOKEN.has(code)) return { is: 'not-arrived', code, text, trouble: 'token' };
  if (code === 'missing_scope') return { is: 'not-arrived', code, text, trouble: 'scope' };
  if (PLACE.has(code)) return { is: 'not-arrived', code, text, trouble: 'place' };
  if (DOUBTFUL.has(code)) return { is: 'ambiguous', code, text };
  return { is: 'refused', code, text };
}

/** The vendor SDK's errors, by the fields that they carry. https://docs.slack.dev/tools/node-slack-sdk/web-api#handle-errors */
interface SdkError {
  readonly code?: unknown;
  readonly data?: { readonly error?: unknown; readonly needed?: unknown; readonly response_metadata?: SdkMetadata };
  readonly retryAfter?: unknown;
  readonly statusCode?: unknown;
  readonly original?: unknown;
}
interface SdkMetadata {
  readonly messages?: readonly unknown[];
  readonly retryAfter?: unknown;
}

/** The code of a network error, wherever in the chain of causes it stands. */
function networkCode(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 4) return undefined;
  const { code, cause, name, errors } = error as { code?: unknown; cause?: unknown; name?: unknown; errors?: unknown };
  if (typeof code === 'string' && !code.startsWith('slack_')) return code;
  const inner =
    networkCode(cause, depth + 1) ?? (Array.isArray(errors) ? networkCode(errors[0], depth + 1) : undefined);
  return inner ?? (name === 'TimeoutError' || name === 'AbortError' ? name : undefined);
}

/** Reads whatever a call of the SDK threw. */
export function failureOfError(error: unknown): Failure {
  const { code, data, retryAfter, statusCode, original } = (error ?? {}) as SdkError;
  if (code === 'slack_webapi_rate_limited_error' && typeof retryAfter === 'number')
    return { is: 'limited', code: 'ratelimited', text: 'Slack asks for a pause', retryAfterMs: retryAfter * 1000 };
  if (code === 'slack_webapi_platform_error' && typeof data?.error === 'string') {
    const { needed, response_metadata: metadata } = data;
    return failureOf({
      error: data.error,
      needed: typeof needed === 'string' ? needed : undefined,
      details: (metadata?.messages ?? []).filter((one) => typeof one === 'string'),
      retryAfterMs: typeof metadata?.retryAfter === 'number' ? metadata.retryAfter * 1000 : undefined,
    });
  }
  if (code === 'slack_webapi_http_error' && typeof statusCode === 'number') return failureOfStatus(statusCode);
  const name = networkCode(original ?? error) ?? 'unknown error';
  if (NEVER_SENT.has(name))
    return { is: 'not-arrived', code: name, text: `Slack can’t be reached (${name})`, trouble: 'network' };
  return { is: 'ambiguous', code: name, text: `the connection to Slack broke (${name})` };
}

/** Reads an HTTP status other than 200; `retryAfter` is the header, in whole seconds. Pure. */
export function failureOfStatus(status: number, retryAfter?: string | null): Failure {
  const code = `HTTP ${status}`;
  if (status === 429) {
    const seconds = Number(retryAfter ?? '');
    const retryAfterMs = Number.isInteger(seconds) && seconds > 0 ? seconds * 1000 : DEFAULT_REST_MS;
    return { is: 'limited', code, text: 'Slack asks for a pause', retryAfterMs };
  }
  if (status >= 500) return { is: 'ambiguous', code, text: `Slack answered ${code}` };
  // Slack answers 200 to whatever it read: another status is a proxy's, or another server's.
  return {
    is: 'not-arrived',
    code,
    text: `something other than Slack answered ${code}: check chats.slack.apiUrl and the proxy`,
    trouble: 'network',
  };
}
