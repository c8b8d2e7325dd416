import type { Clock } from '../../lib/clock.ts';
import type { Api } from './api.ts';
import type { Listeners } from './hearing.ts';

/** The same is said to the same person once in this time. */
const AGAIN_MS = 60_000;
/** So many sayings are remembered. */
const MOST = 1000;

/** Says a fixed sentence to one person where they spoke, as well as it can: it is not kept, and no reply to a storm of presses. */
export function createTell(api: Api, clock: Clock, signal: AbortSignal): Listeners['tell'] {
  const said = new Map<string, number>();
  return ({ user, channel, rootTs }, text) => {
    if (user === undefined || channel === undefined) return;
    const key = `${user} ${channel} ${text}`;
    if (clock.now() - (said.get(key) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
    if (said.size >= MOST) said.clear();
    said.set(key, clock.now());
    const where = rootTs === undefined ? { channel, user } : { channel, user, thread_ts: rootTs };
    void api.call('chat.postEphemeral', { ...where, text, parse: 'none' }, signal);
  };
}
