import type { z } from 'zod';
import type { JournaledStep } from '../../gate/action.ts';

/** What a step left in the journal; undefined where it didn't end well. */
export function resultOf<T>(journal: readonly JournaledStep[], step: string, shape: z.ZodType<T>): T | undefined {
  const found = journal.find((one) => one.step === step)?.result;
  return found && shape.safeParse(found.value).data;
}
