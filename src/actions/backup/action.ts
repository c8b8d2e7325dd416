import { z } from 'zod';
import type { Action } from '../../gate/action.ts';
import { backupName } from '../restic/args.ts';
import type { BackupWorld } from '../restic/world.ts';
import { executeBackup } from './execute.ts';
import { observeBackup } from './observe.ts';
import { BACKUP_RUN, planBackup } from './plan.ts';
import { verifyBackup } from './verify.ts';

/** `backup.run`: which backup. */
export interface BackupArgs {
  readonly backup: string;
}

const args = z.strictObject({ backup: backupName });

/** Makes a backup now: starts its unit, or runs restic directly; then verifies it and tells the Pushgateway. */
export const backupRun: Action<BackupArgs, BackupWorld> = {
  id: BACKUP_RUN,
  args,
  plan: ({ backup }, world, signal) => planBackup(backup, world, signal),
  execute: (plan, run, world) => executeBackup(plan, run, world),
  observe: observeBackup,
  verify: verifyBackup,
};
