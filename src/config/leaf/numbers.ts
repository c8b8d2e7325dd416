import { z } from 'zod';
import { type LeafParams, notes } from './leaf.ts';

/** An id that may be written as a number; becomes text. */
export const numericId = (expected: string, holds: (value: string) => boolean) =>
  z
    .union([z.int(), z.string()])
    .transform((value, context) => {
      if (holds(String(value))) return String(value);
      context.addIssue({
        code: 'custom',
        message: `expected ${expected}`,
        params: { whole: false } satisfies LeafParams,
      });
      return z.NEVER;
    })
    .register(notes, { type: 'number or text', expected, shown: false });

/** A whole number within bounds. */
export const count = (from: number, to: number) =>
  z
    .int()
    .min(from)
    .max(to)
    .register(notes, { type: 'number', expected: `a whole number from ${from} to ${to}`, shown: true });
