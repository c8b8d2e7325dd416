import type { Role } from '../chat/people.ts';
import type { Json } from '../lib/json.ts';
import type { Offer } from '../triage/runbook.ts';

/**
 * A request's way: planned (a BLOCK keeps it here) → confirming → approving → ready → running → verifying → one of the ends.
 * An end never changes. `unknown` is an end that needs a person: what it touched stays locked until somebody settles it.
 */
export type RequestState =
  | 'planned'
  | 'confirming'
  | 'approving'
  | 'ready'
  | 'running'
  | 'verifying'
  | 'succeeded'
  | 'degraded'
  | 'failed'
  | 'cancelled'
  | 'denied'
  | 'expired'
  | 'refused'
  | 'unknown';

/** BLOCK: there is no way on. ACKNOWLEDGE: confirming accepts it. NOTE: good to know. `code` is stable, `text` is for people. */
export interface GateFinding {
  readonly level: 'BLOCK' | 'ACKNOWLEDGE' | 'NOTE';
  readonly code: string;
  readonly text: string;
}

/** One thing that will be done, in words; `id` is stable within the plan. */
export interface PlanStep {
  readonly id: string;
  readonly text: string;
}

/**
 * What will happen, before it happens. All of it is rendered to whoever confirms and approves, and all of it is in the digest,
 * but for what only informs (`lastTookMs`, `note`).
 */
export interface Plan {
  /** `backup.run`. */
  readonly action: string;
  /** The validated arguments. */
  readonly args: Json;
  /** What is acted on: a backup's or a node's name. Typed confirmation asks for it. */
  readonly target: string;
  readonly title: string;
  readonly summary: string;
  readonly steps: readonly PlanStep[];
  readonly findings: readonly GateFinding[];
  /** What the execution will rely on and change, in full: repository, paths, unit, uids. Never secrets. */
  readonly effects: Json;
  /** Names of locks: `backup/restic_k8s_data`, `node/worker-1`, `cluster`. Taken in sorted order. */
  readonly locks: readonly string[];
  readonly lastTookMs?: number;
}

/** What the policy asked when the request was made. A later change of the file changes nothing for it. */
export interface PolicySnapshot {
  readonly request: readonly Role[];
  readonly confirm: 'button' | 'typed';
  readonly approvals: number;
  readonly approve: readonly Role[];
  readonly ttlMs: number;
  /** Which entry of the file matched, or `default`. */
  readonly source: string;
}

/** One person's say. Bound to the plan it was given for. Times are epoch ms. */
export interface Vote {
  readonly by: string;
  readonly choice: 'approve' | 'deny';
  readonly at: number;
  readonly digest: string;
  readonly chat: string;
  readonly reason?: string;
}

/** How a finished request ended, in words and numbers for its last card. */
export interface Outcome {
  readonly text: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly checks: readonly {
    readonly what: string;
    readonly expected: string;
    readonly actual: string;
    readonly ok: boolean;
  }[];
  /** What people may ask for next: buttons below the last card, each a request of its own. */
  readonly next?: readonly Offer[];
}

/** One plan's way through the gate. Times are epoch ms. People are names of the configuration: one human whatever the chat. */
export interface GateRequest {
  /** `REQ-17`. */
  readonly name: string;
  readonly state: RequestState;
  readonly plan: Plan;
  /** SHA-256 over the canonical JSON of what is bound; hex. */
  readonly digest: string;
  readonly policy: PolicySnapshot;
  readonly requester: string;
  readonly requestedAt: number;
  readonly confirmedAt?: number;
  readonly votes: readonly Vote[];
  /** Until when the approval must be complete. */
  readonly approveBy: number;
  /** Until when an approved request must have begun. */
  readonly startBy?: number;
  /** Set by exactly one compare-and-set: whoever set it executes. */
  readonly execution?: { readonly id: string; readonly startedAt: number; readonly endedAt?: number };
  /** A cancel that came while it ran: the execution stops at the next safe point. */
  readonly cancelAsked?: { readonly by: string; readonly at: number };
  readonly outcome?: Outcome;
  /** Document id of the incident it was asked from. */
  readonly incident?: string;
  /** Asked without approval, with a reason, by someone on call. */
  readonly breakGlass?: { readonly reason: string };
  readonly endedAt?: number;
  /** What a person found who looked after an `unknown` end: its locks are free from then on. The state stays what it is. */
  readonly settled?: {
    readonly by: string;
    readonly at: number;
    readonly found: 'done' | 'not-done';
    readonly note: string;
  };
}

/** States that never change again. */
export const ENDS: ReadonlySet<RequestState> = new Set([
  'succeeded',
  'degraded',
  'failed',
  'cancelled',
  'denied',
  'expired',
  'refused',
  'unknown',
]);
