import { z } from 'zod';
import type { JournaledStep } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { DaytwoError } from '../../lib/errors.ts';
import type { Repository } from '../restic/repository.ts';

/** What a run of a backup relies on and changes. Absent keys weren't configured, or couldn't be read (a BLOCK tells then). */
const effects = z.object({
  how: z.enum(['restic', 'unit']),
  host: z.string(),
  /** What snapshots call the machine. */
  hostname: z.string().optional(),
  unit: z.string().optional(),
  repository: z.string().optional(),
  repositoryId: z.string().optional(),
  passwordFile: z.string().optional(),
  paths: z.array(z.string()),
});

/** What a run of a backup relies on and changes. */
export type BackupEffects = z.output<typeof effects>;

/** Reads a plan's effects back. @throws DaytwoError invalid */
export function backupEffects(plan: Plan): BackupEffects {
  const found = effects.safeParse(plan.effects);
  if (!found.success) throw new DaytwoError('invalid', `this plan is none of ${plan.action}`);
  return found.data;
}

/** The repository of a plan; undefined where it doesn't name one. */
export function repositoryIn({ host, repository, passwordFile }: BackupEffects): Repository | undefined {
  return repository === undefined || passwordFile === undefined
    ? undefined
    : { host, place: { repository, passwordFile } };
}

/** Step `look`: what was there before, and the mark by which the run is known. */
export const lookResult = z.object({
  marker: z.string(),
  /** InvocationID of the unit's run before. */
  invocation: z.string().optional(),
  /** Ids of the snapshots there were of this backup. */
  snapshots: z.array(z.string()),
});

/** Step `backup`: what restic said at its end. */
export const runResult = z.object({
  /** Short or long id. */
  snapshot: z.string().optional(),
  complete: z.boolean(),
  /** How many items could not be read. */
  unread: z.number(),
  tookMs: z.number(),
  files: z.number().optional(),
  bytes: z.number().optional(),
  added: z.number().optional(),
  filesNew: z.number().optional(),
  filesChanged: z.number().optional(),
});

/** Step `follow`: how the unit's run ended. */
export const followResult = z.object({
  result: z.enum(['success', 'failed', 'unknown']),
  /** systemd's word for it. */
  said: z.string(),
  tookMs: z.number(),
  invocation: z.string().optional(),
});

/** Step `check`. */
export const checkResult = z.object({ ok: z.boolean(), text: z.string() });

/** What a step left in the journal; undefined where it didn't end well. */
export function resultOf<T>(journal: readonly JournaledStep[], step: string, shape: z.ZodType<T>): T | undefined {
  const found = journal.find((one) => one.step === step)?.result;
  const read = found && shape.safeParse(found.value);
  return read?.success ? read.data : undefined;
}
