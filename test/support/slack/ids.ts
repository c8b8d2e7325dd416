/** Makes the ids of one emulator. They are counted, not random, so that two runs with one seed look alike. */
export interface Ids {
  /** `B0000000A` and the like: a prefix and nine capital characters. */
  next(prefix: string): string;
  /** A message's ts, strictly rising: seconds, a dot and six digits. https://docs.slack.dev/messaging/retrieving-messages */
  ts(nowMs: number): string;
  /** An envelope's id, of a UUID's form. */
  uuid(): string;
}

const WIDTH = 9;
const BASE = 36;
const MICROS = 1_000_000;

/** A counter of ids. */
export function counting(): Ids {
  let count = 0;
  let lastMicros = 0;
  return {
    next: (prefix) => {
      count += 1;
      return prefix + count.toString(BASE).toUpperCase().padStart(WIDTH, '0');
    },
    ts: (nowMs) => {
      lastMicros = Math.max(Math.floor(nowMs) * 1_000, lastMicros + 1);
      return `${Math.floor(lastMicros / MICROS)}.${String(lastMicros % MICROS).padStart(6, '0')}`;
    },
    uuid: () => {
      count += 1;
      return `00000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`;
    },
  };
}
