import type { Config } from '../config/schema.ts';
import { formatWallTime, instantOf, wallTime } from '../lib/zone.ts';
import type { OnCall } from './who.ts';

/** Turns as the configuration has them; wall times in `timezone`, `every` in ms of the wall clock. */
export type Rotation = NonNullable<Config['oncall']['rotation']>;

/** Who comes after whoever it is now; nobody where no handover is in sight or nobody is known. Pure. */
export function nextOnRotation(rotation: Rotation, now: number): readonly string[] {
  const present = whoIsOnRotation(rotation, now);
  if (present.is === 'unknown' || present.until === undefined) return [];
  const later = whoIsOnRotation(rotation, present.until);
  return later.is === 'known' ? later.people : [];
}

interface Moment {
  readonly person: string;
  readonly source: 'rotation' | 'override';
  /** When something next happens that could change the answer, epoch ms. */
  readonly next: number;
}

/**
 * Whose turn it is. Turns are counted on the wall clock, so a handover at 09:00 stays at 09:00 when the clocks change; an override goes
 * before the rotation, a later one before an earlier one. Before `start` nobody is known. Pure.
 */
export function whoIsOnRotation(rotation: Rotation, now: number): OnCall {
  const first = instantOf(rotation.start, rotation.timezone);
  const present = momentAt(rotation, now);
  if (!present) {
    const start = `${formatWallTime(rotation.start)} ${rotation.timezone}`;
    return { is: 'unknown', reason: now < first ? `the rotation starts at ${start}` : 'the rotation has no people' };
  }
  const known = { is: 'known', people: [present.person], source: present.source } as const;
  // With two people in it, a rotation changes hands within a round; every override adds two moments that may change nothing.
  let moments = rotation.people.length + 2 * rotation.overrides.length + 2;
  for (let until = present.next; Number.isFinite(until) && moments > 0; moments -= 1) {
    const later = momentAt(rotation, until);
    if (later?.person !== present.person) return { ...known, until };
    until = later.next;
  }
  return { ...known, until: undefined };
}

function momentAt(rotation: Rotation, now: number): Moment | undefined {
  const overrides = rotation.overrides.map(({ from, to, person }) => ({
    from: instantOf(from, rotation.timezone),
    to: instantOf(to, rotation.timezone),
    person,
  }));
  const edges = overrides.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > now);
  const standIn = overrides.findLast(({ from, to }) => from <= now && now < to);
  const turn = turnAt(rotation, now);
  if (standIn) {
    const next = Math.min(...edges, turn?.next ?? Number.POSITIVE_INFINITY);
    return { person: standIn.person, source: 'override', next };
  }
  return turn && { ...turn, next: Math.min(...edges, turn.next) };
}

function turnAt({ people, start, every, timezone }: Rotation, now: number): Moment | undefined {
  const handover = (turn: number) => instantOf(start + turn * every, timezone);
  // The wall clock gives the turn but for the hours around a change of clocks: there a neighbour may be right.
  let turn = Math.floor((wallTime(now, timezone) - start) / every);
  while (turn >= 0 && handover(turn) > now) turn -= 1;
  while (handover(turn + 1) <= now) turn += 1;
  const person = people[turn % people.length];
  if (turn < 0 || person === undefined) return undefined;
  const next = new Set(people).size === 1 ? Number.POSITIVE_INFINITY : handover(turn + 1);
  return { person, source: 'rotation', next };
}
