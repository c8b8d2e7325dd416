import type { Collection, Write } from '../store/port.ts';
import { append, put } from '../store/port.ts';
import type { Card } from './message.ts';
import type { Conversation, MessageKey, VendorRef } from './port.ts';

/** A message on its way. Times are epoch ms. */
export interface OutboxEntry {
  readonly do: 'post' | 'edit';
  readonly conversation: Conversation;
  readonly message: MessageKey;
  /** The root message of the thread it belongs to; its own key for a root. */
  readonly root: MessageKey;
  readonly card: Card;
  readonly onlyFor?: string;
  readonly replyTo?: string;
  /** Somebody waits for it: what a request asks, or how it ended. */
  readonly urgent?: boolean;
  readonly at: number;
  readonly tries: number;
  readonly ambiguous: boolean;
}

/** Names the lane of a conversation: one message after the other within it. */
export function laneOf({ chat, id }: Conversation): string {
  return `${chat}:${id}`;
}

/**
 * Whether a message may overtake others of its lane: a thread's root, what answers a person, and what says so itself. None leans on what
 * waits before it but is not urgent, and somebody waits for it; a thread's evidence may come when the chat has room. Pure.
 */
export function isUrgent({ do: kind, message, root, onlyFor, replyTo, urgent = false }: OutboxEntry): boolean {
  return urgent || (kind === 'post' && (root === message || onlyFor !== undefined || replyTo !== undefined));
}

/** Messages that are not delivered yet, in the order of their writing. */
export const outbox: Collection<OutboxEntry> = {
  kind: 'outbox',
  keys: (entry) => ({
    lane: laneOf(entry.conversation),
    urgent: isUrgent(entry) ? laneOf(entry.conversation) : undefined,
    edits: entry.do === 'edit' ? `${laneOf(entry.conversation)}|${entry.message}` : undefined,
  }),
};

/** Conversations that ever had a message; what the outbox looks through. Document id: the lane. */
export const lanes: Collection<Conversation> = { kind: 'lane', keys: () => ({}) };

/** What a delivered message is called by its vendor. Document id: `postedId`. */
export const posted: Collection<{ readonly ref: VendorRef; readonly root: MessageKey; readonly at: number }> = {
  kind: 'posted',
  keys: ({ root }) => ({ root }),
};

/** The document id of a delivered message in one conversation. */
export function postedId(conversation: Conversation, message: MessageKey): string {
  return `${laneOf(conversation)}|${message}`;
}

/** What to say: a new message, or a new version of an old one. */
export type Saying = Pick<OutboxEntry, 'do' | 'message' | 'root' | 'card' | 'onlyFor' | 'replyTo' | 'urgent'>;

/** The writes that put a saying into the outbox of each conversation; they belong into the commit of what it tells. */
export function say(conversations: readonly Conversation[], saying: Saying, now: number): readonly Write[] {
  return conversations.flatMap((conversation) => [
    put(lanes, laneOf(conversation), conversation, 'any'),
    append(outbox, { ...saying, conversation, at: now, tries: 0, ambiguous: false }),
  ]);
}
