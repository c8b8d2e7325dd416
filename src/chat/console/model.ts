import type { Collection } from '../../store/port.ts';
import type { Card } from '../message.ts';
import type { Conversation, MessageKey } from '../port.ts';
import type { Asked, Rank, ThreadView } from './views.ts';

/** The console's one conversation: everybody who signs in sees it. */
export const HOME: Conversation = { chat: 'console', id: 'home' };

/** The thread of what belongs to no other: answers to commands given outside a thread, notices. */
export const CHANNEL: MessageKey = 'channel';

/** A message as it is stored. Its document's id sorts in the order of posting. */
export interface ConsoleMessage {
  readonly thread: MessageKey;
  readonly key: MessageKey;
  /** The Delivery that posted it. */
  readonly delivery: string;
  readonly card: Card;
  readonly postedAt: number;
  readonly editedAt?: number;
  readonly isRoot: boolean;
  /** Whom alone it may be shown to. */
  readonly onlyFor?: string;
  readonly asked?: Asked;
}

/** The ranks that are listed, in their order. */
export const LISTED: readonly Rank[] = ['open-critical', 'open-warning', 'open-other', 'closed'];

/** A thread as it is stored, under {@link threadId}. */
export interface ConsoleThread extends ThreadView {
  /** Lower-case words of what everyone may read here, sorted, bounded. */
  readonly words: readonly string[];
}

/** One change of the feed that the browsers follow. */
export interface FeedEntry {
  readonly thread: MessageKey;
  /** Id of the message's document. */
  readonly message: string;
}

/** A browser that is signed in; the document's id is the SHA-256 of the cookie's secret. */
export interface ConsoleSession {
  readonly person: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Messages by thread; large, so a store may pack them. */
export const MESSAGES: Collection<ConsoleMessage> = {
  kind: 'consolemessage',
  keys: ({ thread, delivery }) => ({ thread, delivery }),
  cold: true,
};

/** Threads by rank; `incident` holds those whose incident is open. */
export const THREADS: Collection<ConsoleThread> = {
  kind: 'consolethread',
  keys: ({ rank, isIncident }) => ({ rank, incident: isIncident && rank.startsWith('open') ? 'open' : undefined }),
};

/** What changed, in order; trimmed. */
export const FEED: Collection<FeedEntry> = { kind: 'consolefeed', keys: () => ({}) };

/** Sessions by person. */
export const SESSIONS: Collection<ConsoleSession> = { kind: 'consolesession', keys: ({ person }) => ({ person }) };

/** A one-time link that any replica may be asked for; the document's id is the SHA-256 of its secret. */
export interface ConsoleLink {
  readonly person: string;
  readonly expiresAt: number;
  /** Printed at a start, or made in a browser that was signed in. */
  readonly from: 'start' | 'browser';
}

/** Told of each sign-in: where its one-time link came from, and the browser's IP address as this server sees it. */
export type SignInHeard = (
  person: string,
  by: { readonly from: ConsoleLink['from']; readonly address: string },
) => void;

/** One-time links, where several processes serve one console. */
export const LINKS: Collection<ConsoleLink> = { kind: 'consolelink', keys: () => ({}) };

/** All collections of the console, for the store. */
export const CONSOLE_COLLECTIONS = [MESSAGES, THREADS, FEED, SESSIONS, LINKS] as readonly Collection<never>[];

/** Digits to which the number of `INC-42` is padded, so that document ids sort as people count. */
const NUMBER_DIGITS = 10;

/** The document id of a thread: `INC-42` → `INC-0000000042`; any other key stays. */
export function threadId(key: MessageKey): string {
  const match = /^([A-Z]+)-(\d{1,10})$/.exec(key);
  return match ? `${match[1]}-${match[2]?.padStart(NUMBER_DIGITS, '0')}` : key;
}
