import type { ProbeWish } from '../config/schema/runbooks.ts';
import { type LabelMatcher, matches } from '../lib/matchers.ts';
import { offers } from './offers.ts';
import type { Probe } from './probe.ts';
import { wished } from './probes/catalog.ts';
import type { LabelMatch, Offer, Runbook, Subject } from './runbook.ts';

/** A runbook of the configuration. What it says goes before what the built-in one says; what it doesn't say stays. */
export interface UserRunbook {
  /** Of a built-in runbook, to override it; else its own. */
  readonly name?: string | undefined;
  /** May be left out where `name` names a built-in runbook. */
  readonly match?: { readonly matchers: readonly LabelMatcher[] } | undefined;
  readonly meaning?: string | undefined;
  readonly impact?: string | undefined;
  readonly probes?: readonly ProbeWish[] | undefined;
  readonly checklist?: readonly string[] | undefined;
  /** Action ids. */
  readonly offer?: readonly string[] | undefined;
}

type Labels = Readonly<Record<string, string>>;

/**
 * Chooses the runbook for an incident's labels. The first built-in one that matches is the base (the last of the list is expected to match
 * everything); the first of the user's that matches is laid over it. One that names a built-in runbook and matches by its own matchers
 * takes that one as its base. Pure.
 * @throws RangeError where no built-in runbook matches: the list lacks its default
 */
export function pickRunbook(builtIn: readonly Runbook[], users: readonly UserRunbook[], labels: Labels): Runbook {
  const picked = builtIn.find((runbook) => runbook.matches.some((row) => rowMatches(row, labels))) ?? builtIn.at(-1);
  if (!picked) throw new RangeError('there are no runbooks');
  const user = users.find(({ match, name }) => (match ? matches(match.matchers, labels) : name === picked.name));
  if (!user) return picked;
  return overlay(builtIn.find(({ name }) => name === user.name) ?? picked, user);
}

/** Whether all labels of a row hold; a pattern must match the whole value, a missing label counts as empty. Pure. */
export function rowMatches(row: LabelMatch, labels: Labels): boolean {
  return Object.entries(row).every(([name, wanted]) => {
    const value = Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
    return typeof wanted === 'string' ? value === wanted : whole(wanted).test(value);
  });
}

const anchored = new WeakMap<RegExp, RegExp>();

function whole(pattern: RegExp): RegExp {
  const known = anchored.get(pattern) ?? new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ''));
  anchored.set(pattern, known);
  return known;
}

function overlay(base: Runbook, user: UserRunbook): Runbook {
  return {
    name: user.name ?? base.name,
    matches: base.matches,
    meaning: user.meaning ?? base.meaning,
    impact: user.impact ?? base.impact,
    probes: (subject) =>
      unique([...wished(user.probes ?? [], subject), ...base.probes(subject)], ({ id }: Probe) => id),
    checklist: unique([...(user.checklist ?? []), ...base.checklist], (text) => text),
    offers: (subject: Subject) =>
      unique([...offers(subject, ...(user.offer ?? [])), ...base.offers(subject)], ({ action }: Offer) => action),
  };
}

/** Keeps the first of equal ones, in order. */
function unique<T>(all: readonly T[], key: (one: T) => string): T[] {
  const seen = new Set<string>();
  return all.filter((one) => !seen.has(key(one)) && seen.add(key(one)));
}
