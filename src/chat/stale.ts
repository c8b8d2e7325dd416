import type { Card } from './message.ts';
import type { OutboxEntry } from './outbox.ts';

/** What waited this long is old news: a chat that comes back is told the end of such stories, not every word of them. */
export const STALE_MS = 10 * 60_000;
/** Fewer waiting messages than this are simply sent. */
export const STALE_FROM = 20;
/** Stories that a digest names. */
const NAMED = 30;

/** An outbox entry with its document id. */
export interface Waiting {
  readonly id: string;
  readonly entry: OutboxEntry;
}

/** What replaces a lane's old news: the entries that go, and one message that stands for them. */
export interface StaleDigest {
  readonly drop: readonly string[];
  readonly card: Card;
}

/**
 * Finds threads that began and ended while the chat was away: their root was never posted and its newest version is green. Their messages
 * are replaced by one; everything else stays, in its order. Undefined where there are no such threads, or the lane isn't old or long. Pure.
 */
export function staleDigest(lane: readonly Waiting[], now: number): StaleDigest | undefined {
  const first = lane[0];
  if (!first || lane.length < STALE_FROM || now - first.entry.at < STALE_MS) return undefined;
  const over: {
    readonly title: string;
    readonly ids: readonly string[];
    readonly from: number;
    readonly until: number;
  }[] = [];
  for (const [root, own] of Map.groupBy(lane, ({ entry }) => entry.root)) {
    const roots = own.filter(({ entry }) => entry.message === root);
    const newest = roots.at(-1)?.entry;
    const began = roots[0]?.entry;
    // A root in doubt may stand in the chat: it must get its green.
    if (
      own.length < 2 ||
      began?.do !== 'post' ||
      newest?.card.tone !== 'ok' ||
      own.some(({ entry }) => entry.ambiguous)
    )
      continue;
    over.push({ title: newest.card.title, ids: own.map(({ id }) => id), from: began.at, until: newest.at });
  }
  if (over.length === 0) return undefined;
  const time = (at: number): string => new Date(at).toISOString().slice(11, 16);
  const items = over.slice(0, NAMED).map(({ title, from, until }) => `${time(from)} to ${time(until)} UTC: ${title}`);
  if (over.length > NAMED) items.push(`and ${over.length - NAMED} more; the console has them all`);
  return {
    drop: over.flatMap(({ ids }) => ids),
    card: {
      tone: 'ok',
      title: `While this chat could not be reached, ${over.length} ${over.length === 1 ? 'incident' : 'incidents'} came and went`,
      blocks: [{ kind: 'list', items }],
      buttons: [],
    },
  };
}
