import type { Role } from '../chat/people.ts';
import type { Freeze, FrozenWindow } from './freeze.ts';
import type { GateRequest, RequestState } from './model.ts';
import type { Crew } from './quorum.ts';

/** Who does something: a name of the configuration, and the chat it was said in. */
export interface Actor {
  readonly person: string;
  readonly chat: string;
}

/** What a decision may depend on besides the request: the world at this moment. */
export interface Context extends Crew {
  /** Epoch ms. */
  readonly now: number;
  readonly freezes: readonly Freeze[];
  /** The names that the target itself allows to ask (a backup's `whoCanRestore`); undefined where it names nobody. */
  readonly only?: readonly string[] | undefined;
  /** Uid of the cluster that is acted on; undefined for what touches none. It is in the digest. */
  readonly clusterUid?: string | undefined;
}

/** Why something was not done. `why` is stable; the chat words it. */
export type Refusal =
  /** Not in this state: an old button, a second click, an end. */
  | { readonly why: 'wrong-state'; readonly state: RequestState }
  /** Too late; the request is over by it. */
  | { readonly why: 'expired' }
  /** The plan has BLOCKs: there is nothing to confirm. */
  | { readonly why: 'blocked'; readonly codes: readonly string[] }
  /** Only who asked may. */
  | { readonly why: 'not-requester'; readonly requester: string }
  /** Who asked may not, through whatever chat. */
  | { readonly why: 'requester' }
  /** They stand in for who asked, or for whose right to ask was used, or those lent them theirs: not somebody else. */
  | { readonly why: 'stands-in'; readonly party: readonly string[] }
  /** The right that they would use has approved already, through its owner or another who stands in. */
  | { readonly why: 'right-used'; readonly approved: readonly string[] }
  /** None of these roles. */
  | { readonly why: 'not-eligible'; readonly needs: readonly Role[] }
  /** The target itself names who may. */
  | { readonly why: 'not-named'; readonly named: readonly string[] }
  /** Only the on-call source could tell, and it can't be read. At the start: the request stays ready, to be tried again. */
  | { readonly why: 'on-call-unknown'; readonly reason: string }
  /** Breaking the glass is for whoever is on call now. */
  | { readonly why: 'not-on-call' }
  /** A reason (or note) of at least so many characters is wanted. */
  | { readonly why: 'reason-too-short'; readonly least: number }
  | { readonly why: 'already-broken' }
  /** Too few people but the requester may approve. */
  | { readonly why: 'quorum-unreachable'; readonly needed: number; readonly possible: readonly string[] }
  | { readonly why: 'frozen'; readonly window: FrozenWindow }
  /** The policy wants the target's name typed. */
  | { readonly why: 'typed-missing'; readonly target: string }
  | { readonly why: 'typed-mismatch'; readonly target: string }
  /** What was seen is not the plan that stands now. */
  | { readonly why: 'plan-changed' }
  | { readonly why: 'already-approved' }
  /** At the start: too few of those who approved still may. */
  | {
      readonly why: 'approvers-lapsed';
      readonly lapsed: readonly string[];
      readonly counted: number;
      readonly needed: number;
    }
  /** At the start: nobody confirmed. Only a damaged state shows this. */
  | { readonly why: 'not-confirmed' }
  /** At the start: the digest isn't that of the plan, the policy and the cluster. Another cluster, or a damaged state. */
  | { readonly why: 'digest-mismatch' }
  /** At a recheck: there is no plan any more; `text` is the action's own reason. */
  | { readonly why: 'no-plan'; readonly text: string }
  /** Another execution than the one that runs. */
  | { readonly why: 'other-execution' }
  /** It ends as `cancelled` only after somebody asked for that. */
  | { readonly why: 'nobody-cancelled' }
  | { readonly why: 'already-settled' };

/** One material difference between two plans. `before` and `after` are canonical JSON or a finding's own words, clipped. */
export interface Difference {
  /** `effects.paths[1]`, `steps[0].text`, `finding`. */
  readonly what: string;
  readonly before?: string;
  readonly after?: string;
}

/** Why time ran out: for the approval, for the start, or the clock went back so far that nobody can tell. */
export type ExpiredPhase = 'approval' | 'start' | 'clock';

/** What happened to a request: for timeline, cards and audit. */
export type GateFact =
  | {
      readonly is: 'asked';
      readonly by: string;
      readonly chat: string;
      readonly digest: string;
      /** Where the policy came from: `policies[0]`, `default`. */
      readonly policy: string;
      /** For whom they stand in, where their own roles would not do. */
      readonly insteadOf?: readonly string[];
    }
  /** The plan that stands has these BLOCKs. */
  | { readonly is: 'blocked'; readonly codes: readonly string[] }
  | {
      readonly is: 'confirmed';
      readonly by: string;
      readonly chat: string;
      readonly digest: string;
      readonly typed: boolean;
      /** Codes of the ACKNOWLEDGE findings accepted by it. */
      readonly acknowledged: readonly string[];
    }
  | {
      readonly is: 'approved';
      readonly by: string;
      readonly chat: string;
      readonly digest: string;
      readonly have: number;
      readonly needed: number;
      readonly reason?: string;
      /** For whom they stand in, where their own roles would not do. */
      readonly insteadOf?: readonly string[];
    }
  | {
      readonly is: 'denied';
      readonly by: string;
      readonly chat: string;
      readonly digest: string;
      readonly reason?: string;
    }
  | { readonly is: 'glass-broken'; readonly by: string; readonly chat: string; readonly reason: string }
  /** Nothing is missing but the start. */
  | { readonly is: 'ready'; readonly through: 'approval' | 'policy' | 'break-glass'; readonly startBy: number }
  | { readonly is: 'cancelled'; readonly by: string; readonly chat: string }
  | { readonly is: 'cancel-asked'; readonly by: string; readonly chat: string }
  | { readonly is: 'expired'; readonly phase: ExpiredPhase }
  | {
      readonly is: 'drifted';
      readonly from: string;
      readonly to: string;
      readonly differs: readonly Difference[];
      /** Whose approvals are void by it. */
      readonly voided: readonly string[];
    }
  /** The request is over: it may not start. */
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | {
      readonly is: 'started';
      readonly execution: string;
      readonly digest: string;
      readonly approvers: readonly string[];
    }
  | { readonly is: 'verifying'; readonly execution: string }
  | { readonly is: 'finished'; readonly state: RequestState; readonly execution: string; readonly tookMs: number }
  | {
      readonly is: 'settled';
      readonly by: string;
      readonly chat: string;
      readonly found: 'done' | 'not-done';
      readonly note: string;
    };

/**
 * A request after an event, with what happened. Without `refused` the event was taken; the same request and no facts: it told nothing
 * new. With `refused` it was not; then facts may still be there, and are to be written: looking at a request can end it.
 */
export interface Decided {
  readonly request: GateRequest;
  readonly facts: readonly GateFact[];
  readonly refused?: Refusal;
}

/** Nothing changes, and why. */
export function no(request: GateRequest, refused: Refusal): Decided {
  return { request, facts: [], refused };
}

/** The request is over without having begun: `refused`, with the reason as its last fact. */
export function endRefused(request: GateRequest, refusal: Refusal, now: number): Decided {
  return {
    request: { ...request, state: 'refused', endedAt: now },
    facts: [{ is: 'refused', refusal }],
    refused: refusal,
  };
}
