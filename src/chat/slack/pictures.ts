import type { Clock } from '../../lib/clock.ts';
import { clip, inertLine } from '../../lib/text.ts';
import { put, type Store } from '../../store/port.ts';
import type { Card, Picture } from '../message.ts';
import type { Delivery, DeliveryOutcome } from '../port.ts';
import type { Api } from './api.ts';
import { textAt } from './fields.ts';
import { find, shares } from './find.ts';
import { ALT_TEXT } from './limits.ts';
import { slackUploads } from './threads.ts';

/** Sends a picture; `no-picture` where Slack or the store has none of it, and words must do. */
export type SendPicture = (
  delivery: Delivery,
  picture: Picture,
  threadTs: string | undefined,
  signal: AbortSignal,
) => Promise<DeliveryOutcome | 'no-picture'>;

/** The picture of a card that is nothing else. */
export function pictureOf({ blocks }: Card): Picture | undefined {
  const [only] = blocks;
  return blocks.length === 1 && only?.kind === 'picture' ? only.picture : undefined;
}

/** A file's name that says what it is of. */
function fileName({ message }: Delivery): string {
  return `${message.replaceAll(/[^A-Za-z0-9-]+/g, '-').slice(0, 80)}.png`;
}

/**
 * Shares pictures by the three steps of https://docs.slack.dev/messaging/working-with-files#upload. The last one tells no ts and takes no
 * metadata; so the file's id is made durable before it, and a second try looks for that file in the thread.
 */
export function createPictures(options: {
  readonly api: Api;
  readonly store: Store;
  readonly clock: Clock;
  readonly getBlob: (id: string) => Promise<Uint8Array | undefined>;
}): SendPicture {
  const { api, store, clock, getBlob } = options;

  /** The first two steps: nothing shows yet, so whatever fails can be done anew. */
  async function uploaded(
    delivery: Delivery,
    picture: Picture,
    signal: AbortSignal,
  ): Promise<{ readonly file: string } | DeliveryOutcome | 'no-picture'> {
    const bytes = await getBlob(picture.light);
    if (!bytes || bytes.length === 0) return 'no-picture';
    const ticket = await api.call(
      'files.getUploadURLExternal',
      { filename: fileName(delivery), length: bytes.length, alt_txt: clip(inertLine(picture.alt), ALT_TEXT) },
      signal,
    );
    if (!ticket.ok) return early(ticket);
    const [url, file] = [textAt(ticket.data, 'upload_url'), textAt(ticket.data, 'file_id')];
    if (url === undefined || file === undefined) return 'no-picture';
    const sent = await api.upload(url, bytes, signal);
    return sent.ok ? { file } : early(sent);
  }

  return async (delivery, picture, threadTs, signal) => {
    const channel = delivery.conversation.id;
    const known = (await store.get(slackUploads, delivery.id))?.body.file;
    if (known !== undefined) {
      const found = await find(api, { channel, threadTs }, shares(known), signal);
      if (found.is === 'found') return { is: 'delivered', ref: `file:${known}` };
      if (found.is === 'failed') {
        const { failure } = found;
        if (failure.is === 'limited') return { is: 'limited', retryAfterMs: failure.retryAfterMs ?? 0 };
        return { is: 'ambiguous', reason: failure.text };
      }
    }
    const ready = known === undefined ? await uploaded(delivery, picture, signal) : { file: known };
    if (ready === 'no-picture' || 'is' in ready) return ready;
    const { file } = ready;
    if (known === undefined) await store.commit([put(slackUploads, delivery.id, { file, at: clock.now() }, 'any')]);
    const done = await api.call(
      'files.completeUploadExternal',
      {
        files: [{ id: file, title: clip(inertLine(delivery.card.title), 200) }],
        channel_id: channel,
        ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      },
      signal,
    );
    if (done.ok) return { is: 'delivered', ref: `file:${file}` };
    if (done.is === 'limited') return { is: 'limited', retryAfterMs: done.retryAfterMs ?? 0 };
    if (done.is === 'ambiguous' || (done.is === 'not-arrived' && done.trouble !== 'scope' && done.trouble !== 'place'))
      return { is: done.is, reason: done.text };
    return 'no-picture';
  };
}

/** A failure of the first two steps. */
function early(failure: {
  readonly is: string;
  readonly text: string;
  readonly trouble?: string;
  readonly retryAfterMs?: number;
}): DeliveryOutcome | 'no-picture' {
  if (failure.is === 'limited') return { is: 'limited', retryAfterMs: failure.retryAfterMs ?? 0 };
  if (failure.is === 'refused' || failure.trouble === 'scope' || failure.trouble === 'place') return 'no-picture';
  return { is: 'not-arrived', reason: failure.text };
}
