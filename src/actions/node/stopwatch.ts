/** A leap of the clock by more than this was made by somebody, or the machine slept, ms. A round of a drain takes less. */
const LEAP_MS = 2 * 60_000;

/**
 * Tells how many ms have passed by a clock that may be set meanwhile: a step back counts for nothing, a leap forward for two minutes at most. To
 * be asked at least that often.
 */
export function stopwatch(now: () => number): () => number {
  let last = now();
  let passed = 0;
  return () => {
    const at = now();
    passed += Math.min(LEAP_MS, Math.max(0, at - last));
    last = at;
    return passed;
  };
}
