import { z } from 'zod';
import { objectName } from '../../cluster/names.ts';
import type { Action } from '../../gate/action.ts';
import { messageOf } from '../../lib/errors.ts';
import {
  executeCordon,
  NODE_CORDON,
  NODE_UNCORDON,
  observeCordon,
  planCordon,
  planUncordon,
  verifyCordon,
} from './cordonPlan.ts';
import { executeDrain } from './drain.ts';
import { observeDrain } from './observe.ts';
import { NODE_DRAIN, planDrain } from './plan.ts';
import { verifyDrain } from './verify.ts';
import type { NodeWorld } from './world.ts';

/** Which node. */
export interface NodeArgs {
  readonly node: string;
}

const args = z.strictObject({
  node: z.string().superRefine((text, context) => {
    try {
      objectName(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  }),
});

/** Keeps new pods off a node. */
export const nodeCordon: Action<NodeArgs, NodeWorld> = {
  id: NODE_CORDON,
  args,
  plan: ({ node }, world, signal) => planCordon(node, world, signal),
  execute: executeCordon,
  observe: observeCordon,
  verify: verifyCordon,
};

/** Lets pods onto a node again, where the cordon is ours. */
export const nodeUncordon: Action<NodeArgs, NodeWorld> = {
  id: NODE_UNCORDON,
  args,
  plan: ({ node }, world, signal) => planUncordon(node, world, signal),
  execute: executeCordon,
  observe: observeCordon,
  verify: verifyCordon,
};

/** Empties a node: cordons it, evicts its pods as their budgets allow, verifies. */
export const nodeDrain: Action<NodeArgs, NodeWorld> = {
  id: NODE_DRAIN,
  args,
  plan: ({ node }, world, signal) => planDrain(node, world, signal),
  execute: executeDrain,
  observe: observeDrain,
  verify: verifyDrain,
};
