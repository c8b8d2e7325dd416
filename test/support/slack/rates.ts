import {
  HUNDREDS_PER_MINUTE,
  POST_BURST,
  POST_PER_MINUTE_WORKSPACE,
  POST_PER_SECOND,
  TIER_PER_MINUTE,
} from './limits.ts';

/** A method's budget. https://docs.slack.dev/apis/web-api/rate-limits */
export type Tier = 't2' | 't3' | 't4' | 'hundreds' | 'post';

/** Grants calls or says how long to wait. */
export interface Rates {
  /** Undefined: granted. Else the seconds of Retry-After (whole, at least 1). */
  take(method: string, tier: Tier, channel: string | undefined, now: number): number | undefined;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets, on the vendor's time: a minute's worth of burst for tiers, a few messages for a channel. */
export function tokenBuckets(): Rates {
  const buckets = new Map<string, Bucket>();

  const level = (key: string, capacity: number, perMs: number, now: number): Bucket => {
    const bucket = buckets.get(key) ?? { tokens: capacity, at: now };
    const tokens = Math.min(capacity, bucket.tokens + Math.max(0, now - bucket.at) * perMs);
    const next = { tokens, at: Math.max(now, bucket.at) };
    buckets.set(key, next);
    return next;
  };

  return {
    take(method, tier, channel, now) {
      const wanted =
        tier === 'post'
          ? [
              { key: `${method} ${channel ?? ''}`, capacity: POST_BURST, perMs: POST_PER_SECOND / SECOND_MS },
              { key: method, capacity: POST_PER_MINUTE_WORKSPACE, perMs: POST_PER_MINUTE_WORKSPACE / MINUTE_MS },
            ]
          : [minutely(method, tier === 'hundreds' ? HUNDREDS_PER_MINUTE : TIER_PER_MINUTE[tier])];
      const levels = wanted.map(({ key, capacity, perMs }) => ({ bucket: level(key, capacity, perMs, now), perMs }));
      const waits = levels.map(({ bucket, perMs }) => (bucket.tokens >= 1 ? 0 : (1 - bucket.tokens) / perMs));
      const longest = Math.max(...waits);
      if (longest > 0) return Math.max(1, Math.ceil(longest / SECOND_MS));
      for (const { bucket } of levels) bucket.tokens -= 1;
      return undefined;
    },
  };
}

function minutely(
  key: string,
  perMinute: number,
): { readonly key: string; readonly capacity: number; readonly perMs: number } {
  return { key, capacity: perMinute, perMs: perMinute / MINUTE_MS };
}
