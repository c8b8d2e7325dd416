import type { Decided, Fact } from './fact.ts';
import type { Incident, IncidentButtons, Member } from './incident.ts';
import { severityRank } from './incident.ts';
import type { Snapshot, SnapshotAlert } from './webhook.ts';

/** What the decision may depend on besides the incident. Durations in ms, times epoch ms. */
export interface Rules {
  readonly now: number;
  readonly reopenWithinMs: number;
  /** False where Alertmanager can't be asked: then a notification must be believed as it stands. */
  readonly canAsk: boolean;
}

/** A reopening this soon after another one is counted, but says nothing in the thread. */
export const FLAP_QUIET_MS = 60 * 60_000;

/** Evidence is gathered again at a reopening if the last round is older than this. */
export const TRIAGE_AGAIN_MS = 10 * 60_000;

/**
 * A firing notification this soon after the end of the very same firing may be a second Alertmanager's late copy: its pipeline
 * waits up to 15 s per peer between reading the alerts and sending them (prometheus/alertmanager `--cluster.peer-timeout`).
 */
export const LATE_COPY_MS = 30_000;

/** Alertmanager's list must lack an alert for this long before it counts as gone. */
export const GONE_AFTER_MS = 25_000;

function memberOf(alert: SnapshotAlert, before: Member | undefined): Member {
  const sameFiring = before?.startsAt === alert.startsAt;
  return {
    status: alert.status,
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: alert.startsAt,
    ...(alert.endsAt === undefined ? {} : { endsAt: alert.endsAt }),
    generatorURL: alert.generatorURL,
    firings: before ? before.firings + (sameFiring ? 0 : 1) : 1,
  };
}

/** Opens an incident for a group that fires. */
export function open(
  snapshot: Snapshot,
  as: { readonly name: string; readonly buttons: IncidentButtons },
  rules: Rules,
): Decided {
  const members: Record<string, Member> = {};
  for (const alert of snapshot.alerts) members[alert.fingerprint] = memberOf(alert, undefined);
  const started = snapshot.alerts.filter(({ status }) => status === 'firing').map(({ startsAt }) => startsAt);
  return {
    incident: {
      name: as.name,
      receiver: snapshot.receiver,
      groupKey: snapshot.groupKey,
      state: 'open',
      ...aboutGroup(snapshot),
      members,
      startedAt: Math.min(rules.now, ...started),
      openedAt: rules.now,
      reopened: 0,
      silences: [],
      buttons: as.buttons,
      triage: { round: 1, wanted: true, at: rules.now },
    },
    facts: [{ is: 'opened' }],
  };
}

type About = Pick<
  Incident,
  'alertname' | 'severity' | 'groupLabels' | 'commonLabels' | 'commonAnnotations' | 'externalURL' | 'truncated'
>;

function aboutGroup(snapshot: Snapshot): About {
  const labels = snapshot.alerts.map((alert) => alert.labels);
  const worst = labels.map((one) => one['severity'] ?? '').sort((a, b) => severityRank(a) - severityRank(b))[0];
  return {
    alertname:
      snapshot.commonLabels['alertname'] ?? snapshot.groupLabels['alertname'] ?? labels[0]?.['alertname'] ?? 'alert',
    severity: snapshot.commonLabels['severity'] ?? worst ?? '',
    groupLabels: snapshot.groupLabels,
    commonLabels: snapshot.commonLabels,
    commonAnnotations: snapshot.commonAnnotations,
    externalURL: snapshot.externalURL,
    truncated: snapshot.truncated,
  };
}

/**
 * Applies one notification. Returns undefined where the incident is over and too old to be reopened: the group needs a new one.
 * A member that the notification doesn't mention keeps its state while Alertmanager can be asked (it may be silenced); where it
 * can't be, the notification is the whole truth, unless it was truncated. Of another group that shares alerts with the incident's it
 * is never the whole: then it tells of the alerts that it has, and of nothing else.
 */
export function applySnapshot(incident: Incident, snapshot: Snapshot, rules: Rules): Decided | undefined {
  const { now, canAsk } = rules;
  const isOwn = snapshot.groupKey === incident.groupKey;
  const members: Record<string, Member> = { ...incident.members };
  let fired = 0;
  let recovered = 0;
  let doubt = incident.doubt ?? false;
  for (const alert of snapshot.alerts) {
    const before = members[alert.fingerprint];
    if (before?.startsAt === alert.startsAt && before.status === alert.status) {
      if (before.missingSince !== undefined) members[alert.fingerprint] = memberOf(alert, before);
      continue;
    }
    if (before && isStale(alert, before, now, canAsk)) {
      doubt = doubt || canAsk;
      continue;
    }
    if (alert.status === 'firing') fired += 1;
    else if (before?.status === 'firing') recovered += 1;
    else if (!before && incident.state === 'resolved') continue;
    members[alert.fingerprint] = memberOf(alert, before);
  }
  const mentioned = new Set(snapshot.alerts.map(({ fingerprint }) => fingerprint));
  if (snapshot.truncated === 0 && isOwn) {
    for (const [fingerprint, member] of Object.entries(members)) {
      if (member.status !== 'firing' || mentioned.has(fingerprint)) continue;
      if (canAsk) {
        doubt = true;
        continue;
      }
      members[fingerprint] = { ...member, status: 'resolved', endsAt: now };
      recovered += 1;
    }
  }
  if (incident.state === 'resolved') {
    if (fired === 0) return { incident: doubt && !incident.doubt ? { ...incident, doubt } : incident, facts: [] };
    if (now - (incident.resolvedAt ?? 0) > rules.reopenWithinMs) return undefined;
  }
  return conclude(
    incident,
    { ...incident, ...(isOwn ? aboutKnown(incident, snapshot) : {}), members: bounded(members), doubt },
    { fired, recovered },
    rules,
  );
}

/** So many alerts that recovered are remembered of one incident: a group that churns for weeks must not grow for ever. */
const MOST_RECOVERED = 500;

/** The members without those that recovered first, where there are too many. What fires always stays. */
function bounded(members: Readonly<Record<string, Member>>): Readonly<Record<string, Member>> {
  const all = Object.entries(members);
  if (all.length <= MOST_RECOVERED) return members;
  const over = all.filter(([, { status }]) => status === 'resolved');
  if (over.length <= MOST_RECOVERED) return members;
  const newest = over.toSorted(([, a], [, b]) => (b.endsAt ?? 0) - (a.endsAt ?? 0));
  const gone = new Set(newest.slice(MOST_RECOVERED).map(([fingerprint]) => fingerprint));
  return Object.fromEntries(all.filter(([fingerprint]) => !gone.has(fingerprint)));
}

/** Common labels follow the newest notification that says something fires; a final "resolved" must not blank the thread. */
function aboutKnown(incident: Incident, snapshot: Snapshot): About {
  const about = aboutGroup(snapshot);
  return snapshot.alerts.some(({ status }) => status === 'firing')
    ? about
    : { ...incident, truncated: about.truncated };
}

/** An older firing than the known one, or a possible late copy of one that has just ended. */
function isStale(alert: SnapshotAlert, before: Member, now: number, canAsk: boolean): boolean {
  // A start that still lies ahead came of a clock that ran ahead: it proves nothing to be older.
  if (alert.startsAt < before.startsAt && before.startsAt <= now) return true;
  if (alert.startsAt > before.startsAt || alert.status === 'resolved' || !canAsk) return false;
  return now - (before.endsAt ?? now) < LATE_COPY_MS;
}

/** Draws the line under an event: still open, over, or open again; and which facts follow. */
function conclude(
  before: Incident,
  after: Incident & { doubt: boolean },
  counts: { fired: number; recovered: number },
  rules: Rules,
  by: 'webhook' | 'alertmanager' = 'webhook',
): Decided {
  const facts: Fact[] = [];
  const { doubt, ...rest } = after;
  let incident: Incident = doubt ? { ...rest, doubt } : rest;
  const anyFiring = Object.values(after.members).some(({ status }) => status === 'firing');
  if (before.state === 'resolved' && counts.fired > 0) {
    const quiet = before.lastReopenedAt !== undefined && rules.now - before.lastReopenedAt < FLAP_QUIET_MS;
    incident = reopen(incident, rules);
    facts.push({ is: 'reopened', times: incident.reopened, quiet });
    if (incident.triage.wanted) facts.push({ is: 'triage-wanted', by: 'daytwo', round: incident.triage.round });
    return { incident, facts };
  }
  if (counts.fired > 0) facts.push({ is: 'fired', count: counts.fired });
  if (counts.recovered > 0) facts.push({ is: 'recovered', count: counts.recovered });
  if (after.truncated !== before.truncated && after.truncated > 0)
    facts.push({ is: 'truncated', count: after.truncated });
  if (!anyFiring && after.truncated === 0 && before.state === 'open') {
    const ends = Object.values(after.members).map(({ endsAt }) => endsAt ?? 0);
    const resolvedAt = Math.max(before.openedAt, before.lastReopenedAt ?? 0, Math.min(rules.now, Math.max(...ends)));
    const { doubt: _settled, ...settled } = incident;
    incident = { ...settled, state: 'resolved', resolvedAt };
    facts.push({ is: 'resolved', afterMs: resolvedAt - before.startedAt, by });
  }
  const same = facts.length === 0 && JSON.stringify(incident) === JSON.stringify(before);
  return { incident: same ? before : incident, facts };
}

function reopen(incident: Incident, { now }: Rules): Incident {
  const { resolvedAt: _over, ack: _ack, ...rest } = incident;
  const again = now - incident.triage.at >= TRIAGE_AGAIN_MS;
  return {
    ...rest,
    state: 'open',
    reopened: incident.reopened + 1,
    lastReopenedAt: now,
    triage: again ? { round: incident.triage.round + 1, wanted: true, at: now } : incident.triage,
  };
}

/** What Alertmanager's own list says of an incident now. */
export interface Truth {
  /** The start, epoch ms, of every alert that is alive (active, silenced or inhibited), by fingerprint. */
  readonly alive: ReadonlyMap<string, number>;
  /** Whether anything of the incident's group is alive, also what a truncated notification never showed. */
  readonly groupAlive: boolean;
}

/**
 * Compares with Alertmanager's own list. An alert must be missing for `GONE_AFTER_MS` before it counts as over; one that is alive again reopens nothing by itself.
 */
export function applyTruth(incident: Incident, { alive, groupAlive }: Truth, rules: Rules): Decided {
  const members: Record<string, Member> = {};
  let recovered = 0;
  let fired = 0;
  for (const [fingerprint, member] of Object.entries(incident.members)) {
    members[fingerprint] = member;
    const startsAt = alive.get(fingerprint);
    if (member.status === 'firing' && startsAt === undefined) {
      if (rules.now - (member.missingSince ?? rules.now) >= GONE_AFTER_MS) {
        const { missingSince, ...rest } = member;
        members[fingerprint] = { ...rest, status: 'resolved', endsAt: missingSince ?? rules.now };
        recovered += 1;
      } else if (member.missingSince === undefined) members[fingerprint] = { ...member, missingSince: rules.now };
    } else if (member.status === 'firing' && member.missingSince !== undefined) {
      const { missingSince: _seen, ...rest } = member;
      members[fingerprint] = rest;
    } else if (member.status === 'resolved' && incident.doubt && startsAt !== undefined) {
      const { endsAt: _ended, ...rest } = member;
      members[fingerprint] = {
        ...rest,
        status: 'firing',
        startsAt,
        firings: member.firings + (startsAt === member.startsAt ? 0 : 1),
      };
      fired += 1;
    }
  }
  const missing = Object.values(members).some(({ missingSince }) => missingSince !== undefined);
  const truncated = groupAlive ? incident.truncated : 0;
  return conclude(
    incident,
    { ...incident, members, truncated, doubt: missing },
    { fired, recovered },
    rules,
    'alertmanager',
  );
}
