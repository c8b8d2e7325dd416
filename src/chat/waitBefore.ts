/** Waits between tries: 0.5 s doubled up to a minute, and half of it by chance. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/** The wait before try number `tries`. Pure; `chance` is 0 to 1. */
export function waitBefore(tries: number, chance: number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 12));
  return full / 2 + (full / 2) * chance;
}
