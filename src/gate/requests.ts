import { randomBytes } from 'node:crypto';
import type { ChatName, Conversation } from '../chat/port.ts';
import type { Collection, Store, Stored } from '../store/port.ts';
import { ENDS, type GateRequest } from './model.ts';

/** What a button of a request's card does. */
export type PressWhat = 'confirm' | 'approve' | 'deny' | 'cancel';

/** A button of a request's card: bound to the one request and to the plan that the card showed. Document id: the token. */
export interface GatePress {
  /** Document id of the request. */
  readonly request: string;
  readonly what: PressWhat;
  readonly digest: string;
}

/** Tokens of the gate's buttons and what they mean. */
export const gatePresses: Collection<GatePress> = { kind: 'gatetoken', keys: ({ request }) => ({ request }) };

/** Where a request was asked. */
export interface RequestPlace {
  readonly chat: ChatName;
  /** Where it was asked. */
  readonly conversation: Conversation;
  /** The event that asked for it, unique for ever: the same event asks once. */
  readonly event: string;
}

/** A request as it is stored: the gate's own noun, and what the chats need beside it. */
export interface StoredRequest {
  readonly request: GateRequest;
  readonly place: RequestPlace;
  /** Its buttons' tokens. */
  readonly tokens: Readonly<Record<PressWhat, string>>;
  /** How far the call for approvers went: 0 those who may approve were told, 1 who is on call next, 2 all admins. */
  readonly called: number;
  /** Private conversations that got its card, too. */
  readonly direct: readonly Conversation[];
}

/** Executions that somebody must watch over. */
const AT_WORK: ReadonlySet<string> = new Set(['running', 'verifying']);
/** States that time alone can end. */
const EXPIRABLE: ReadonlySet<string> = new Set(['planned', 'confirming', 'approving', 'ready']);

/** Requests by zero-padded number, so that their order is that of their asking. */
export const gateRequests: Collection<StoredRequest> = {
  kind: 'gaterequest',
  keys: ({ request: { state, incident, requester }, place }) => ({
    state,
    open: ENDS.has(state) ? undefined : 'yes',
    // Waits for an executor.
    claimable: state === 'ready' ? 'yes' : undefined,
    atwork: AT_WORK.has(state) ? 'yes' : undefined,
    expirable: EXPIRABLE.has(state) ? 'yes' : undefined,
    incident,
    requester,
    event: place.event,
  }),
};

/** The document id of request number `n`. */
export function requestId(n: number): string {
  return String(n).padStart(10, '0');
}

/** The document id behind `REQ-17`, `req-17` or `17`; undefined for anything else. */
export function requestIdOf(name: string): string | undefined {
  const found = /^(?:REQ-)?0*(\d{1,10})$/i.exec(name.trim());
  return found?.[1] ? requestId(Number(found[1])) : undefined;
}

/** 128 random bits, short enough for every chat's callback data. */
export function newGateToken(): string {
  return randomBytes(16).toString('base64url');
}

/** A name for an execution: unique, and safe in tags, file names and unit names: `req-17-3f9a1c0b7d2e`. */
export function newExecutionId(request: string): string {
  return `${request.toLowerCase()}-${randomBytes(6).toString('hex')}`;
}

/** Requests that are not over, oldest first; at most `limit`. */
export async function openRequests(store: Store, limit: number): Promise<readonly Stored<StoredRequest>[]> {
  return store.find(gateRequests, { key: ['open', 'yes'], limit });
}
