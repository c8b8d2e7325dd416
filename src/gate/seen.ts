import type { Refusal } from './facts.ts';
import type { GateRequest } from './model.ts';

/** A plan that is younger than this may not be the one that somebody has before their eyes who names the request alone, ms. */
const FRESH_MS = 60_000;
/** So many hex digits make a short digest: shorter ones are words. Cards show eight, as `3fa9-81c0`. */
const LEAST_HEX = 6;
/** SHA-256. */
const WHOLE_HEX = 64;

/** The digest that a word gives, in full or shortened, with or without its hyphen; undefined for what is none, as `decade`. Pure. */
export function digestWord(word: string | undefined): string | undefined {
  const hex = word?.replace('-', '').toLowerCase() ?? '';
  if (!/^[0-9a-f]+$/.test(hex) || hex.length < LEAST_HEX || hex.length > WHOLE_HEX) return undefined;
  return word?.includes('-') || /\d/.test(hex) ? hex : undefined;
}

/** When the plan was made that stands now, epoch ms: each plan begins its time anew. Pure. */
function plannedAt({ approveBy, policy }: GateRequest): number {
  return approveBy - policy.ttlMs;
}

/**
 * Why somebody who names a request, without pressing a button of its card, may not have seen the plan that stands: they name another, or it
 * took an earlier one's place within the last minute. Pure.
 */
export function unseen(request: GateRequest, digest: string | undefined, now: number): Refusal | undefined {
  if (digest !== undefined) return request.digest.startsWith(digest) ? undefined : { why: 'plan-changed' };
  const changed = plannedAt(request) !== request.requestedAt;
  return changed && now - plannedAt(request) < FRESH_MS ? { why: 'plan-changed' } : undefined;
}
