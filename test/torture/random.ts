/** A seeded source of chance: the same seed gives the same run of decisions (mulberry32, 32 bits of state). */
export interface Chance {
  /** 0 ≤ x < 1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  /** True with the given probability. */
  is(probability: number): boolean;
}

/** Source of the mixing constants: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (public domain). */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    is: (probability) => next() < probability,
  };
}
