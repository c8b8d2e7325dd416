import { createHash } from 'node:crypto';
import type { Collection } from '../store/port.ts';

/** One alert of an incident. Times are epoch ms. */
export interface Member {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  readonly endsAt?: number;
  readonly generatorURL: string;
  /** How many firings (distinct startsAt) were seen while the incident lived. */
  readonly firings: number;
  /** When Alertmanager's own list first lacked it; cleared when it is seen again. */
  readonly missingSince?: number;
}

/** A silence that was made from this incident. */
export interface IncidentSilence {
  readonly id: string;
  readonly by: string;
  readonly until: number;
}

/** Opaque tokens of the incident's buttons. */
export interface IncidentButtons {
  readonly ack: string;
  readonly silence: string;
  readonly unsilence: string;
  readonly triage: string;
}

/**
 * What owns a thread: one Alertmanager group while it fires; the same one again when it fires again soon. All labels and
 * annotations are untrusted text. Times are epoch ms.
 */
export interface Incident {
  /** What people call it: `INC-42`. */
  readonly name: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly state: 'open' | 'resolved';
  readonly alertname: string;
  readonly severity: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  readonly truncated: number;
  /** By fingerprint. */
  readonly members: Readonly<Record<string, Member>>;
  /** When the first alert began to fire, as Alertmanager says. */
  readonly startedAt: number;
  /** When we first heard of it. */
  readonly openedAt: number;
  readonly resolvedAt?: number;
  readonly reopened: number;
  readonly lastReopenedAt?: number;
  readonly ack?: { readonly by: string; readonly at: number };
  readonly silences: readonly IncidentSilence[];
  readonly buttons: IncidentButtons;
  /** Evidence rounds; `wanted` is set until the round is done. */
  readonly triage: { readonly round: number; readonly wanted: boolean; readonly at: number };
  /** Lanes of chats in which its thread waits for its turn: a chat gets so many new threads a minute. */
  readonly waitingIn?: readonly string[];
  /** Lanes of chats in which it came in a storm and has no thread; it gets one when somebody asks. */
  readonly withheldIn?: readonly string[];
  /** Alertmanager should be asked soon what is true: set where a notification leaves doubt. */
  readonly doubt?: boolean;
}

/** Names the group that an incident belongs to, shortly. */
export function groupHash(receiver: string, groupKey: string): string {
  return createHash('sha256').update(receiver).update('\u0000').update(groupKey).digest('base64url').slice(0, 22);
}

/** Incidents by zero-padded number, so that their order is that of their opening. */
export const incidents: Collection<Incident> = {
  kind: 'incident',
  keys: ({ receiver, groupKey, state, alertname, triage, doubt, waitingIn }) => ({
    group: groupHash(receiver, groupKey),
    state,
    alertname,
    open: state === 'open' ? alertname : undefined,
    triage: triage.wanted ? 'wanted' : undefined,
    doubt: doubt ? 'yes' : undefined,
    usher: waitingIn && waitingIn.length > 0 ? 'waiting' : undefined,
  }),
};

/** The last number given; document id `incident`. */
export const counters: Collection<{ readonly last: number }> = { kind: 'counter', keys: () => ({}) };

/** The document id of incident number `n`. */
export function incidentId(n: number): string {
  return String(n).padStart(10, '0');
}

/** The document id behind `INC-42`, `inc-42` or `42`; undefined for anything else. */
export function incidentIdOf(name: string): string | undefined {
  const found = /^(?:INC-)?0*(\d{1,10})$/i.exec(name.trim());
  return found?.[1] ? incidentId(Number(found[1])) : undefined;
}

/** The members that fire, in a stable order. */
export function firing(incident: Incident): readonly Member[] {
  return Object.keys(incident.members)
    .sort()
    .flatMap((fingerprint) => {
      const member = incident.members[fingerprint];
      return member?.status === 'firing' ? [member] : [];
    });
}

const RANKS: ReadonlyMap<string, number> = new Map([
  ['critical', 0],
  ['page', 0],
  ['error', 1],
  ['high', 1],
  ['warning', 2],
  ['medium', 2],
  ['info', 3],
  ['low', 3],
  ['none', 4],
]);

/** How urgent a severity label is, 0 most; an unknown or missing one counts as a warning. */
export function severityRank(severity: string): number {
  return RANKS.get(severity.toLowerCase()) ?? 2;
}
