import type { Ping } from './mentions.ts';
import { objOf, textOf } from './value.ts';
import type { Call, Operation, StoredMessage, World } from './world.ts';

/** Questions that tests ask of what happened. */
export interface Transcript {
  /** Everything in a channel in the order of posting, replies and ephemeral messages too, without deleted ones. */
  messages(channel: string): readonly StoredMessage[];
  /** A root and its replies, in order. */
  thread(channel: string, rootTs: string): readonly StoredMessage[];
  /** What one person alone was shown. */
  ephemerals(user: string): readonly StoredMessage[];
  /** Accepted posts, edits, uploads and responses, in the order of acceptance; one channel's is its lane. */
  operations(channel?: string): readonly Operation[];
  /** Ids that more than one of the bot's messages carries; by default `metadata.event_payload.id`. */
  duplicates(idOf?: (message: StoredMessage) => string | undefined): readonly string[];
  /** Everybody that any of the bot's messages pinged, deleted ones included. */
  pings(): readonly (Ping & { readonly ts: string })[];
  /** Calls of a method (or all), in the order of arrival. */
  calls(method?: string): readonly Call[];
  /** Calls by method, how many and how they ended. */
  tally(): Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The longest wait that a 429 asked for, in seconds; 0 when there was none. */
  longestWaitSeconds(): number;
}

/** Metadata's own id of a message. */
export function metadataId(message: Pick<StoredMessage, 'metadata'>): string | undefined {
  return textOf(objOf(message.metadata?.['event_payload'])['id']);
}

/** The questions over a world. */
export function transcriptOf(world: World): Transcript {
  const all = () => [...world.channels.values()].flatMap((channel) => channel.messages);
  const messages = (channel: string) =>
    (world.channels.get(channel)?.messages ?? []).filter((message) => !message.deleted);
  return {
    messages,
    thread: (channel, rootTs) =>
      messages(channel).filter((message) => message.ts === rootTs || message.threadTs === rootTs),
    ephemerals: (user) => all().filter((message) => message.ephemeralFor === user && !message.deleted),
    operations: (channel) =>
      world.operations.filter((operation) => channel === undefined || operation.channel === channel),
    duplicates: (idOf = metadataId) => {
      const seen = new Map<string, number>();
      for (const message of all()) {
        const id = message.byBot && !message.deleted ? idOf(message) : undefined;
        if (id !== undefined) seen.set(id, (seen.get(id) ?? 0) + 1);
      }
      return [...seen].filter(([, count]) => count > 1).map(([id]) => id);
    },
    pings: () =>
      all()
        .filter((message) => message.byBot)
        .flatMap((message) => message.reach.pings.map((ping) => ({ ...ping, ts: message.ts }))),
    calls: (method) => world.calls.filter((call) => method === undefined || call.method === method),
    tally: () => {
      const counts: Record<string, Record<string, number>> = {};
      for (const { method, outcome } of world.calls) {
        const row = counts[method] ?? {};
        counts[method] = row;
        row[outcome] = (row[outcome] ?? 0) + 1;
      }
      return counts;
    },
    longestWaitSeconds: () => Math.max(0, ...world.calls.map((call) => call.retryAfterSeconds ?? 0)),
  };
}
