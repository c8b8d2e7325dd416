import { tooMany } from './failure.ts';
import { CHAT_BURST, CHAT_PER_SECOND, GROUP_PER_MINUTE, OVERALL_PER_SECOND } from './limits.ts';
import type { EarlyRetry } from './records.ts';
import type { Chat } from './world.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/** The lane of everything together. */
const OVERALL = 'all';

/** How fast a bot may post. Edits count like posts. */
export class Budgets {
  readonly #now: () => number;
  readonly #enforced: boolean;
  readonly #early: EarlyRetry[];
  readonly #tokens = new Map<string, { left: number; at: number }>();
  readonly #sent = new Map<string, number[]>();
  readonly #flooded = new Map<string, { until: number; told: boolean }>();
  /** The longest wait that the bot was told, in seconds. */
  longestWaitSeconds = 0;

  constructor(now: () => number, enforced: boolean, early: EarlyRetry[]) {
    this.#now = now;
    this.#enforced = enforced;
    this.#early = early;
  }

  /** Makes a chat (or, without one, every chat) refuse for so many seconds. `told`: the bot hears of it now. */
  impose(seconds: number, chatId?: number, told = false): void {
    const lane = chatId === undefined ? OVERALL : String(chatId);
    this.#flooded.set(lane, { until: this.#now() + seconds * SECOND_MS, told });
    this.longestWaitSeconds = Math.max(this.longestWaitSeconds, seconds);
  }

  /** Takes `count` messages of a chat's budget. Throws 429 with the whole seconds to wait. */
  charge(chat: Chat, method: string, count = 1): void {
    const lane = String(chat.id);
    for (const name of [lane, OVERALL]) this.#refuseWhileFlooded(name, method);
    if (!this.#enforced) return;
    const grouped = chat.type === 'group' || chat.type === 'supergroup';
    const waits: [string, number][] = [
      [lane, this.#bucketWait(lane, count)],
      [lane, grouped ? this.#windowWait(lane, GROUP_PER_MINUTE, MINUTE_MS, count) : 0],
      [OVERALL, this.#windowWait(OVERALL, OVERALL_PER_SECOND, SECOND_MS, count)],
    ];
    for (const [name, waitMs] of waits) {
      if (waitMs <= 0) continue;
      const seconds = Math.ceil(waitMs / SECOND_MS);
      this.#flooded.set(name, { until: this.#now() + waitMs, told: true });
      this.longestWaitSeconds = Math.max(this.longestWaitSeconds, seconds);
      throw tooMany(seconds);
    }
    this.#take(lane, count);
  }

  #refuseWhileFlooded(lane: string, method: string): void {
    const flood = this.#flooded.get(lane);
    const leftMs = (flood?.until ?? 0) - this.#now();
    if (flood === undefined || leftMs <= 0) return;
    if (flood.told) this.#early.push({ at: this.#now(), method, lane, earlyByMs: leftMs });
    flood.told = true;
    throw tooMany(Math.ceil(leftMs / SECOND_MS));
  }

  #bucketWait(lane: string, count: number): number {
    const { left, at } = this.#tokens.get(lane) ?? { left: CHAT_BURST, at: this.#now() };
    const now = Math.min(CHAT_BURST, left + ((this.#now() - at) / SECOND_MS) * CHAT_PER_SECOND);
    const needed = Math.min(count, CHAT_BURST); // an album passes whole, or it never could
    return now >= needed ? 0 : ((needed - now) / CHAT_PER_SECOND) * SECOND_MS;
  }

  #windowWait(lane: string, limit: number, windowMs: number, count: number): number {
    const recent = (this.#sent.get(lane) ?? []).filter((at) => at > this.#now() - windowMs);
    if (recent.length + count <= limit) return 0;
    const blocking = recent[recent.length + count - limit - 1] ?? this.#now();
    return blocking + windowMs - this.#now();
  }

  #take(lane: string, count: number): void {
    const now = this.#now();
    const { left, at } = this.#tokens.get(lane) ?? { left: CHAT_BURST, at: now };
    const filled = Math.min(CHAT_BURST, left + ((now - at) / SECOND_MS) * CHAT_PER_SECOND);
    this.#tokens.set(lane, { left: filled - count, at: now });
    for (const name of [lane, OVERALL]) {
      const kept = (this.#sent.get(name) ?? []).filter((sent) => sent > now - MINUTE_MS);
      this.#sent.set(name, [...kept, ...Array.from({ length: count }, () => now)]);
    }
  }
}
