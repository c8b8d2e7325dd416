import type { BudgetState } from '../acting.ts';
import { conditionOf, queryOf, type RawCondition, type RawMeta, type RawSelector } from './raw.ts';

/** A PodDisruptionBudget of policy/v1, as JSON has it. */
export interface RawBudget {
  readonly metadata?: RawMeta;
  readonly spec?: {
    readonly selector?: RawSelector;
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
    readonly unhealthyPodEvictionPolicy?: string;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly disruptionsAllowed?: number;
    readonly currentHealthy?: number;
    readonly desiredHealthy?: number;
    readonly expectedPods?: number;
    readonly conditions?: readonly RawCondition[];
  };
}

/** Reads a budget. */
export function budgetState({ metadata = {}, spec = {}, status = {} }: RawBudget): BudgetState {
  const { minAvailable, maxUnavailable } = spec;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    query: queryOf(spec.selector),
    // Without either the API's default is minAvailable 1.
    rule: maxUnavailable === undefined ? `minAvailable ${minAvailable ?? 1}` : `maxUnavailable ${maxUnavailable}`,
    alwaysAllowUnhealthy: spec.unhealthyPodEvictionPolicy === 'AlwaysAllow',
    stale: (status.observedGeneration ?? 0) < (metadata.generation ?? 0),
    broken: conditionOf(status.conditions, 'DisruptionAllowed')?.reason === 'SyncFailed',
    allowed: status.disruptionsAllowed ?? 0,
    healthy: status.currentHealthy ?? 0,
    desired: status.desiredHealthy ?? 0,
    expected: status.expectedPods ?? 0,
  };
}
