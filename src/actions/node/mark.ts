import { z } from 'zod';
import type { NodeState } from '../../cluster/acting.ts';

/** The annotation that says who cordoned a node through this bot. */
export const CORDON_MARK = 'daytwo.dev/cordon';

const shape = z.object({
  /** Id of the execution. */
  execution: z.string().max(200),
  /** What people know it by: an execution's request. */
  request: z.string().max(200),
  /** Epoch ms, one that a Date takes: whoever may patch the node may write anything. */
  at: z.number().min(0).max(8.64e15),
  /** What it was before: only a node that took pods is marked. */
  before: z.literal('schedulable'),
});

/** Who cordoned a node. */
export type CordonMark = z.output<typeof shape>;

/**
 * The mark of a node, where it is cordoned by us; undefined where it isn't cordoned, or by somebody else. A mark survives kubectl's uncordon: where
 * somebody else has cordoned the node since, the API server's record tells. Pure.
 */
export function cordonMark({
  unschedulable,
  annotations,
  writers,
}: Pick<NodeState, 'unschedulable' | 'annotations' | 'writers'>): CordonMark | undefined {
  if (!unschedulable || (writers && writers.annotations[CORDON_MARK] !== writers.cordon)) return undefined;
  try {
    return shape.safeParse(JSON.parse(annotations[CORDON_MARK] ?? '')).data;
  } catch {
    return undefined;
  }
}
