import type { Person, Role } from '../chat/people.ts';
import type { OnCall } from '../oncall/who.ts';
import { type StandIn, turnsOf } from '../people/delegation.ts';
import type { GateRequest } from './model.ts';

/** Who is on call: what the source says, or `by-role` where none is configured and whoever has the role `oncall` counts. */
export type Duty = OnCall | { readonly is: 'by-role' };

/** Who there is, now. */
export interface Crew {
  readonly people: readonly Person[];
  readonly duty: Duty;
  /** Who stands in for whom now: what holds, and nothing else. */
  readonly standIns: readonly StandIn[];
}

/** Whether somebody is what is asked for; `unknown` where only the silent on-call source could tell. */
export type Standing = 'holds' | 'lacks' | 'unknown';

function standingWith(held: readonly Role[], { duty }: Crew): Standing {
  if (held.includes('admin')) return 'holds';
  if (!held.includes('oncall')) return 'lacks';
  return duty.is === 'unknown' ? 'unknown' : 'holds';
}

const ownRoles = (name: string, roles: readonly Role[], { people }: Crew): readonly Role[] =>
  people.find((person) => person.name === name)?.roles.filter((role) => roles.includes(role)) ?? [];

/** What lends somebody one of these roles: delegations from people who have it by the configuration, to somebody it knows. */
function lent(name: string, roles: readonly Role[], crew: Crew): readonly StandIn[] {
  if (!crew.people.some((person) => person.name === name)) return [];
  return crew.standIns.filter(
    ({ from, to, role }) => to === name && roles.includes(role) && ownRoles(from, [role], crew).length > 0,
  );
}

/**
 * Whether a person has one of these roles now, by the configuration or standing in for somebody who has it there. `oncall` is membership of
 * the on-call crew, whoever's turn it is, so that a colleague can approve what the one on duty asks for; while the on-call source can't be
 * read it is `unknown`, which nobody may take for yes. Pure.
 */
export function standing(name: string, roles: readonly Role[], crew: Crew): Standing {
  return standingWith([...ownRoles(name, roles, crew), ...lent(name, roles, crew).map(({ role }) => role)], crew);
}

/** For whom a person stands in to have one of these roles; nobody where their own are enough. Pure. */
export function insteadOf(name: string, roles: readonly Role[], crew: Crew): readonly string[] {
  if (standingWith(ownRoles(name, roles, crew), crew) === 'holds') return [];
  const lenders = lent(name, roles, crew).filter(({ role }) => standingWith([role], crew) === 'holds');
  return [...new Set(lenders.map(({ from }) => from))];
}

/** Whether it is a person's turn now, or one they took over: what breaking the glass asks for. Pure. */
export function onDuty(name: string, crew: Crew): Standing {
  const { people, duty, standIns } = crew;
  if (!people.some((person) => person.name === name)) return 'lacks';
  if (duty.is === 'known') return turnsOf(duty.people, standIns).includes(name) ? 'holds' : 'lacks';
  // Nobody's turn is told apart from the role: whoever has it has a turn, and may have handed it over.
  const crewOf = people.filter(({ roles }) => roles.includes('oncall')).map((person) => person.name);
  if (!turnsOf(crewOf, standIns).includes(name)) return 'lacks';
  return duty.is === 'unknown' ? 'unknown' : 'holds';
}

/** What of a request tells who may have a say in it. */
type Asked = Pick<GateRequest, 'requester' | 'policy'>;

/**
 * Who can't be the somebody else that approves: who asked, those whose right to ask they used, and everybody who stands in for one of them
 * in whatever role. So nobody approves their own request through another. Pure.
 */
export function partyOf({ requester, policy }: Asked, crew: Crew): ReadonlySet<string> {
  const askers = [requester, ...insteadOf(requester, policy.request, crew)];
  return new Set([...askers, ...crew.standIns.filter(({ from }) => askers.includes(from)).map(({ to }) => to)]);
}

/** Everybody but the request's own party who may approve now, in their own right or standing in for somebody who may. Pure. */
export function approversOf(request: Asked, crew: Crew): readonly string[] {
  return crew.people.map(({ name }) => name).filter((name) => rightOf(name, request, crew) !== undefined);
}

/** Whose rights a person's approval could use: their own, or one of those they stand in for. Undefined where they may not approve. */
function rightOf(name: string, request: Asked, crew: Crew): readonly string[] | undefined {
  const { approve } = request.policy;
  const party = partyOf(request, crew);
  if (party.has(name) || standing(name, approve, crew) !== 'holds') return undefined;
  const lenders = insteadOf(name, approve, crew);
  if (lenders.length === 0) return [name];
  const others = lenders.filter((lender) => !party.has(lender));
  return others.length > 0 ? others : undefined;
}

/** Those of `names` whose approvals count side by side: one right counts once, whoever uses it, and its owner goes first. Pure. */
export function distinctRights(names: readonly string[], request: Asked, crew: Crew): readonly string[] {
  const rights = new Map([...new Set(names)].map((name) => [name, rightOf(name, request, crew) ?? []]));
  const used = new Set([...rights].filter(([name, [right]]) => right === name).map(([name]) => name));
  return [...rights].flatMap(([name, own]) => {
    if (own[0] === name) return [name];
    const free = own.find((right) => !used.has(right));
    if (free === undefined) return [];
    used.add(free);
    return [name];
  });
}

/** How a request's approvals stand. */
export interface Tally {
  /** Whose approval counts now: of this very plan, by distinct people with distinct rights to approve, never of the requester's party. */
  readonly counted: readonly string[];
  /** Who approved this very plan, and it doesn't count (any more). */
  readonly lapsed: readonly string[];
  readonly needed: number;
  readonly reached: boolean;
}

/** Counts the approvals of the plan as it stands, with everybody's standing of this moment. Pure. */
export function tally(request: GateRequest, crew: Crew): Tally {
  const { votes, digest, policy } = request;
  const given = votes.filter((vote) => vote.choice === 'approve' && vote.digest === digest).map(({ by }) => by);
  const distinct = [...new Set(given)];
  const counted = distinctRights(distinct, request, crew);
  return {
    counted,
    lapsed: distinct.filter((name) => !counted.includes(name)),
    needed: policy.approvals,
    reached: counted.length >= policy.approvals,
  };
}
