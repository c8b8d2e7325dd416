import { inertLine } from '../../lib/text.ts';

/** What a failed call means. `text` is the vendor's description, or what the network said; never holds the token. */
export interface ApiFailure {
  readonly is:
    | 'not-arrived'
    | 'ambiguous'
    | 'limited'
    | 'unauthorized'
    | 'conflict'
    | 'migrated'
    | 'unmodified'
    | 'unparsable'
    | 'no-topic'
    | 'no-right'
    | 'no-chat'
    | 'no-picture'
    | 'refused';
  readonly text: string;
  readonly retryAfterMs?: number;
  readonly migratedTo?: string;
}

/** Errors of a socket that surely never carried the request. https://nodejs.org/api/errors.html#common-system-errors */
const NEVER_SENT: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ERR_INVALID_URL'],
  ...[
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ERR_TLS_CERT_ALTNAME_INVALID'],
]);

/** The longest description that is passed on. */
const TEXT_MAX = 200;

/** Descriptions by what they mean: the server's own texts. https://github.com/tdlib/telegram-bot-api (Client.cpp), https://github.com/tdlib/td */
const MEANINGS: readonly [RegExp, ApiFailure['is']][] = [
  [/message is not modified/i, 'unmodified'],
  [/can't parse (entities|caption entities|messageentity)|ENTITY_|ENTITIES_/i, 'unparsable'],
  [/message thread not found|TOPIC_(CLOSED|DELETED|ID_INVALID)|thread_not_found/i, 'no-topic'],
  [/IMAGE_PROCESS_FAILED|PHOTO_(INVALID|SAVE)|too big for a photo|wrong type of the web page content/i, 'no-picture'],
  [
    /not enough rights|need administrator rights|have no rights to send|CHAT_WRITE_FORBIDDEN|CHAT_SEND_\w+_FORBIDDEN/i,
    'no-right',
  ],
  [
    /chat not found|bot was kicked|bot is not a member|group chat was (deleted|deactivated)|CHANNEL_PRIVATE|CHAT_RESTRICTED/i,
    'no-chat',
  ],
  [/blocked by the user|user is deactivated|can't initiate conversation/i, 'no-chat'],
];

/** Reads an error answer of the Bot API. https://core.telegram.org/bots/api#making-requests */
export function failureOf(answer: {
  readonly error_code: number;
  readonly description?: string;
  readonly parameters?: { readonly retry_after?: number; readonly migrate_to_chat_id?: number } | undefined;
}): ApiFailure {
  const { error_code: code, parameters } = answer;
  const text = inertLine(`${code} ${answer.description ?? ''}`).slice(0, TEXT_MAX);
  if (code >= 500) return { is: 'ambiguous', text };
  if (code === 429) return { is: 'limited', text, retryAfterMs: (parameters?.retry_after ?? 1) * 1000 };
  // A token of the wrong form is not found, one of the right form not authorized.
  if (code === 401 || code === 404) return { is: 'unauthorized', text };
  if (code === 409) return { is: 'conflict', text };
  if (parameters?.migrate_to_chat_id !== undefined)
    return { is: 'migrated', text, migratedTo: String(parameters.migrate_to_chat_id) };
  return { is: MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? 'refused', text };
}

/** Reads whatever a call threw: telegraf's TelegramError (with `response`), node-fetch's FetchError, an abort. */
export function failureOfError(error: unknown): ApiFailure {
  const { response, code, cause } = (error ?? {}) as { response?: unknown; code?: unknown; cause?: { code?: unknown } };
  if (typeof response === 'object' && response !== null && 'error_code' in response) {
    return failureOf(response as Parameters<typeof failureOf>[0]);
  }
  // Their messages carry the URL, and that the token: the code says enough.
  const name = String(code ?? cause?.code ?? (error instanceof Error ? error.name : 'unknown error'));
  return { is: NEVER_SENT.has(name) ? 'not-arrived' : 'ambiguous', text: `the network said ${name}` };
}
