import type { Card } from '../chat/message.ts';
import { inertLine } from '../lib/text.ts';
import type { Collection } from '../store/port.ts';
import { type Incident, severityRank } from './incident.ts';

/** New threads that one conversation gets in any minute. */
export const THREADS_PER_MINUTE = 30;
const MINUTE_MS = 60_000;
/** A critical incident keeps waiting for its turn this long; then it is told of in the digest like the rest. */
export const CRITICAL_WAITS_MS = 5 * MINUTE_MS;
/** A storm is over when nothing was withheld for this long; the next one has a digest of its own. */
const OVER_MS = 10 * MINUTE_MS;
/** The digest is edited this often at the most. */
export const DIGEST_MS = 5000;
/** Critical incidents and alert names that the digest spells out. */
const NAMED = 15;

/** What was withheld from a conversation in one storm. */
export interface Digest {
  readonly since: number;
  readonly last: number;
  readonly count: number;
  readonly bySeverity: Readonly<Record<string, number>>;
  readonly byAlert: Readonly<Record<string, number>>;
  /** Names of critical incidents, the first few. */
  readonly critical: readonly string[];
  /** The count when the message was last written; 0 before it was posted. */
  readonly told: number;
  readonly toldAt: number;
}

/** A conversation's new threads and its storm. Document id: the lane. Times are epoch ms. */
export interface StormState {
  /** When the newest threads were opened, oldest first, at most thirty. */
  readonly opened: readonly number[];
  readonly digest?: Digest;
}

/** The storms of conversations. */
export const storms: Collection<StormState> = { kind: 'storm', keys: () => ({}) };

/** An incident that waits for its thread. */
export interface WaitingThread {
  readonly id: string;
  readonly incident: Incident;
}

/** What is to be done with those that wait: open a thread, keep waiting, withhold. */
export interface Ushered {
  readonly open: readonly WaitingThread[];
  readonly withhold: readonly WaitingThread[];
  /** When somebody who keeps waiting should be looked at again; undefined where nobody does. */
  readonly againAt: number | undefined;
  readonly state: StormState;
}

/** How many names a digest keeps apart. */
const NAMES_KEPT = 200;

function counted(counts: Readonly<Record<string, number>>, name: string): Readonly<Record<string, number>> {
  const known = Object.hasOwn(counts, name) || Object.keys(counts).length < NAMES_KEPT ? name : 'others';
  const before = Object.hasOwn(counts, known) ? counts[known] : undefined;
  return { ...counts, [known]: (before ?? 0) + 1 };
}

/**
 * Decides whose thread is opened in one conversation: critical ones before the rest, then the oldest; thirty in any minute. A critical
 * incident beyond that waits for its turn, up to five minutes; anything else is withheld and counted. Pure.
 */
export function usher(state: StormState, waiting: readonly WaitingThread[], now: number): Ushered {
  // What lies ahead was written before the clock was set back; it must hold nobody up until then.
  const recent = state.opened.filter((at) => at <= now && now - at < MINUTE_MS);
  const free = Math.max(0, THREADS_PER_MINUTE - recent.length);
  const sorted = waiting.toSorted(
    (a, b) =>
      severityRank(a.incident.severity) - severityRank(b.incident.severity) ||
      a.incident.openedAt - b.incident.openedAt ||
      (a.id < b.id ? -1 : 1),
  );
  const open = sorted.slice(0, free);
  const beyond = sorted.slice(free);
  const stays = ({ incident }: WaitingThread): boolean =>
    severityRank(incident.severity) === 0 && now - incident.openedAt < CRITICAL_WAITS_MS;
  const withhold = beyond.filter((one) => !stays(one));
  const opened = [...recent, ...open.map(() => now)];
  const old = state.digest && now - state.digest.last < OVER_MS ? state.digest : undefined;
  const digest = withhold.reduce<Digest | undefined>((so, { incident }) => {
    const from = so ?? {
      since: now,
      last: now,
      count: 0,
      bySeverity: {},
      byAlert: {},
      critical: [],
      told: 0,
      toldAt: 0,
    };
    const severity = inertLine(incident.severity) || 'no severity';
    return {
      ...from,
      last: now,
      count: from.count + 1,
      bySeverity: counted(from.bySeverity, severity),
      byAlert: counted(from.byAlert, inertLine(incident.alertname)),
      critical:
        severityRank(incident.severity) === 0 ? [...from.critical, incident.name].slice(0, NAMED) : from.critical,
    };
  }, old);
  const oldest = opened[0];
  return {
    open,
    withhold,
    againAt: beyond.length > withhold.length ? (oldest ?? now) + MINUTE_MS : undefined,
    state: digest ? { opened, digest } : { opened },
  };
}

/** The message that stands for what was withheld. Pure. */
export function digestCard(digest: Digest): Card {
  const most = (counts: Readonly<Record<string, number>>): string[][] =>
    Object.entries(counts)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, NAMED)
      .map(([name, count]) => [name, String(count)]);
  const severities = most(digest.bySeverity)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  const since = new Date(digest.since).toISOString().slice(11, 16);
  return {
    tone: digest.critical.length > 0 ? 'critical' : 'warning',
    title: `${digest.count} more ${digest.count === 1 ? 'incident' : 'incidents'} since ${since} UTC without a thread here`,
    blocks: [
      {
        kind: 'text',
        text: `So many alerts came at once that only the first ${THREADS_PER_MINUTE} a minute got threads, the critical ones first. The others: ${severities}.`,
      },
      ...(digest.critical.length > 0
        ? [{ kind: 'text' as const, text: `Critical among them: ${digest.critical.join(', ')}.` }]
        : []),
      {
        kind: 'table',
        columns: [{ label: 'Alert' }, { label: 'Incidents', align: 'right' }],
        rows: most(digest.byAlert),
      },
      {
        kind: 'quiet',
        text: [
          'All are open and being watched. ',
          { code: '/incidents' },
          ' lists them, ',
          { code: '/triage INC-n' },
          ' brings a thread here.',
        ],
      },
    ],
    buttons: [],
  };
}
