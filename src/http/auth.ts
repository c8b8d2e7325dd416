import { createHash, timingSafeEqual } from 'node:crypto';

/** How senders of webhooks prove themselves; every given way is accepted. None given: the door is open (loopback only). */
export interface WebhookAuth {
  readonly bearer?: string;
  readonly basic?: { readonly user: string; readonly password: string };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in constant time, whatever the lengths. */
function same(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** Whether an Authorization header proves its sender. Pure. */
export function authorized(auth: WebhookAuth, header: string | undefined): boolean {
  if (!auth.bearer && !auth.basic) return true;
  const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(header ?? '') ?? [];
  if (auth.bearer && scheme.toLowerCase() === 'bearer' && same(value, auth.bearer)) return true;
  if (auth.basic && scheme.toLowerCase() === 'basic') {
    const given = Buffer.from(value, 'base64').toString('utf8');
    return same(given, `${auth.basic.user}:${auth.basic.password}`);
  }
  return false;
}
