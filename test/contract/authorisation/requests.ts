import { z } from 'zod';
import type { Conversation } from '../../../src/chat/port.ts';
import type { Action } from '../../../src/gate/action.ts';
import { type BoundAction, bindAction } from '../../../src/gate/bound.ts';
import { digestOf } from '../../../src/gate/digest.ts';
import { ENDS, type GateRequest, type Plan, type RequestState } from '../../../src/gate/model.ts';
import { type Policies, policyFor } from '../../../src/gate/policy.ts';
import {
  gatePresses,
  gateRequests,
  newGateToken,
  type PressWhat,
  type StoredRequest,
} from '../../../src/gate/requests.ts';
import { put, type Write } from '../../../src/store/port.ts';

export const HALF_DAY_MS = 12 * 3_600_000;

/** A button is enough for a backup; a restore wants the name typed and an admin. */
export const POLICIES: Policies = [
  {
    actions: ['backup.*'],
    request: ['oncall'],
    confirm: 'button',
    approvals: 1,
    approve: ['oncall', 'admin'],
    ttl: HALF_DAY_MS,
  },
  { actions: ['restore.*'], request: ['oncall'], confirm: 'typed', approvals: 1, approve: ['admin'], ttl: HALF_DAY_MS },
];
export const WHO_CAN_RESTORE: readonly string[] = ['ana', 'cleo', 'dora', 'gus'];

/** What an action would do. */
export function planOf(action: string, blocked = false): Plan {
  return {
    action,
    args: { backup: 'k8s_data' },
    target: 'k8s_data',
    title: `${action} k8s_data`,
    summary: 'It is written down, and nothing else.',
    steps: [{ id: 'write', text: 'write it down' }],
    findings: blocked ? [{ level: 'BLOCK', code: 'no-repository', text: 'the repository is away' }] : [],
    effects: {},
    locks: [],
  };
}

/** Actions that do no more than to write down that they were carried out. */
export function recordingActions(done: string[]): readonly BoundAction[] {
  const make = (id: string): Action<{ backup: string }, string[]> => ({
    id,
    args: z.object({ backup: z.string() }),
    plan: async () => planOf(id),
    execute: async (_, run, world) => {
      await run.step('write', async () => void world.push(run.executionId));
    },
    observe: async () => ({ is: 'not-done', text: 'Nothing was written down.' }),
    verify: async () => ({ is: 'succeeded', outcome: { text: 'It is written down.', facts: [], checks: [] } }),
  });
  return ['backup.run', 'restore.run'].map((id) => bindAction(make(id), done));
}

/** A request of somebody's as it is in a state, written by hand. */
export function requestIn(
  state: RequestState,
  { name, action, requester, now }: { name: string; action: string; requester: string; now: number },
): GateRequest {
  const plan = planOf(action, state === 'planned');
  const policy = policyFor(POLICIES, action, 'k8s_data');
  const digest = digestOf({ plan, policy });
  const begun = !(['planned', 'confirming', 'approving', 'ready', 'denied', 'refused'] as string[]).includes(state);
  const ended = ENDS.has(state);
  return {
    name,
    state,
    plan,
    digest,
    policy,
    requester,
    requestedAt: now,
    ...(state === 'planned' || state === 'confirming' ? {} : { confirmedAt: now }),
    votes: begun || state === 'ready' ? [{ by: 'xena', choice: 'approve', at: now, digest, chat: 'slack' }] : [],
    approveBy: now + policy.ttlMs,
    ...(state === 'ready' ? { startBy: now + policy.ttlMs } : {}),
    ...(begun ? { execution: { id: 'x-1', startedAt: now, ...(ended ? { endedAt: now } : {}) } } : {}),
    ...(ended ? { endedAt: now } : {}),
  };
}

/** It, with its buttons, as a document and the writes that store it. */
export function stored(
  id: string,
  request: GateRequest,
  conversation: Conversation,
): { readonly stored: StoredRequest; readonly writes: readonly Write[] } {
  const tokens: Record<PressWhat, string> = {
    confirm: newGateToken(),
    approve: newGateToken(),
    deny: newGateToken(),
    cancel: newGateToken(),
  };
  const body: StoredRequest = {
    request,
    place: { chat: conversation.chat, conversation, event: `seed-${id}` },
    tokens,
    called: 2,
    direct: [],
  };
  return {
    stored: body,
    writes: [
      put(gateRequests, id, body, 0),
      ...(Object.keys(tokens) as PressWhat[]).map((what) =>
        put(gatePresses, tokens[what], { request: id, what, digest: request.digest }, 0),
      ),
    ],
  };
}
