import { randomBytes } from 'node:crypto';
import type { Card } from '../chat/message.ts';
import { laneOf, type Saying, say } from '../chat/outbox.ts';
import type { Conversation } from '../chat/port.ts';
import type { Clock } from '../lib/clock.ts';
import { DaytwoError } from '../lib/errors.ts';
import { append, type Collection, put, type Store, type Stored, type Write } from '../store/port.ts';
import { transact } from '../store/transact.ts';
import { type Brief, rootCard, rootTitle } from './cards.ts';
import * as decide from './decide.ts';
import type { Decided, Fact } from './fact.ts';
import { counters, groupHash, type Incident, type IncidentButtons, incidentId, incidents } from './incident.ts';
import { factText, timeline } from './timeline.ts';
import { isMeta, type Snapshot } from './webhook.ts';

/** What a button of an incident's thread does. Document id: the token. */
export interface IncidentPress {
  readonly what: keyof IncidentButtons;
  /** Document id of the incident. */
  readonly incident: string;
}

/** Tokens of buttons and what they mean. */
export const presses: Collection<IncidentPress> = { kind: 'press', keys: ({ incident }) => ({ incident }) };

/** 128 random bits, short enough for every chat's callback data. */
export function newToken(): string {
  return randomBytes(16).toString('base64url');
}

/** Where threads go. A bounded one gets new threads at a bounded rate, through the usher. */
export interface Target {
  readonly conversation: Conversation;
  readonly bounded: boolean;
  /** Whether pictures are shown in a card, or come as cards of their own. */
  readonly pictures: 'inline' | 'apart';
}

/** The targets in which an incident has its thread. Pure. */
export function targetsOf(
  targets: readonly Target[],
  { waitingIn = [], withheldIn = [] }: Incident,
): readonly Target[] {
  const without = new Set([...waitingIn, ...withheldIn]);
  return targets.filter(({ conversation }) => !without.has(laneOf(conversation)));
}

function conversationsOf(targets: readonly Target[], incident: Incident): readonly Conversation[] {
  return targetsOf(targets, incident).map(({ conversation }) => conversation);
}

/** What the desk tells the metrics. */
export interface DeskMeter {
  fact(is: Fact['is']): void;
}

/** Where incidents are changed: reads, lets the pure core decide, and writes incident, timeline and messages in one commit. */
export interface Desk {
  /** Works one notification in, together with `also` (its inbox entry). Returns the incident's document id, if one is concerned. */
  notify(snapshot: Snapshot, also: readonly Write[]): Promise<string | undefined>;
  /** Applies a decision to one incident; `also` goes into the same commit. Returns the incident after it. @throws DaytwoError not-found */
  change(
    id: string,
    decision: (incident: Incident) => Decided,
    also?: (after: Incident) => Promise<readonly Write[]>,
  ): Promise<Incident>;
  /** The root message as it stands now. */
  root(incident: Incident): Card;
}

/** Facts that the root message doesn't show. */
const UNSEEN: ReadonlySet<Fact['is']> = new Set(['triage-wanted', 'triaged']);

/** How many open incidents of one alert are looked at when a group seems new. */
const ADOPT_LOOK = 50;

/** Builds the desk. `brief` gives a runbook's words; `targets` are where threads go. */
export function createDesk(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly targets: readonly Target[];
  readonly brief: (incident: Incident) => Brief;
  readonly reopenWithinMs: number;
  readonly canAsk: boolean;
  readonly meter: DeskMeter;
}): Desk {
  const { store, clock, targets, brief, meter } = options;
  const rules = (): decide.Rules => ({
    now: clock.now(),
    reopenWithinMs: options.reopenWithinMs,
    canAsk: options.canAsk,
  });

  /** Everything that follows from a decision, but for the incident itself. */
  function consequences(id: string, { incident, facts }: Decided): Write[] {
    const now = clock.now();
    const writes: Write[] = facts.map((fact) => append(timeline, { incident: id, at: now, fact }));
    const first = facts.some(({ is }) => is === 'opened');
    const saying = (one: Omit<Saying, 'root'>): void => {
      writes.push(...say(conversationsOf(targets, incident), { root: incident.name, ...one }, now));
    };
    if (first || facts.some(({ is }) => !UNSEEN.has(is))) {
      const card = rootCard(incident, brief(incident), now);
      // That it is over, or isn't any more, goes before other threads' evidence.
      const turned = facts.some(({ is }) => is === 'resolved' || is === 'reopened');
      saying({ do: first ? 'post' : 'edit', message: incident.name, card, ...(turned ? { urgent: true } : {}) });
    }
    for (const fact of facts) {
      if (fact.is === 'resolved' || (fact.is === 'reopened' && !fact.quiet)) {
        const text = `${incident.name} ${factText(fact)}.`;
        saying({
          do: 'post',
          message: `${incident.name}/${fact.is}-${incident.reopened}-${now}`,
          card: {
            tone: fact.is === 'resolved' ? 'ok' : 'warning',
            title: rootTitle(incident),
            blocks: [{ kind: 'text', text }],
            buttons: [],
          },
        });
      }
    }
    return writes;
  }

  async function latest(snapshot: Snapshot): Promise<Stored<Incident> | undefined> {
    const hash = groupHash(snapshot.receiver, snapshot.groupKey);
    const [found] = await store.find(incidents, { key: ['group', hash], order: 'down', limit: 1 });
    return found ?? (await adopted(snapshot));
  }

  /**
   * A changed routing configuration changes the group's key, and two routes may send the same alert: the incident that has all of the
   * firing alerts (where none fires, all of those that ended) is the same one.
   */
  async function adopted(snapshot: Snapshot): Promise<Stored<Incident> | undefined> {
    const firing = snapshot.alerts.filter(({ status }) => status === 'firing');
    const alive = firing.length > 0 ? firing : snapshot.alerts;
    const name = alive[0]?.labels['alertname'];
    if (name === undefined) return undefined;
    const candidates = await store.find(incidents, { key: ['open', name], order: 'down', limit: ADOPT_LOOK });
    return candidates.find(
      ({ body }) =>
        body.receiver === snapshot.receiver &&
        alive.every(
          ({ fingerprint, startsAt }) =>
            body.members[fingerprint]?.startsAt === startsAt && body.members[fingerprint]?.status === 'firing',
        ),
    );
  }

  async function opening(snapshot: Snapshot): Promise<{ id: string; writes: Write[]; decided: Decided }> {
    const counter = await store.get(counters, 'incident');
    const number = (counter?.body.last ?? 0) + 1;
    const id = incidentId(number);
    const buttons: IncidentButtons = {
      ack: newToken(),
      silence: newToken(),
      unsilence: newToken(),
      triage: newToken(),
    };
    const opened = decide.open(snapshot, { name: `INC-${number}`, buttons }, rules());
    const waitingIn = targets.filter(({ bounded }) => bounded).map(({ conversation }) => laneOf(conversation));
    const decided = waitingIn.length > 0 ? { ...opened, incident: { ...opened.incident, waitingIn } } : opened;
    const writes = [
      put(counters, 'incident', { last: number }, counter?.version ?? 0),
      put(incidents, id, decided.incident, 0),
      ...Object.entries(buttons).map(([what, token]) =>
        put(presses, token, { what: what as keyof IncidentButtons, incident: id }, 0),
      ),
      ...consequences(id, decided),
    ];
    return { id, writes, decided };
  }

  return {
    root: (incident) => rootCard(incident, brief(incident), clock.now()),
    notify: async (whole, also) => {
      const snapshot: Snapshot = { ...whole, alerts: whole.alerts.filter(({ labels }) => !isMeta(labels)) };
      const told = await transact<{ id: string | undefined; facts: readonly Fact[] }>(store, async () => {
        const found = snapshot.alerts.length > 0 ? await latest(snapshot) : undefined;
        const again = found && decide.applySnapshot(rebound(found.body, snapshot), snapshot, rules());
        if (found && again) {
          const changed = again.incident !== found.body;
          return {
            writes: [
              ...also,
              ...(changed ? [put(incidents, found.id, again.incident, found.version)] : []),
              ...(again.facts.length > 0 ? consequences(found.id, again) : []),
            ],
            result: { id: found.id, facts: again.facts },
          };
        }
        if (!snapshot.alerts.some(({ status }) => status === 'firing'))
          return { writes: also, result: { id: undefined, facts: [] } };
        const fresh = await opening(snapshot);
        return { writes: [...also, ...fresh.writes], result: { id: fresh.id, facts: fresh.decided.facts } };
      });
      for (const { is } of told.facts) meter.fact(is);
      return told.id;
    },
    change: async (id, decision, also) => {
      const decided = await transact(store, async () => {
        const found = await store.get(incidents, id);
        if (!found) throw new DaytwoError('not-found', `there is no incident ${Number(id)}`);
        const after = decision(found.body);
        const more = (await also?.(after.incident)) ?? [];
        if (after.incident === found.body && after.facts.length === 0) return { writes: more, result: after };
        return {
          writes: [
            put(incidents, id, after.incident, found.version),
            ...(after.facts.length > 0 ? consequences(id, after) : []),
            ...more,
          ],
          result: after,
        };
      });
      for (const { is } of decided.facts) meter.fact(is);
      return decided.incident;
    },
  };
}

/** The incident under the key that its group has now; under its own where the notification has only some of what fires in it. */
function rebound(incident: Incident, { groupKey, alerts }: Snapshot): Incident {
  if (incident.groupKey === groupKey) return incident;
  const theirs = new Set(alerts.flatMap(({ status, fingerprint }) => (status === 'firing' ? [fingerprint] : [])));
  const isAll = Object.entries(incident.members).every(([name, { status }]) => status !== 'firing' || theirs.has(name));
  return isAll ? { ...incident, groupKey } : incident;
}
