import type { JournaledStep } from '../../gate/action.ts';
import { offerOf } from '../../triage/offers.ts';
import type { Offer } from '../../triage/runbook.ts';
import { cordonResult } from './cordon.ts';
import { resultOf } from './journalOf.ts';

/**
 * What is offered where a drain or a cordon has ended: to go on, where pods remain; and the way back, unless the cordon is somebody else's. Pure.
 */
export function nextOf(
  node: string,
  journal: readonly JournaledStep[],
  { cordoned, remain }: { readonly cordoned: boolean; readonly remain: boolean },
): readonly Offer[] {
  const whose = resultOf(journal, 'cordon', cordonResult)?.whose;
  return [
    ...(remain ? [offerOf('node.drain', node)] : []),
    ...(cordoned && (whose === 'made' || whose === 'ours') ? [offerOf('node.uncordon', node)] : []),
  ];
}
