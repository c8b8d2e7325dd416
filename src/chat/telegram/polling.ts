import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { put, type Store } from '../../store/port.ts';
import { waitBefore } from '../waitBefore.ts';
import type { Api } from './api.ts';
import { ALLOWED_UPDATES, POLL_LIMIT, POLL_SECONDS, UPDATES_KEPT_MS } from './limits.ts';
import { OFFSETS } from './model.ts';
import { troubleOf } from './reasons.ts';
import type { Standing } from './standing.ts';
import { isUpdate } from './wire.ts';

/**
 * Decides who polls where several processes could: resolves when this one may, with a signal that is aborted when it may no longer.
 * Telegram ends all but one poll with a 409.
 */
export type Lead = (signal: AbortSignal) => Promise<AbortSignal>;

/** A poll that lasts longer than it should by this much has lost its connection. */
const GRACE_MS = 15_000;
const NEVER = new AbortController().signal;

/** What the loop works with. */
export interface PollingParts {
  readonly api: Api;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly standing: Standing;
  readonly lead?: Lead | undefined;
}

/**
 * Fetches updates until stopped: each is durable before the next poll's offset confirms it. Ends for nothing that the vendor, the
 * network or the store does: it says what is wrong, waits, and goes on where it was.
 */
export async function poll(parts: PollingParts, signal: AbortSignal): Promise<void> {
  const { lead = async () => NEVER, log } = parts;
  while (!signal.aborted) {
    const until = await lead(signal).catch((error: unknown) => {
      log.warn({ chat: 'telegram', error: messageOf(error) }, 'who polls is not settled, will retry');
      return undefined;
    });
    if (until) await pollAsLeader(parts, AbortSignal.any([signal, until]));
    else await parts.clock.sleep(waitBefore(1, Math.random()), signal);
  }
}

async function pollAsLeader(parts: PollingParts, signal: AbortSignal): Promise<void> {
  const { api, clock, standing } = parts;
  let offset = await storedOffset(parts);
  let heardAt = clock.now();
  for (let tries = 0; !signal.aborted; ) {
    // After a silent week the ids start anew at random: an old offset would then mean nothing, or too much.
    if (clock.now() - heardAt > UPDATES_KEPT_MS) offset = undefined;
    const answer = await api.call<readonly unknown[]>(
      'getUpdates',
      {
        timeout: POLL_SECONDS,
        limit: POLL_LIMIT,
        allowed_updates: ALLOWED_UPDATES,
        ...(offset === undefined ? {} : { offset }),
      },
      AbortSignal.any([signal, AbortSignal.timeout(POLL_SECONDS * 1000 + GRACE_MS)]),
    );
    if (signal.aborted) return;
    let waitMs = 0;
    if (answer.ok) {
      standing.clear('token', 'network', 'conflict');
      const taken = await takeBatch(parts, answer.result);
      if (taken.next !== undefined) {
        offset = taken.next;
        heardAt = clock.now();
      }
      if (!taken.all) waitMs = waitBefore(tries, Math.random());
    } else {
      const trouble = troubleOf(answer);
      if (trouble) standing.down(trouble.trouble, trouble.reason);
      waitMs = answer.retryAfterMs ?? waitBefore(tries, Math.random());
    }
    tries = waitMs > 0 ? tries + 1 : 0;
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  }
}

async function storedOffset({ store, clock, log }: PollingParts): Promise<number | undefined> {
  try {
    const kept = (await store.get(OFFSETS, 'polling'))?.body;
    return kept && clock.now() - kept.at < UPDATES_KEPT_MS ? kept.next : undefined;
  } catch (error) {
    // Without it the unconfirmed updates come again, and are known by their ids.
    log.warn({ chat: 'telegram', error: messageOf(error) }, 'the stored offset could not be read');
    return undefined;
  }
}

/** Takes a batch in, in order, up to the first that could not be made durable. `next` confirms those before it. */
async function takeBatch(
  { api, store, clock, log }: PollingParts,
  batch: readonly unknown[],
): Promise<{ readonly next: number | undefined; readonly all: boolean }> {
  const updates = batch.filter(isUpdate).sort((a, b) => a.update_id - b.update_id);
  let next: number | undefined;
  let all = true;
  for (const update of updates) {
    try {
      await api.handle(update);
      next = update.update_id + 1;
    } catch (error) {
      log.warn(
        { chat: 'telegram', update: update.update_id, error: messageOf(error) },
        'update not stored, will be fetched again',
      );
      all = false;
      break;
    }
  }
  if (next !== undefined) {
    await store
      .commit([put(OFFSETS, 'polling', { next, at: clock.now() }, 'any')])
      .catch((error: unknown) => log.warn({ chat: 'telegram', error: messageOf(error) }, 'offset not stored'));
  }
  return { next, all };
}
