import { createHmac, timingSafeEqual } from 'node:crypto';
import { CLOCK_SKEW_MS } from './limits.ts';

/** Why a request is not Slack's. */
export type SignatureFault = 'missing' | 'stale' | 'wrong';

/**
 * Checks the signature over the very bytes that came: `v0=` and the HMAC-SHA256 of `v0:timestamp:body`, the time at most five minutes from
 * ours on either side, compared in constant time. https://docs.slack.dev/authentication/verifying-requests-from-slack. Pure; `now` in epoch ms.
 */
export function signatureFault(request: {
  readonly secret: string;
  readonly signature: string | undefined;
  readonly timestamp: string | undefined;
  readonly body: Uint8Array;
  readonly now: number;
}): SignatureFault | undefined {
  const { secret, signature, timestamp, body, now } = request;
  if (signature === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return 'missing';
  if (Math.abs(now - Number(timestamp) * 1000) > CLOCK_SKEW_MS) return 'stale';
  const expected = Buffer.from(
    `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`,
  );
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected) ? undefined : 'wrong';
}
