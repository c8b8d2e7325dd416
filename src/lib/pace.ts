import type { Clock } from './clock.ts';

/** Waits for a turn of background work; ends early, without an error, when the signal is aborted. */
export type Pace = (signal: AbortSignal) => Promise<void>;

/** How often those who wait look again. */
const LOOK_MS = 10;

/**
 * Lets those at the door go first: while there is a rush, all that share this pace get one turn in `turnMs` together, so that nothing
 * ever stands still; otherwise they go on at once.
 */
export function createPace(clock: Clock, isRush: () => boolean, turnMs: number): Pace {
  let nextTurn = 0;
  return async (signal) => {
    while (isRush() && clock.now() < nextTurn && !signal.aborted) await clock.sleep(LOOK_MS, signal);
    nextTurn = clock.now() + turnMs;
  };
}

/** Arrivals are counted in windows of this length. */
const WINDOW_MS = 50;
/** So many within one window are a rush: 500 a second, more than could be worked in at the same time anyway. */
const RUSH = 25;

/** Counts arrivals, to tell a rush from the ordinary. */
export class Arrivals {
  readonly #now: () => number;
  #window = 0;
  #count = 0;
  #before = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  #turn(): void {
    const window = Math.floor(this.#now() / WINDOW_MS);
    if (window === this.#window) return;
    this.#before = window === this.#window + 1 ? this.#count : 0;
    this.#count = 0;
    this.#window = window;
  }

  /** Somebody came. */
  add(): void {
    this.#turn();
    this.#count += 1;
  }

  /** Whether so many come that all else should wait. */
  get isRush(): boolean {
    this.#turn();
    return this.#count >= RUSH || this.#before >= RUSH;
  }
}
