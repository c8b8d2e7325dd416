import { z } from 'zod';
import type { Action } from '../../gate/action.ts';
import { backupName, remotePath, snapshotId } from '../restic/args.ts';
import type { BackupWorld } from '../restic/world.ts';
import { executeRestore } from './execute.ts';
import { observeRestore } from './observe.ts';
import { planRestore, RESTORE_RUN, type RestoreArgs } from './plan.ts';
import { verifyRestore } from './verify.ts';

/** Most paths of one restore. */
const PATHS_MAX = 50;

const args: z.ZodType<RestoreArgs> = z.strictObject({
  backup: backupName,
  snapshot: snapshotId.optional(),
  paths: z.array(remotePath).min(1).max(PATHS_MAX).optional(),
});

/** Restores a snapshot, or some paths of it, into a fresh folder, and compares every file. Live data is never touched. */
export const restoreRun: Action<RestoreArgs, BackupWorld> = {
  id: RESTORE_RUN,
  args,
  plan: planRestore,
  execute: (plan, run, world) => executeRestore(plan, run, world),
  observe: observeRestore,
  verify: verifyRestore,
};
