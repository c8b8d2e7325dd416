import type { Clock } from '../../../src/lib/clock.ts';
import { conflict } from './failure.ts';
import type { Faults } from './faults.ts';
import { LONG_POLL_MAX_SECONDS, UPDATES_LIMIT_MAX } from './limits.ts';
import type { Params } from './params.ts';
import { type Pending, type Queue, UPDATE_TYPES, updateObject } from './queue.ts';
import { isArray, type Json } from './wire.ts';

/** An offset further ahead than this of the next update's id counts as nonsense and confirms nothing.
 *  https://github.com/tdlib/td (TQueue::get). */
const OFFSET_AHEAD_MAX = 10;

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Sets the wanted types when the parameter is there. Unknown names are reported; the server skips them. */
export function takeAllowed(queue: Queue, params: Params): void {
  if (!params.has('allowed_updates')) return;
  const given = params.json('allowed_updates', 'allowed_updates');
  const names = isArray(given) ? given.map(String) : [];
  for (const name of names) {
    if (!UPDATE_TYPES.includes(name)) params.report('bad-request-shape', `allowed_updates: ${name}`);
  }
  queue.allow(names.filter((name) => UPDATE_TYPES.includes(name)));
}

/** getUpdates: one poll at a time, the newest wins. https://core.telegram.org/bots/api#getupdates */
export class Polling {
  readonly #clock: Clock;
  readonly #queue: Queue;
  readonly #faults: Faults;
  #waiting: AbortController | undefined;

  constructor(clock: Clock, queue: Queue, faults: Faults) {
    this.#clock = clock;
    this.#queue = queue;
    this.#faults = faults;
  }

  /** Ends the poll that waits, with a 409 that says why. */
  interrupt(reason: string): void {
    this.#waiting?.abort(conflict(reason));
    this.#waiting = undefined;
  }

  /**
   * Confirms below `offset` and gives what is there, or waits up to `timeout` seconds for something.
   * Not emulated: the server's brake on polls that repeat an offset within half a second (they get one update at a time).
   */
  async get(params: Params, signal: AbortSignal): Promise<Json> {
    takeAllowed(this.#queue, params);
    const offset = params.int('offset');
    const limit = clamp(params.int('limit', UPDATES_LIMIT_MAX), 1, UPDATES_LIMIT_MAX);
    const timeoutMs = clamp(params.int('timeout'), 0, LONG_POLL_MAX_SECONDS) * 1000;
    if (offset < 0) this.#queue.keepLast(-offset);
    else if (offset <= this.#queue.tail + OFFSET_AHEAD_MAX) this.#queue.confirmBelow(offset);

    if (this.#queue.pending().length === 0 && timeoutMs > 0) {
      this.interrupt('terminated by other getUpdates request; make sure that only one bot instance is running');
      await this.#wait(timeoutMs, signal);
    }
    return this.#disturbed(this.#queue.pending().slice(0, limit)).map(updateObject);
  }

  async #wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const mine = new AbortController();
    this.#waiting = mine;
    const woken = new AbortController();
    const forget = this.#queue.onPush(() => woken.abort());
    await this.#clock.sleep(timeoutMs, AbortSignal.any([mine.signal, woken.signal, signal]));
    forget();
    if (this.#waiting === mine) this.#waiting = undefined;
    if (mine.signal.aborted) throw mine.signal.reason;
  }

  /** The plan's duplicates and swaps. Harsher than the server, which gives a batch in order. */
  #disturbed(batch: readonly Pending[]): Pending[] {
    const result = batch.flatMap((update) =>
      this.#faults.ofUpdate('duplicate-update', update.id) ? [update, update] : [update],
    );
    const swap = result.findIndex((update) => this.#faults.ofUpdate('reorder-updates', update.id));
    const [a, b] = [result[swap], result[swap + 1]];
    if (a !== undefined && b !== undefined) result.splice(swap, 2, b, a);
    return result;
  }
}
