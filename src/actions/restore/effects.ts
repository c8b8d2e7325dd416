import { z } from 'zod';
import type { Plan } from '../../gate/model.ts';
import { DaytwoError } from '../../lib/errors.ts';
import type { Repository } from '../restic/repository.ts';

/** What a restore relies on and makes. Absent keys couldn't be read (a BLOCK tells then). */
const effects = z.object({
  host: z.string(),
  repository: z.string(),
  repositoryId: z.string().optional(),
  passwordFile: z.string(),
  snapshot: z.string(),
  /** The data's point in time, epoch ms. */
  snapshotTime: z.number(),
  /** Of the snapshot; empty means all of it. */
  include: z.array(z.string()),
  /** What will be written, bytes: the measure of progress. */
  sizeBytes: z.number().optional(),
  /** The fresh folder is made in it; its name is the backup's and the execution's. */
  root: z.string(),
  /** Reads without a lock, since a dead process left an exclusive one. */
  noLock: z.boolean(),
});

/** What a restore relies on and makes. */
export type RestoreEffects = z.output<typeof effects>;

/** Reads a plan's effects back. @throws DaytwoError invalid */
export function restoreEffects(plan: Plan): RestoreEffects {
  const found = effects.safeParse(plan.effects);
  if (!found.success) throw new DaytwoError('invalid', `this plan is none of ${plan.action}`);
  return found.data;
}

/** The repository of a plan. */
export function repositoryIn({ host, repository, passwordFile }: RestoreEffects): Repository {
  return { host, place: { repository, passwordFile } };
}

/** The fresh folder of an execution. */
export function folderOf({ root }: Pick<RestoreEffects, 'root'>, target: string, executionId: string): string {
  return `${root}/${target}-${executionId}`;
}

/** Step `folder`: the fresh folder, and the mark by which the run is known. */
export const folderResult = z.object({ folder: z.string(), marker: z.string() });

/** Step `restore`: how restic ended. Whatever it said, verification compares. */
export const restoreResult = z.object({
  /** restic compared what it wrote with the checksums of the snapshot, and found no difference. */
  verified: z.boolean(),
  /** What restic said where it failed. */
  said: z.string().optional(),
  tookMs: z.number(),
});
