import type { Amounts } from '../acting.ts';
import { parseQuantity, toMilli, toUnits } from '../quantity.ts';

/** Parsed quantities: the same few texts come thousands of times. */
const known = new Map<string, bigint>();
/** Ends the growth by odd texts. */
const KNOWN_MAX = 10_000;

function quantity(text: string): bigint {
  const found = known.get(text);
  if (found !== undefined) return found;
  const parsed = parseQuantity(text);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, parsed);
  return parsed;
}

/**
 * Quantities as the scheduler counts them: CPU in millicores, the rest in units, rounded up. Source: kubernetes
 * `pkg/scheduler/framework/types.go`, Resource.Add.
 * @throws DaytwoError bad-answer for what is no quantity
 */
export function amountsOf(raw: Readonly<Record<string, unknown>> | undefined): Amounts {
  return Object.fromEntries(
    Object.entries(raw ?? {}).map(([name, value]) => {
      const nanos = quantity(String(value));
      return [name, name === 'cpu' ? toMilli(nanos) : toUnits(nanos)];
    }),
  );
}

/** The sum of amounts. */
export function plus(one: Amounts, other: Amounts): Amounts {
  const sum: Record<string, number> = { ...one };
  for (const [name, amount] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

/** The larger of each. */
export function most(one: Amounts, other: Amounts): Amounts {
  const max: Record<string, number> = { ...one };
  for (const [name, amount] of Object.entries(other)) max[name] = Math.max(max[name] ?? 0, amount);
  return max;
}
