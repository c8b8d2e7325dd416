import type { Person, Role } from '../chat/people.ts';
import type { OnCall } from '../oncall/who.ts';
import type { GateRequest } from './model.ts';

/** Who is on call: what the source says, or `by-role` where none is configured and whoever has the role `oncall` counts. */
export type Duty = OnCall | { readonly is: 'by-role' };

/** Who there is, now. */
export interface Crew {
  readonly people: readonly Person[];
  readonly duty: Duty;
}

/** Whether somebody is what is asked for; `unknown` where only the silent on-call source could tell. */
export type Standing = 'holds' | 'lacks' | 'unknown';

/**
 * Whether a person has one of these roles now. `admin` is the configuration's word alone. `oncall` is membership of the on-call crew,
 * whoever's turn it is, so that a colleague can approve what the one on duty asks for; while the on-call source can't be read it is
 * `unknown`, which nobody may take for yes. Pure.
 */
export function standing(name: string, roles: readonly Role[], { people, duty }: Crew): Standing {
  const held = people.find((person) => person.name === name)?.roles.filter((role) => roles.includes(role)) ?? [];
  if (held.includes('admin')) return 'holds';
  if (!held.includes('oncall')) return 'lacks';
  return duty.is === 'unknown' ? 'unknown' : 'holds';
}

/** Whether it is a person's turn now: what breaking the glass asks for. Pure. */
export function onDuty(name: string, crew: Crew): Standing {
  const { people, duty } = crew;
  if (!people.some((person) => person.name === name)) return 'lacks';
  if (duty.is === 'known') return duty.people.includes(name) ? 'holds' : 'lacks';
  return standing(name, ['oncall'], crew);
}

/** Everybody but the requester who may approve now, by name. Also whom to ask. Pure. */
export function approversOf(
  { requester, policy }: Pick<GateRequest, 'requester' | 'policy'>,
  crew: Crew,
): readonly string[] {
  const others = crew.people.map(({ name }) => name).filter((name) => name !== requester);
  return others.filter((name) => standing(name, policy.approve, crew) === 'holds');
}

/** How a request's approvals stand. */
export interface Tally {
  /** Whose approval counts now: of this very plan, by distinct people who may approve, never the requester. */
  readonly counted: readonly string[];
  /** Who approved this very plan and may no longer. */
  readonly lapsed: readonly string[];
  readonly needed: number;
  readonly reached: boolean;
}

/** Counts the approvals of the plan as it stands, with everybody's standing of this moment. Pure. */
export function tally(request: GateRequest, crew: Crew): Tally {
  const { votes, digest, policy } = request;
  const given = votes.filter((vote) => vote.choice === 'approve' && vote.digest === digest).map(({ by }) => by);
  const may = approversOf(request, crew);
  const distinct = [...new Set(given)];
  const counted = distinct.filter((name) => may.includes(name));
  return {
    counted,
    lapsed: distinct.filter((name) => !may.includes(name)),
    needed: policy.approvals,
    reached: counted.length >= policy.approvals,
  };
}
