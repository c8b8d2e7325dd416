import type { OwnerState } from '../../cluster/acting.ts';
import { missing } from '../../cluster/faults.ts';
import type { GateFinding } from '../../gate/model.ts';
import { found, names } from './found.ts';

/** Which rights were missed while controllers were looked at: one NOTE each, since the plan goes on and calls them unknown. Pure. */
export function rightFindings(owners: readonly OwnerState[]): readonly GateFinding[] {
  const lacking = Map.groupBy(
    owners.filter(({ lacks }) => lacks !== undefined),
    ({ lacks = '' }) => lacks,
  );
  return [...lacking].map(([right, own]) => {
    const who = names(own.map(({ ref: { kind, namespace, name } }) => `${kind} ${namespace}/${name}`));
    return found('NOTE', 'right-missing', `${missing(right, 'nodes')}. Nothing is known of ${who}`);
  });
}
