import { z } from 'zod';
import type { JournaledStep } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { DaytwoError } from '../../lib/errors.ts';
import { place, room } from './room.ts';

const effects = z.object({
  /** Absent where the node is none of the configured hosts: nothing is measured then. */
  host: z.string().optional(),
  /** Measured before and after; what is freed is freed on the first. */
  places: z.array(place),
  /** `disk.images`: by which program. */
  by: z.enum(['crictl', 'k3s']).optional(),
  /** `disk.journal`: how much stays, MiB. */
  keepMib: z.number().optional(),
});

/** What an action that frees disk space relies on. Free space and what is found are of the moment, and not in it. */
export type DiskEffects = z.output<typeof effects>;

/** Reads a plan's effects back. @throws DaytwoError invalid */
export function diskEffects(plan: Plan): DiskEffects {
  const found = effects.safeParse(plan.effects);
  if (!found.success) throw new DaytwoError('invalid', `this plan is none of ${plan.action}`);
  return found.data;
}

/** Step `before`: what was free. */
export const beforeResult = z.object({ rooms: z.array(room) });

/** What a step left in the journal; undefined where it didn't end well. */
export function resultOf<T>(journal: readonly JournaledStep[], step: string, shape: z.ZodType<T>): T | undefined {
  const found = journal.find((one) => one.step === step)?.result;
  return found && shape.safeParse(found.value).data;
}
