import type { Answer, Api } from './api.ts';
import type { Failure } from './failure.ts';
import { listAt, textAt } from './fields.ts';

/** The name of our metadata on every message. https://docs.slack.dev/messaging/message-metadata */
export const EVENT_TYPE = 'daytwo_message';

/** What looking for a doubtful message showed. `blind`: the app may not look. */
export type Found =
  | { readonly is: 'found'; readonly ts: string }
  | { readonly is: 'absent' }
  | { readonly is: 'blind' }
  | ({ readonly is: 'failed' } & { readonly failure: Failure });

/** Messages of one page, and how many pages are looked at: what people wrote since is seldom more. */
const PAGE = 200;
const PAGES = 5;

/** Where to look: a channel's root messages, newest first, or a thread. `since` is epoch ms. */
export interface Where {
  readonly channel: string;
  readonly threadTs?: string | undefined;
  readonly since?: number | undefined;
}

/**
 * Looks through the history for a message that `isIt`. https://docs.slack.dev/reference/methods/conversations.history and
 * conversations.replies (the thread's first message is left out).
 */
export async function find(
  api: Api,
  where: Where,
  isIt: (message: unknown) => boolean,
  signal: AbortSignal,
): Promise<Found> {
  const { channel, threadTs, since } = where;
  const method = threadTs === undefined ? 'conversations.history' : 'conversations.replies';
  let cursor = '';
  for (let page = 0; page < PAGES; page += 1) {
    const answer: Answer = await api.call(
      method,
      {
        channel,
        include_all_metadata: true,
        limit: PAGE,
        ...(threadTs === undefined ? {} : { ts: threadTs }),
        ...(since === undefined ? {} : { oldest: (since / 1000).toFixed(6) }),
        ...(cursor === '' ? {} : { cursor }),
      },
      signal,
    );
    if (!answer.ok) {
      const { ok: _, ...failure } = answer;
      // A thread whose first message is gone holds nothing to find; without the scope there is no looking.
      if (failure.code === 'thread_not_found') return { is: 'absent' };
      return failure.code === 'missing_scope' ? { is: 'blind' } : { is: 'failed', failure };
    }
    const hit = listAt(answer.data, 'messages').find((message) => textAt(message, 'ts') !== threadTs && isIt(message));
    const ts = textAt(hit, 'ts');
    if (ts !== undefined) return { is: 'found', ts };
    cursor = textAt(answer.data, 'response_metadata', 'next_cursor') ?? '';
    if (cursor === '') break;
  }
  return { is: 'absent' };
}

/** Whether a message carries our id. */
export const carries =
  (id: string) =>
  (message: unknown): boolean =>
    textAt(message, 'metadata', 'event_type') === EVENT_TYPE &&
    textAt(message, 'metadata', 'event_payload', 'id') === id;

/** Whether a message shares the file. */
export const shares =
  (file: string) =>
  (message: unknown): boolean =>
    listAt(message, 'files').some((one) => textAt(one, 'id') === file);
