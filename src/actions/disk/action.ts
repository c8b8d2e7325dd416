import { z } from 'zod';
import { objectName } from '../../cluster/names.ts';
import type { Action } from '../../gate/action.ts';
import { KEEP_MIB_LEAST, KEEP_MIB_MOST } from '../../host/diskCommands.ts';
import { messageOf } from '../../lib/errors.ts';
import { DISK_IMAGES, executeImages, observeImages, planImages, verifyImages } from './images.ts';
import { DISK_JOURNAL, executeJournal, KEEP_MIB, observeJournal, planJournal, verifyJournal } from './journal.ts';
import { DISK_PODS, executePods, observePods, planPods, verifyPods } from './pods.ts';
import type { DiskWorld } from './world.ts';

/** Which node; its host has its name. */
export interface DiskArgs {
  readonly node: string;
}

/** Which node, and how much of its journal stays, MiB. */
export interface JournalArgs extends DiskArgs {
  readonly keepMib: number;
}

const node = z.string().superRefine((text, context) => {
  try {
    objectName(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
});

/** Removes the images that no container of a node uses. */
export const diskImages: Action<DiskArgs, DiskWorld> = {
  id: DISK_IMAGES,
  args: z.strictObject({ node }),
  plan: (args, world, signal) => planImages(args.node, world, signal),
  execute: executeImages,
  observe: observeImages,
  verify: verifyImages,
};

/** Shortens a node's journal to a size. */
export const diskJournal: Action<JournalArgs, DiskWorld> = {
  id: DISK_JOURNAL,
  args: z.strictObject({
    node,
    keepMib: z.int().min(KEEP_MIB_LEAST).max(KEEP_MIB_MOST).default(KEEP_MIB),
  }) as z.ZodType<JournalArgs>,
  plan: planJournal,
  execute: executeJournal,
  observe: observeJournal,
  verify: verifyJournal,
};

/** Takes away the pods of a node that have finished. */
export const diskPods: Action<DiskArgs, DiskWorld> = {
  id: DISK_PODS,
  args: z.strictObject({ node }),
  plan: (args, world, signal) => planPods(args.node, world, signal),
  execute: executePods,
  observe: observePods,
  verify: verifyPods,
};
