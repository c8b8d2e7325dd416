import type { Config } from '../config/schema.ts';
import type { PolicySnapshot } from './model.ts';

/** The entries of `policies:`, in the file's order; `ttl` in ms. */
export type Policies = Config['policies'];

/** How long a request waits where no policy says so: 15 min, as the configuration's own default. */
const DEFAULT_TTL_MS = 15 * 60_000;

/** What holds where no entry matches: strict, so that a forgotten action is a guarded one. */
const DEFAULT_POLICY: PolicySnapshot = {
  request: ['oncall'],
  confirm: 'typed',
  approvals: 1,
  approve: ['admin'],
  ttlMs: DEFAULT_TTL_MS,
  source: 'default',
};

/** Whether a pattern takes an action: `node.drain` itself, `node.*` all that begin with `node.`, `*` all. */
export function actionMatches(pattern: string, action: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? action.startsWith(pattern.slice(0, -1)) : pattern === action;
}

/**
 * What is asked of a request for this action on this target: the first entry that names both, else the strict default. A snapshot,
 * with `source` telling where it came from (`policies[0]`): later changes of the file change nothing for a request that stands. Pure.
 */
export function policyFor(policies: Policies, action: string, target: string): PolicySnapshot {
  const index = policies.findIndex(
    ({ actions, targets }) =>
      actions.some((pattern) => actionMatches(pattern, action)) && (targets === undefined || targets.includes(target)),
  );
  const entry = policies[index];
  if (!entry) return DEFAULT_POLICY;
  const { request, confirm, approvals, approve, ttl } = entry;
  return { request, confirm, approvals, approve, ttlMs: ttl, source: `policies[${index}]` };
}
