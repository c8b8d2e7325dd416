import type { Json } from '../lib/json.ts';
import { clip } from '../lib/text.ts';
import type { Refusal as NoPlan } from './action.ts';
import { exactJson } from './canonical.ts';
import { digestOf } from './digest.ts';
import { notIn } from './expiry.ts';
import { type Context, type Decided, type Difference, endRefused, type GateFact } from './facts.ts';
import type { GateFinding, GateRequest, Plan } from './model.ts';

/** So many differences are told; whether there is one is decided without this bound. */
const MAX_DIFFERENCES = 20;

/** So long may each side of one be, in characters. */
const MAX_TEXT = 200;

/** What an execution relies on; the order of locks means nothing. */
function core({ action, args, target, steps, effects, locks }: Plan) {
  return { action, args, target, steps, effects, locks: [...locks].sort() };
}

const hazardText = ({ level, code, text }: GateFinding) => `${level} ${code}: ${text}`;

/** What stands in the way or must be accepted. A NOTE informs. */
const hazards = ({ findings }: Plan) => findings.filter(({ level }) => level !== 'NOTE').map(hazardText);

/**
 * What differs materially between the plan that was seen and the plan of now: another action, target, arguments, steps (in their
 * order), effects or locks, and every BLOCK or ACKNOWLEDGE that wasn't there. Not material: title, summary, notes, the last duration, a
 * hazard that is gone, the order of keys, locks and findings. Empty: none. Pure.
 * @throws DaytwoError invalid where a plan holds what JSON can't
 */
export function differences(before: Plan, after: Plan): readonly Difference[] {
  const known = new Set(hazards(before));
  const found: Difference[] = hazards(after)
    .filter((hazard) => !known.has(hazard))
    .map((hazard) => ({ what: 'finding', after: clip(hazard, MAX_TEXT) }));
  if (exactJson(core(before)) !== exactJson(core(after))) compare('', core(before), core(after), found);
  return found.slice(0, MAX_DIFFERENCES);
}

type Tree = Json | undefined | readonly unknown[] | object;

const isBranch = (value: Tree): value is object => typeof value === 'object' && value !== null;

function compare(path: string, before: Tree, after: Tree, found: Difference[]): void {
  if (isBranch(before) && isBranch(after) && Array.isArray(before) === Array.isArray(after)) {
    const list = Array.isArray(before);
    const [old, fresh] = [new Map<string, Tree>(Object.entries(before)), new Map<string, Tree>(Object.entries(after))];
    for (const key of new Set([...old.keys(), ...fresh.keys()])) {
      const name = list ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
      compare(name, old.get(key), fresh.get(key), found);
    }
    return;
  }
  const [was, is] = [before, after].map((value) => (value === undefined ? undefined : exactJson(value)));
  if (was === is) return;
  found.push({
    what: path,
    ...(was === undefined ? {} : { before: clip(was, MAX_TEXT) }),
    ...(is === undefined ? {} : { after: clip(is, MAX_TEXT) }),
  });
}

/**
 * Holds a request that hasn't begun against a plan made afresh. A material difference voids the confirmation and all approvals: the
 * request starts over with the new plan, `confirming`, or `planned` where that has a BLOCK, with its whole time. Where there is no plan
 * any more the request ends `refused` (no-plan). Else the request stays as it is, with the plan that was approved. Refuses: wrong-state,
 * expired. Pure.
 */
export function drift(request: GateRequest, fresh: Plan | NoPlan, context: Context): Decided {
  const { now, clusterUid } = context;
  const out = notIn(request, ['confirming', 'approving', 'ready'], now);
  if (out) return out;
  if ('refused' in fresh) return endRefused(request, { why: 'no-plan', text: clip(fresh.refused, MAX_TEXT) }, now);
  const differs = differences(request.plan, fresh);
  if (differs.length === 0) return { request, facts: [] };
  const { policy, votes, digest: from } = request;
  const { confirmedAt: _confirmed, startBy: _start, ...rest } = request;
  const digest = digestOf({ plan: fresh, policy, clusterUid });
  const blocks = fresh.findings.filter(({ level }) => level === 'BLOCK').map(({ code }) => code);
  const facts: GateFact[] = [{ is: 'drifted', from, to: digest, differs, voided: votes.map(({ by }) => by) }];
  if (blocks.length > 0) facts.push({ is: 'blocked', codes: blocks });
  return {
    request: {
      ...rest,
      state: blocks.length > 0 ? 'planned' : 'confirming',
      plan: fresh,
      digest,
      votes: [],
      approveBy: now + policy.ttlMs,
    },
    facts,
  };
}
