import { createHash } from 'node:crypto';
import { exactJson } from './canonical.ts';
import type { GateFinding, Plan, PolicySnapshot } from './model.ts';

/** What an approval is bound to. */
export interface Bound {
  readonly plan: Plan;
  readonly policy: PolicySnapshot;
  /** Uid of the cluster that the plan is for (that of its namespace kube-system); absent for what touches no cluster. */
  readonly clusterUid?: string | undefined;
}

/** So many hex digits, in two groups, are shown to people. */
const SHORT_HEX = 8;

/** Findings are a set: their order on a card means nothing. */
const findingText = ({ level, code, text }: GateFinding) => exactJson([level, code, text]);

/**
 * SHA-256, 64 hex digits, over the canonical JSON of all that is shown and will be done: action, arguments, target, title, summary,
 * steps in their order, findings, effects, locks, the policy as it was, and the cluster. Not in it: how long it took last time, and the
 * order of findings and locks.
 * @throws DaytwoError invalid where the plan holds what JSON can't (undefined, NaN, a Date)
 */
export function digestOf({ plan, policy, clusterUid }: Bound): string {
  const { action, args, target, title, summary, steps, findings, effects, locks } = plan;
  const bound = {
    action,
    args,
    target,
    title,
    summary,
    steps,
    findings: findings.map(findingText).sort(),
    effects,
    locks: [...locks].sort(),
    policy,
    clusterUid: clusterUid ?? null,
  };
  return createHash('sha256').update(exactJson(bound)).digest('hex');
}

/** The short form for cards: the first eight hex digits in two groups, `3fa9-81c0`. For the eye alone: nothing is decided by it. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, SHORT_HEX / 2)}-${digest.slice(SHORT_HEX / 2, SHORT_HEX)}`;
}
