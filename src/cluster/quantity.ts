import { DaytwoError } from '../lib/errors.ts';

/** Billionths: what Kubernetes keeps at most. Everything is counted in them, exactly. */
const NANO = 1_000_000_000n;

/**
 * Suffixes as numerator and denominator. Source: k8s.io/apimachinery `pkg/api/resource/quantity.go`, the grammar above `type
 * Quantity`.
 */
const SUFFIXES: ReadonlyMap<string, readonly [bigint, bigint]> = new Map([
  ['n', [1n, NANO]],
  ['u', [1n, 1_000_000n]],
  ['m', [1n, 1000n]],
  ['', [1n, 1n]],
  ...(['k', 'M', 'G', 'T', 'P', 'E'] as const).map((suffix, index): [string, readonly [bigint, bigint]] => [
    suffix,
    [1000n ** BigInt(index + 1), 1n],
  ]),
  ...(['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const).map((suffix, index): [string, readonly [bigint, bigint]] => [
    suffix,
    [1024n ** BigInt(index + 1), 1n],
  ]),
]);

/** Sign, whole part, fraction, then a suffix or a decimal exponent. */
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/;
/** Longer ones come from nobody's API server. */
const LENGTH_MAX = 64;
const EXPONENT_MAX = 30;

/**
 * Reads a Kubernetes quantity exactly, in billionths of its unit; what is finer is rounded up (away from zero), as Kubernetes does.
 * @throws DaytwoError bad-answer for what is no quantity
 */
export function parseQuantity(text: string): bigint {
  const parts = text.length > LENGTH_MAX ? null : QUANTITY.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent = '0', suffix = ''] = parts ?? [];
  const power = Number(exponent);
  const scale = SUFFIXES.get(suffix);
  if (!parts || whole + fraction === '' || !scale || Math.abs(power) > EXPONENT_MAX)
    throw new DaytwoError('bad-answer', `${JSON.stringify(text.slice(0, LENGTH_MAX))} is not a Kubernetes quantity.`);
  const digits = BigInt(whole + fraction);
  const up = power > 0 ? 10n ** BigInt(power) : 1n;
  const down = power < 0 ? 10n ** BigInt(-power) : 1n;
  const nanos = divideUp(digits * up * scale[0] * NANO, 10n ** BigInt(fraction.length) * down * scale[1]);
  return sign === '-' ? -nanos : nanos;
}

/** The sum of quantities, in billionths. @throws DaytwoError bad-answer */
export function sumQuantities(texts: readonly string[]): bigint {
  return texts.reduce((sum, text) => sum + parseQuantity(text), 0n);
}

/** Billionths as whole thousandths, rounded up: what kubectl shows of CPU. Source: quantity.go, `MilliValue`. */
export function toMilli(nanos: bigint): number {
  return Number(ceilDivide(nanos, 1_000_000n));
}

/** Billionths as whole units, rounded up: bytes of memory. Source: quantity.go, `Value`. */
export function toUnits(nanos: bigint): number {
  return Number(ceilDivide(nanos, NANO));
}

/** CPU in whole millicores, rounded up. @throws DaytwoError bad-answer */
export function cpuMilli(text: string): number {
  return toMilli(parseQuantity(text));
}

/** Memory in whole bytes, rounded up. @throws DaytwoError bad-answer */
export function memoryBytes(text: string): number {
  return toUnits(parseQuantity(text));
}

/** Rounds up a quotient of what is not negative. */
function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

/** Rounds away from zero, in both directions. */
function ceilDivide(value: bigint, by: bigint): bigint {
  return value < 0n ? -divideUp(-value, by) : divideUp(value, by);
}
