import { steadyNow } from '../../lib/steadyNow.ts';
import { POSTS, TIERS } from './limits.ts';

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;
/** A token bucket: so many calls at once, refilled steadily. */
export interface Bucket {
  readonly key: string;
  readonly capacity: number;
  readonly perMs: number;
}

/** A bucket's level at a time (epoch ms). */
export interface Level {
  readonly tokens: number;
  readonly at: number;
}

const TIER_OF: Readonly<Record<string, keyof typeof TIERS>> = {
  'auth.test': 'special',
  'usergroups.users.list': 't2',
  'chat.update': 't3',
  'conversations.history': 't3',
  'conversations.replies': 't3',
  'conversations.info': 't3',
  'conversations.open': 't3',
};

/** The buckets that a call drinks from. Sources stand beside the numbers. Pure. */
export function bucketsOf(method: string, channel: string): readonly Bucket[] {
  if (method === 'chat.postMessage')
    return [
      { key: `${method} ${channel}`, capacity: POSTS.burst, perMs: POSTS.perSecond / SECOND_MS },
      { key: method, capacity: POSTS.workspacePerMinute / 2, perMs: POSTS.workspacePerMinute / MINUTE_MS },
    ];
  const perMinute = TIERS[TIER_OF[method] ?? 't4'];
  // Half a minute's worth at once: a window that begins anywhere then holds no more than the vendor grants in bursts.
  return [{ key: method, capacity: perMinute / 2, perMs: perMinute / MINUTE_MS }];
}

/** What a bucket holds now. Pure. */
export function levelAt({ capacity, perMs }: Bucket, level: Level | undefined, now: number): Level {
  if (!level) return { tokens: capacity, at: now };
  return {
    tokens: Math.min(capacity, level.tokens + Math.max(0, now - level.at) * perMs),
    at: Math.max(now, level.at),
  };
}

/** Milliseconds until a bucket grants one more call beside those under way; 0: now. Pure. */
export function waitOf(bucket: Bucket, level: Level | undefined, underWay: number, now: number): number {
  const missing = 1 + underWay - levelAt(bucket, level, now).tokens;
  return missing <= 0 ? 0 : Math.ceil(missing / bucket.perMs);
}

/** Keeps a bot's budgets. In memory: what a restart forgets, the vendor's 429 tells. */
export class Budgets {
  readonly #now: () => number;
  readonly #levels = new Map<string, Level>();
  readonly #underWay = new Map<string, number>();
  /** Until when the vendor wants a method to rest in a channel, epoch ms. */
  readonly #closed = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = steadyNow(now, () => this.#clear());
  }

  #clear(): void {
    this.#levels.clear();
    this.#closed.clear();
  }

  /** How long a call has to wait, in ms; 0: now. */
  wait(method: string, channel: string): number {
    const now = this.#now();
    const waits = bucketsOf(method, channel).map((bucket) =>
      waitOf(bucket, this.#levels.get(bucket.key), this.#underWay.get(bucket.key) ?? 0, now),
    );
    return Math.max(0, (this.#closed.get(`${method} ${channel}`) ?? 0) - now, ...waits);
  }

  /** The vendor asked for a pause. */
  close(method: string, channel: string, ms: number): void {
    this.#closed.set(`${method} ${channel}`, this.#now() + ms);
  }

  /** Runs a call and counts it when it has ended: the vendor counted it earlier, so we are never ahead of it. */
  async charge<T>(method: string, channel: string, call: () => Promise<T>): Promise<T> {
    const buckets = bucketsOf(method, channel);
    for (const { key } of buckets) this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1);
    try {
      return await call();
    } finally {
      const now = this.#now();
      for (const bucket of buckets) {
        this.#underWay.set(bucket.key, (this.#underWay.get(bucket.key) ?? 1) - 1);
        const { tokens, at } = levelAt(bucket, this.#levels.get(bucket.key), now);
        this.#levels.set(bucket.key, { tokens: tokens - 1, at });
      }
      this.#forget(now);
    }
  }

  /** Full buckets and past pauses are like none. */
  #forget(now: number): void {
    if (this.#levels.size + this.#closed.size < 1000) return;
    for (const [key, { at }] of this.#levels) if (now - at > MINUTE_MS) this.#levels.delete(key);
    for (const [key, until] of this.#closed) if (until < now) this.#closed.delete(key);
  }
}
