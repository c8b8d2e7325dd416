import { DaytwoError } from '../lib/errors.ts';

/** Source: prometheus.io/docs/concepts/data_model, "Metric names and labels". */
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * A PromQL string literal that stands for exactly this value, whatever is in it. Lone surrogates, which no UTF-8 label can hold,
 * become U+FFFD. Source: prometheus.io/docs/prometheus/latest/querying/basics, "String literals" (Go's escapes, of which JSON's
 * are a subset).
 */
export function promString(value: string): string {
  return JSON.stringify(value.toWellFormed());
}

/**
 * A label's name, checked: it can't be quoted in PromQL.
 * @throws DaytwoError invalid
 */
export function promLabel(name: string): string {
  if (!LABEL_NAME.test(name))
    throw new DaytwoError('invalid', `${JSON.stringify(name.slice(0, 60))} is not a label name.`);
  return name;
}

/**
 * An equality selector: `{job="x",namespace="y"}`.
 * @throws DaytwoError invalid for a label name that is none
 */
export function promSelector(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${promLabel(name)}=${promString(value)}`)
    .join(',')}}`;
}
