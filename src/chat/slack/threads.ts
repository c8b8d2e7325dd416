import { type Collection, put, remove, type Store } from '../../store/port.ts';
import type { MessageKey } from '../port.ts';

/** Which of our threads begins with a message. Document id: `CHANNEL:TS`. `root` is the thread's key; times are epoch ms. */
export const slackThreads: Collection<{ readonly root: MessageKey; readonly at: number }> = {
  kind: 'slackthread',
  keys: ({ root }) => ({ root }),
};

/** Files on their way: written before Slack is told to share one, so that no crash shares it twice. Document id: the delivery's. */
export const slackUploads: Collection<{ readonly file: string; readonly at: number }> = {
  kind: 'slackupload',
  keys: () => ({}),
};

/** What this chat keeps in the store. */
export const SLACK_COLLECTIONS: readonly Collection<never>[] = [slackThreads, slackUploads];

const BATCH = 200;
/** An upload is tried again for as long as its message waits in the outbox; past that nobody asks for it. */
const UPLOAD_MS = 7 * 86_400_000;

/** Forgets threads by their keys (retention). */
export async function forgetThreads(store: Store, roots: readonly MessageKey[]): Promise<void> {
  for (const root of roots) {
    const found = await store.find(slackThreads, { key: ['root', root], limit: BATCH });
    if (found.length > 0) await store.commit(found.map(({ id }) => remove(slackThreads, id, 'any')));
  }
}

async function sweep<T extends { readonly at: number }>(
  store: Store,
  collection: Collection<T>,
  before: number,
): Promise<void> {
  for (let after = ''; ; ) {
    const page = await store.find(collection, { after, limit: BATCH });
    const old = page.filter(({ body }) => body.at < before);
    if (old.length > 0) await store.commit(old.map(({ id }) => remove(collection, id, 'any')));
    if (page.length < BATCH) return;
    after = page.at(-1)?.id ?? '';
  }
}

/** Forgets threads that began before `olderThan` (epoch ms), and uploads that nobody asks for any more. */
export async function sweepSlack(store: Store, now: number, olderThan: number): Promise<void> {
  await sweep(store, slackThreads, olderThan);
  await sweep(store, slackUploads, now - UPLOAD_MS);
}

/** Keeps which thread a root message begins. */
export async function keepThread(store: Store, ref: string, root: MessageKey, at: number): Promise<void> {
  await store.commit([put(slackThreads, ref, { root, at }, 'any')]);
}

/** The thread that begins with a message; undefined for a stranger's. */
export async function threadOf(store: Store, channel: string, ts: string): Promise<MessageKey | undefined> {
  return (await store.get(slackThreads, messageRef(channel, ts)))?.body.root;
}

/** What a posted message is called: its channel and its ts. */
export function messageRef(channel: string, ts: string): string {
  return `${channel}:${ts}`;
}

/** Channel and ts of a reference; undefined for files and for what only one person saw. */
export function readRef(ref: string | undefined): { readonly channel: string; readonly ts: string } | undefined {
  const [, channel, ts] = /^([CDG][A-Z0-9]+):(\d+\.\d+)$/.exec(ref ?? '') ?? [];
  return channel !== undefined && ts !== undefined ? { channel, ts } : undefined;
}

/** Where an answer goes, as an event's `replyTo` carries it. */
export type ReplyTo =
  /** Below a message that began no thread yet. */
  | { readonly under: string }
  /** Into a thread that is there, but not one of ours. */
  | { readonly inside: string }
  /** What only one person sees belongs into the channel: the press was on the root message, not in its thread. */
  | { readonly beside: true };

/** Writes a `replyTo`. */
export function writeReplyTo(to: ReplyTo): string {
  return 'under' in to ? `under ${to.under}` : 'inside' in to ? `inside ${to.inside}` : 'beside';
}

/** Reads a `replyTo`; undefined for anything else. */
export function readReplyTo(text: string | undefined): ReplyTo | undefined {
  if (text === 'beside') return { beside: true };
  const [, word, ts] = /^(under|inside) (\d+\.\d+)$/.exec(text ?? '') ?? [];
  if (ts === undefined) return undefined;
  return word === 'under' ? { under: ts } : { inside: ts };
}
