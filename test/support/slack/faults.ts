import { createHash } from 'node:crypto';

/** What goes wrong with one call of the Web API. "Before" and "after" are seen from Slack accepting it. */
type CallFault =
  | { readonly do: 'rate-limit'; readonly retryAfterSeconds: number }
  | { readonly do: 'fail-before' | 'fail-after' | 'drop-before' | 'drop-after' }
  /** Answers late; `delayMs` is the vendor's time. */
  | { readonly do: 'slow'; readonly delayMs: number };

/** What goes wrong with one delivery of an event. Commands and interactions are delivered once and in order by the vendor. */
type DeliveryFault = 'duplicate' | 'reorder';

/** Decides by counting: the same plan makes the same faults in every run, however calls of several methods interleave. */
export interface FaultPlan {
  /** `nth` counts the calls of this method, from 0. */
  call(method: string, nth: number): CallFault | undefined;
  /** `nth` counts deliveries of events, from 0. */
  delivery(nth: number): DeliveryFault | undefined;
}

/** Nothing goes wrong. */
export const noFaults: FaultPlan = { call: () => undefined, delivery: () => undefined };

/** Shares of calls that go wrong, each between 0 and 1. */
interface FaultRates {
  readonly rateLimit?: number;
  readonly failBefore?: number;
  readonly failAfter?: number;
  readonly dropBefore?: number;
  readonly dropAfter?: number;
  readonly slow?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
}

/** A number in [0, 1) that depends on nothing but its words. */
function draw(...words: readonly (string | number)[]): number {
  const hash = createHash('sha256').update(words.join('|')).digest();
  return hash.readUInt32BE(0) / 2 ** 32;
}

/** A plan from a seed. `methods` narrows it; by default everything but apps.connections.open and auth.test may fail. */
export function seededFaults(options: {
  readonly seed: number | string;
  readonly rates: FaultRates;
  readonly maxRetryAfterSeconds?: number;
  readonly maxDelayMs?: number;
  readonly methods?: readonly string[];
}): FaultPlan {
  const { seed, rates, maxRetryAfterSeconds = 30, maxDelayMs = 5_000 } = options;
  const spared = new Set(['apps.connections.open', 'auth.test']);
  const concerns = (method: string) => (options.methods ? options.methods.includes(method) : !spared.has(method));
  return {
    call: (method, nth) => {
      if (!concerns(method)) return undefined;
      const size = draw(seed, method, nth, 'size');
      const kinds: readonly (readonly [number, CallFault])[] = [
        [rates.rateLimit ?? 0, { do: 'rate-limit', retryAfterSeconds: 1 + Math.floor(size * maxRetryAfterSeconds) }],
        [rates.failBefore ?? 0, { do: 'fail-before' }],
        [rates.failAfter ?? 0, { do: 'fail-after' }],
        [rates.dropBefore ?? 0, { do: 'drop-before' }],
        [rates.dropAfter ?? 0, { do: 'drop-after' }],
        [rates.slow ?? 0, { do: 'slow', delayMs: Math.floor(size * maxDelayMs) }],
      ];
      return pick(draw(seed, method, nth), kinds);
    },
    delivery: (nth) =>
      pick(draw(seed, 'delivery', nth), [
        [rates.duplicate ?? 0, 'duplicate'],
        [rates.reorder ?? 0, 'reorder'],
      ]),
  };
}

function pick<T>(point: number, kinds: readonly (readonly [number, T])[]): T | undefined {
  let sum = 0;
  for (const [share, fault] of kinds) {
    sum += share;
    if (point < sum) return fault;
  }
  return undefined;
}

/** A plan that can also be told, call by call, what happens next; told faults go before the planned ones. */
export interface FaultDesk extends FaultPlan {
  /** The next calls of a method meet these faults, one each. */
  next(method: string, ...faults: readonly CallFault[]): void;
  /** Every call of a method meets this fault until it is lifted (undefined). */
  always(method: string, fault: CallFault | undefined): void;
}

/** Puts a desk before a plan. */
export function faultDesk(plan: FaultPlan): FaultDesk {
  const queued = new Map<string, CallFault[]>();
  const standing = new Map<string, CallFault>();
  return {
    next: (method, ...faults) => {
      queued.set(method, [...(queued.get(method) ?? []), ...faults]);
    },
    always: (method, fault) => {
      if (fault) standing.set(method, fault);
      else standing.delete(method);
    },
    call: (method, nth) => queued.get(method)?.shift() ?? standing.get(method) ?? plan.call(method, nth),
    delivery: plan.delivery,
  };
}
