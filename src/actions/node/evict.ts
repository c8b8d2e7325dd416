import type { EvictionAnswer, PodState } from '../../cluster/acting.ts';
import { missing } from '../../cluster/faults.ts';
import type { Run } from '../../gate/action.ts';
import { DaytwoError, messageOf } from '../../lib/errors.ts';
import type { NodeWorld } from './world.ts';

/** How a try ended: the pod is on its way, or what it waits for. `stop`: no other try would help. */
export type Tried =
  | { readonly is: 'going' }
  | { readonly is: 'held'; readonly text: string }
  | { readonly is: 'throttled'; readonly waitMs: number }
  | { readonly is: 'away'; readonly text: string }
  | { readonly is: 'stop'; readonly text: string };

/** An eviction's step: the uid makes it this very pod's, for ever. */
export const stepOf = ({ namespace, name, uid }: PodState): string => `evict ${namespace}/${name} ${uid}`;

/** Whether a step is an eviction's. */
export const isEviction = (step: string): boolean => step.startsWith('evict ');

/** What an answer means that doesn't end the step. */
function waiting(answer: EvictionAnswer): Tried | undefined {
  switch (answer.is) {
    case 'held':
      return { is: 'held', text: answer.text };
    case 'throttled':
      return { is: 'throttled', waitMs: answer.retryAfterMs };
    case 'several-budgets':
      return { is: 'held', text: 'several budgets name it: Kubernetes never evicts it' };
    case 'namespace-terminating':
      return { is: 'held', text: 'its namespace is being deleted' };
    case 'conflict':
      return { is: 'held', text: 'it is being changed' };
    case 'denied':
      return answer.right
        ? { is: 'stop', text: missing('create pods/eviction', 'nodes') }
        : { is: 'held', text: `refused: ${answer.text}` };
    default:
      return undefined;
  }
}

/**
 * Asks once for the eviction of a pod, as a step of its own. What didn't come to be is journaled as a failure and may be tried again.
 * @throws DaytwoError as `Run.step`: cancelled, the fence is lost, the store is away
 */
export async function tryEviction(pod: PodState, run: Run, { cluster }: Pick<NodeWorld, 'cluster'>): Promise<Tried> {
  let outcome: Tried | undefined;
  try {
    await run.step(stepOf(pod), async (signal) => {
      outcome = undefined;
      let answer: EvictionAnswer;
      try {
        answer = await cluster.evict(pod, { dryRun: false }, signal);
      } catch (error) {
        // A cancel ends the wait for the answer; it may have arrived, and looking tells.
        if (!signal.aborted) outcome = { is: 'away', text: messageOf(error) };
        throw error;
      }
      outcome = waiting(answer);
      if (outcome) throw new DaytwoError('overloaded', wordsOf(outcome));
      return { is: answer.is };
    });
    return { is: 'going' };
  } catch (error) {
    if (outcome) return outcome;
    throw error;
  }
}

function wordsOf(outcome: Tried): string {
  return 'text' in outcome ? outcome.text : 'the API server asks to slow down';
}
