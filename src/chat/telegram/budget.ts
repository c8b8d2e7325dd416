import { steadyNow } from '../../lib/steadyNow.ts';
import { CHAT_BURST, CHAT_INTERVAL_MS, GROUP_PER_MINUTE, GROUP_RESERVED, OVERALL_PER_SECOND } from './limits.ts';

/** What was sent in one lane. Times are epoch ms. */
export interface LaneBudget {
  /** When the lane's bucket is full again (GCRA's theoretical arrival time). */
  readonly fullAt: number;
  /** When messages of the last minute were sent, oldest first. */
  readonly sent: readonly number[];
  /** The vendor said to wait until then. */
  readonly closedUntil: number;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;
/** A lane in which nothing was sent. */
export const FRESH: LaneBudget = { fullAt: 0, sent: [], closedUntil: 0 };

/** When one more of `count` may follow, with at most `limit` in `windowMs`. */
function windowWait(sent: readonly number[], limit: number, windowMs: number, count: number, now: number): number {
  const recent = sent.filter((at) => at > now - windowMs);
  const free = recent.length + count - limit;
  return free <= 0 ? 0 : (recent[Math.min(free, recent.length) - 1] ?? now) + windowMs - now;
}

/** How long to wait before `count` messages may be sent to a chat, in ms; 0: now. `underWay` are calls of any lane. Pure. */
export function waitFor(
  lane: LaneBudget,
  overall: readonly number[],
  ask: {
    readonly group: boolean;
    readonly count: number;
    readonly urgent: boolean;
    readonly underWay: number;
    readonly now: number;
  },
): number {
  const { group, count, urgent, underWay, now } = ask;
  const perMinute = urgent ? GROUP_PER_MINUTE : GROUP_PER_MINUTE - GROUP_RESERVED;
  return Math.max(
    0,
    lane.closedUntil - now,
    lane.fullAt - now - (CHAT_BURST - Math.min(count, CHAT_BURST)) * CHAT_INTERVAL_MS,
    group ? windowWait(lane.sent, perMinute, MINUTE_MS, count, now) : 0,
    windowWait(overall, OVERALL_PER_SECOND, SECOND_MS, count + underWay, now),
  );
}

/** The lane after a message. Count it when its call has ended: the server counted it earlier, so we are never ahead of it. Pure. */
export function spent(lane: LaneBudget, now: number): LaneBudget {
  return {
    ...lane,
    fullAt: Math.max(lane.fullAt, now) + CHAT_INTERVAL_MS,
    sent: [...lane.sent.filter((at) => at > now - MINUTE_MS), now],
  };
}

/** Keeps the budgets of a bot's lanes. In memory: after a restart the vendor's 429 tells what was forgotten. */
export class Budgets {
  readonly #now: () => number;
  readonly #lanes = new Map<string, LaneBudget>();
  #overall: readonly number[] = [];
  #underWay = 0;

  constructor(now: () => number) {
    this.#now = steadyNow(now, () => this.#clear());
  }

  #clear(): void {
    this.#lanes.clear();
    this.#overall = [];
  }

  /** How long the lane must wait for `count` messages, in ms. Groups have negative ids. */
  wait(lane: string, count: number, urgent: boolean): number {
    const now = this.#now();
    const group = !/^\d+$/.test(lane);
    return waitFor(this.#lanes.get(lane) ?? FRESH, this.#overall, {
      group,
      count,
      urgent,
      underWay: this.#underWay,
      now,
    });
  }

  /** The vendor asked for a pause. */
  close(lane: string, ms: number): void {
    this.#lanes.set(lane, { ...(this.#lanes.get(lane) ?? FRESH), closedUntil: this.#now() + ms });
  }

  /** Runs a call that sends one message, and counts it whatever came of it. */
  async charge<T>(lane: string, send: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await send();
    } finally {
      const now = this.#now();
      this.#underWay -= 1;
      this.#lanes.set(lane, spent(this.#lanes.get(lane) ?? FRESH, now));
      this.#overall = [...this.#overall.filter((at) => at > now - SECOND_MS), now];
    }
  }
}
