import type { Person, Role } from '../chat/people.ts';
import { seenLength } from '../lib/text.ts';
import type { Collection } from '../store/port.ts';

/** How long somebody stands in where nothing is said, ms. */
export const USUAL_MS = 8 * 3_600_000;
/** How long at the most, ms. */
export const LONGEST_MS = 24 * 3_600_000;
/** Shorter reasons say nothing; characters that can be seen. */
export const LEAST_REASON = 10;
/** Longer reasons are cut, in characters. */
const LONGEST_REASON = 300;
/** How far clocks may stand apart; a delegation from further in the future can't be placed in time and doesn't hold, ms. */
const SKEW_MS = 60_000;

/** Somebody stands in for another in one role. People are names of the configuration; times are epoch ms. */
export interface StandIn {
  /** Whose role it is, by the configuration. */
  readonly from: string;
  readonly to: string;
  readonly role: Role;
  readonly since: number;
  readonly until: number;
  readonly reason: string;
}

/** A delegation as it is stored: one place for each role of a person, so that nobody has two stand-ins for one role. */
export interface Delegation extends StandIn {
  /** The chat it was said in. */
  readonly chat: string;
  /** The event that made it, unique for ever: the same event makes it once. */
  readonly event: string;
  readonly ended?: { readonly by: string; readonly at: number };
}

/** Delegations by `delegationId`; what came before the latest is told by the audit. */
export const delegations: Collection<Delegation> = { kind: 'delegation', keys: () => ({}) };

/** The document id of a person's delegation of a role. */
export function delegationId({ role, from }: Pick<StandIn, 'role' | 'from'>): string {
  return `${role}/${from}`;
}

const has = (people: readonly Person[], name: string, role: Role): boolean =>
  people.some((person) => person.name === name && person.roles.includes(role));

/**
 * Which delegations hold now: not ended, not over, not from a future that clocks don't explain, from somebody who has the role by the
 * configuration to somebody else whom the configuration knows. Pure.
 */
export function inForce(all: readonly Delegation[], people: readonly Person[], now: number): readonly StandIn[] {
  return all.filter(
    ({ from, to, role, since, until, ended }) =>
      ended === undefined &&
      now < until &&
      now >= since - SKEW_MS &&
      from !== to &&
      has(people, from, role) &&
      people.some(({ name }) => name === to),
  );
}

/** What somebody asks for. `role` may be left out by who has one alone. */
export interface Wanted {
  readonly from: string;
  readonly to: string;
  readonly role?: Role | undefined;
  readonly ms: number;
  readonly reason: string;
}

/** Why nobody stands in for somebody. `why` is stable. */
export type NoDelegation =
  /** The configuration knows nobody of that name. */
  | { readonly why: 'no-such-person'; readonly name: string }
  | { readonly why: 'self' }
  /** The role isn't theirs by the configuration. `borrowed`: they stand in for it themselves, and can't pass it on. */
  | { readonly why: 'not-yours'; readonly role: Role | undefined; readonly borrowed: boolean }
  /** They have several roles, and named none. */
  | { readonly why: 'which-role'; readonly roles: readonly Role[] }
  /** Who is an admin needs no other's word for it. */
  | { readonly why: 'has-it'; readonly name: string; readonly role: Role }
  | { readonly why: 'too-long'; readonly longestMs: number }
  | { readonly why: 'reason-too-short'; readonly least: number }
  /** Somebody stands in already; that has to end first. */
  | { readonly why: 'has-stand-in'; readonly standIn: StandIn };

/**
 * Decides whether somebody may stand in for another. A role that is only stood in for can't be passed on: whose it is must have it by the
 * configuration. Pure.
 */
export function delegate(
  { from, to, role: named, ms, reason }: Wanted,
  { people, standIns, now }: { people: readonly Person[]; standIns: readonly StandIn[]; now: number },
): StandIn | { readonly refused: NoDelegation } {
  const own = people.find(({ name }) => name === from)?.roles ?? [];
  const role = named ?? own[0];
  if (role === undefined || !own.includes(role)) {
    const borrowed = standIns.some((one) => one.to === from && (role === undefined || one.role === role));
    return { refused: { why: 'not-yours', role, borrowed } };
  }
  if (named === undefined && own.length > 1) return { refused: { why: 'which-role', roles: own } };
  if (!people.some(({ name }) => name === to)) return { refused: { why: 'no-such-person', name: to } };
  if (from === to) return { refused: { why: 'self' } };
  if (role === 'admin' && has(people, to, role)) return { refused: { why: 'has-it', name: to, role } };
  if (!(ms > 0 && ms <= LONGEST_MS)) return { refused: { why: 'too-long', longestMs: LONGEST_MS } };
  const letters = [...reason.trim()];
  if (seenLength(reason) < LEAST_REASON) return { refused: { why: 'reason-too-short', least: LEAST_REASON } };
  const standIn = standIns.find((one) => one.from === from && one.role === role);
  if (standIn) return { refused: { why: 'has-stand-in', standIn } };
  return { from, to, role, since: now, until: now + ms, reason: letters.slice(0, LONGEST_REASON).join('') };
}

/** Whether somebody may end a delegation: either of the two, or an admin. Pure. */
export function mayEnd({ from, to }: StandIn, by: Person): boolean {
  return by.name === from || by.name === to || by.roles.includes('admin');
}

/** A person with the roles that they have now: their own, and those they stand in for. Pure. */
export function withBorrowed(person: Person, standIns: readonly StandIn[]): Person {
  const borrowed = standIns.filter(({ to, role }) => to === person.name && !person.roles.includes(role));
  if (borrowed.length === 0) return person;
  return { ...person, roles: [...new Set([...person.roles, ...borrowed.map(({ role }) => role)])] };
}

/** Whose turn it is once those who handed theirs over are taken for who stands in for them. Pure. */
export function turnsOf(names: readonly string[], standIns: readonly StandIn[]): readonly string[] {
  const now = names.map((name) => standIns.find(({ from, role }) => role === 'oncall' && from === name)?.to ?? name);
  return [...new Set(now)];
}
