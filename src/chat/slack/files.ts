import type { Clock } from '../../lib/clock.ts';
import { clip, inertLine } from '../../lib/text.ts';
import { put, type Store } from '../../store/port.ts';
import type { DeliveryOutcome } from '../port.ts';
import type { Api } from './api.ts';
import type { Failure } from './failure.ts';
import { textAt } from './fields.ts';
import { find, shares } from './find.ts';
import { ALT_TEXT } from './limits.ts';
import { slackUploads } from './threads.ts';

/** A file to share. `key` names it for ever; `bytes` are asked for when they are needed. */
export interface SharedFile {
  readonly key: string;
  readonly name: string;
  readonly title: string;
  readonly alt?: string;
  readonly bytes: () => Promise<Uint8Array | undefined>;
}

/** How sharing ended: `no-file` where Slack or we have none of it, for good; else as with a message that is not delivered. */
export type Shared =
  | { readonly is: 'shared'; readonly file: string }
  | { readonly is: 'no-file' }
  | Exclude<DeliveryOutcome, { readonly is: 'delivered' | 'refused' }>;

/** Shares a file in a channel or a thread, once. */
export type Share = (
  file: SharedFile,
  where: { readonly channel: string; readonly threadTs: string | undefined },
  signal: AbortSignal,
) => Promise<Shared>;

/** Characters of a file's name and title that are kept. */
const NAME = 80;
const TITLE = 200;

/** A failed step. What lies with the app's rights or the channel is no reason to hold a lane: words must do. */
function ended(failure: Failure, shown: boolean): Shared {
  const { is, text, trouble, retryAfterMs } = failure;
  if (is === 'limited') return { is, retryAfterMs: retryAfterMs ?? 0 };
  if (is === 'refused' || trouble === 'scope' || trouble === 'place') return { is: 'no-file' };
  // Before the last step nothing shows, whatever arrived.
  return { is: shown ? is : 'not-arrived', reason: text };
}

/**
 * Shares files by the three steps of https://docs.slack.dev/messaging/working-with-files#upload. The last one tells no ts and takes no
 * metadata; so the file's id is made durable before it, and another try looks for that file where it was to go.
 */
export function createShare(options: { readonly api: Api; readonly store: Store; readonly clock: Clock }): Share {
  const { api, store, clock } = options;

  async function upload(file: SharedFile, signal: AbortSignal): Promise<{ readonly id: string } | Shared> {
    const bytes = await file.bytes();
    if (!bytes || bytes.length === 0) return { is: 'no-file' };
    const ticket = await api.call(
      'files.getUploadURLExternal',
      {
        filename: file.name.slice(-NAME),
        length: bytes.length,
        ...(file.alt === undefined ? {} : { alt_txt: clip(inertLine(file.alt), ALT_TEXT) }),
      },
      signal,
    );
    if (!ticket.ok) return ended(ticket, false);
    const [url, id] = [textAt(ticket.data, 'upload_url'), textAt(ticket.data, 'file_id')];
    if (url === undefined || id === undefined) return { is: 'no-file' };
    const sent = await api.upload(url, bytes, signal);
    return sent.ok ? { id } : ended(sent, false);
  }

  return async (file, { channel, threadTs }, signal) => {
    const known = (await store.get(slackUploads, file.key))?.body.file;
    if (known !== undefined) {
      const found = await find(api, { channel, threadTs }, shares(known), signal);
      if (found.is === 'found') return { is: 'shared', file: known };
      if (found.is === 'failed') {
        const { is, text, retryAfterMs } = found.failure;
        return is === 'limited' ? { is, retryAfterMs: retryAfterMs ?? 0 } : { is: 'ambiguous', reason: text };
      }
    }
    const ready = known === undefined ? await upload(file, signal) : { id: known };
    if ('is' in ready) return ready;
    const { id } = ready;
    if (known === undefined) await store.commit([put(slackUploads, file.key, { file: id, at: clock.now() }, 'any')]);
    const done = await api.call(
      'files.completeUploadExternal',
      {
        files: [{ id, title: clip(inertLine(file.title), TITLE) }],
        channel_id: channel,
        ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      },
      signal,
    );
    return done.ok ? { is: 'shared', file: id } : ended(done, true);
  };
}
