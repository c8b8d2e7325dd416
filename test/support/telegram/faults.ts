/** What goes wrong on the way, decided by a seed alone: the nth call of a method always meets the same fault. */

/** A fault of one call. `before` and `after` tell whether the server had done what was asked. */
export type Fault =
  | { readonly kind: 'flood'; readonly seconds: number }
  | { readonly kind: 'bad-gateway-before' | 'bad-gateway-after' | 'drop-before' | 'drop-after' }
  | { readonly kind: 'slow'; readonly ms: number };

/** A fault of one delivered update. */
export type UpdateFault = 'duplicate-update' | 'reorder-updates';

/** How often each kind happens, 0…1; together at most 1. */
export interface FaultPlan {
  readonly seed: number;
  readonly rates: Readonly<Partial<Record<Fault['kind'] | UpdateFault, number>>>;
  /** Range of the seconds a 429 tells; default 1…30. */
  readonly floodSeconds?: readonly [number, number];
  /** Range of a slow answer's emulated milliseconds; default 500…10,000. */
  readonly slowMs?: readonly [number, number];
  /** Methods that nothing happens to. */
  readonly except?: readonly string[];
}

const KINDS: readonly Fault['kind'][] = [
  'flood',
  'bad-gateway-before',
  'bad-gateway-after',
  'drop-before',
  'drop-after',
  'slow',
];

/** A number in 0…1 that depends on its arguments alone (FNV-1a, then a mulberry32 step). */
export function roll(seed: number, ...keys: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const char of keys.join('\u0000')) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  let mixed = (hash + 0x6d2b79f5) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

function within([low, high]: readonly [number, number], at: number): number {
  return Math.round(low + (high - low) * at);
}

/** Deals faults: those a test asked for first, then the plan's. */
export class Faults {
  readonly #plan: FaultPlan | undefined;
  readonly #calls = new Map<string, number>();
  readonly #asked = new Map<string, Fault[]>();

  constructor(plan: FaultPlan | undefined) {
    this.#plan = plan;
  }

  /** Puts a fault on the next call of the method that has none yet. */
  next(method: string, fault: Fault): void {
    this.#asked.set(method, [...(this.#asked.get(method) ?? []), fault]);
  }

  /** The fault of this call, if any. Counts the call. */
  ofCall(method: string): Fault | undefined {
    const n = (this.#calls.get(method) ?? 0) + 1;
    this.#calls.set(method, n);
    const asked = this.#asked.get(method)?.shift();
    if (asked !== undefined || this.#plan === undefined || this.#plan.except?.includes(method)) return asked;
    const { seed, rates, floodSeconds = [1, 30], slowMs = [500, 10_000] } = this.#plan;
    let left = roll(seed, method, n);
    for (const kind of KINDS) {
      left -= rates[kind] ?? 0;
      if (left >= 0) continue;
      if (kind === 'flood') return { kind, seconds: within(floodSeconds, roll(seed, method, n, 'seconds')) };
      return kind === 'slow' ? { kind, ms: within(slowMs, roll(seed, method, n, 'ms')) } : { kind };
    }
    return undefined;
  }

  /** Whether this update meets the fault. */
  ofUpdate(kind: UpdateFault, updateId: number): boolean {
    if (this.#plan === undefined) return false;
    return roll(this.#plan.seed, kind, updateId) < (this.#plan.rates[kind] ?? 0);
  }
}
