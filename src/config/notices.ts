import { isMapping } from './introspect.ts';
import type { Notice } from './problem.ts';

/**
 * Keys that are taken and checked but whose feature isn't there yet. Whoever builds the feature removes its line.
 * A key within a list is written `backups[].rto`.
 */
export const WITHOUT_EFFECT: readonly string[] = ['backups[].rto', 'backups[].offsite'];

/** Says of each key of the file whose feature isn't there yet that it has no effect. Pure. */
export function noticesOf(raw: unknown): readonly Notice[] {
  return WITHOUT_EFFECT.filter((path) => present(raw, path.split('.'))).map((path) => ({
    path,
    message: `${path} has no effect yet`,
  }));
}

function present(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return value !== null && !(Array.isArray(value) && value.length === 0);
  const key = step.replace('[]', '');
  if (!isMapping(value) || !Object.hasOwn(value, key)) return false;
  const next = value[key];
  if (key === step) return present(next, rest);
  return Array.isArray(next) && next.some((one) => present(one, rest));
}
