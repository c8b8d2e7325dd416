import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store, Stored } from '../store/port.ts';
import type { Alertmanager, LiveAlert } from '../telemetry/port.ts';
import * as decide from './decide.ts';
import type { Desk } from './desk.ts';
import { type Incident, incidents } from './incident.ts';
import { isMeta, type Snapshot } from './webhook.ts';

/** How often Alertmanager's list is read, and how soon after a doubtful notification. */
const EVERY_MS = 20_000;
const DOUBT_MS = 2000;
/** Alertmanager keeps no alerts over a restart: for this long its list proves nothing's end. Prometheus sends anew every minute or so. */
const WARM_UP_MS = 150_000;
/** An alert without an incident must be this old before it counts as a notification that never came (group_wait, retries). */
const MISSED_AFTER_MS = 6 * 60_000;
/** One look may take this long. */
const LOOK_MS = 10_000;

/** What Alertmanager's list says of one incident. Pure. */
export function truthOf(incident: Incident, live: ReadonlyMap<string, LiveAlert>): decide.Truth {
  const alive = new Map<string, number>();
  for (const fingerprint of Object.keys(incident.members)) {
    const alert = live.get(fingerprint);
    if (alert) alive.set(fingerprint, alert.startsAt);
  }
  const labels = Object.entries(incident.groupLabels);
  const groupAlive =
    incident.truncated > 0 &&
    [...live.values()].some((alert) => labels.every(([name, value]) => alert.labels[name] === value));
  return { alive, groupAlive };
}

/**
 * Active alerts of our receivers that no open incident has, as notifications by alert name. `receivers` are those that ever sent us
 * something; a webhook gives its name quoted as a regular expression. Pure.
 */
export function missed(
  live: readonly LiveAlert[],
  known: ReadonlySet<string>,
  receivers: ReadonlySet<string>,
  now: number,
): readonly Snapshot[] {
  const groups = new Map<string, Snapshot>();
  for (const alert of live) {
    if (
      alert.state !== 'active' ||
      known.has(alert.fingerprint) ||
      isMeta(alert.labels) ||
      now - alert.startsAt < MISSED_AFTER_MS
    )
      continue;
    const receiver = [...receivers].find((name) => alert.receivers.includes(unquote(name)));
    if (receiver === undefined) continue;
    const alertname = alert.labels['alertname'] ?? 'alert';
    const groupKey = `missed:{alertname=${JSON.stringify(alertname)}}`;
    const group = groups.get(`${receiver}\u0000${groupKey}`);
    const { fingerprint, labels, annotations, startsAt, generatorURL } = alert;
    const one = {
      fingerprint,
      status: 'firing' as const,
      labels,
      annotations,
      startsAt,
      endsAt: undefined,
      generatorURL,
    };
    const alerts = [...(group?.alerts ?? []), one];
    groups.set(`${receiver}\u0000${groupKey}`, {
      receiver,
      groupKey,
      groupLabels: { alertname },
      commonLabels: common(alerts.map((each) => each.labels)),
      commonAnnotations: common(alerts.map((each) => each.annotations)),
      externalURL: '',
      truncated: 0,
      alerts,
    });
  }
  return [...groups.values()];
}

/** Undoes Go's regexp.QuoteMeta, which Alertmanager puts a webhook's receiver through. */
function unquote(receiver: string): string {
  return receiver.replace(/\\([\\.+*?()|[\]{}^$])/g, '$1');
}

function common(all: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(all[0] ?? {}).filter(([name, value]) => all.every((one) => one[name] === value)),
  );
}

/** What was learnt by the last look. */
export interface ReconcileHealth {
  readonly state: 'unknown' | 'up' | 'down';
  readonly reason: string;
  readonly at: number;
}

/** Holds incidents against what Alertmanager itself says: resolved while silenced, lost notifications, late copies. */
export interface Reconciler {
  start(): void;
  stop(): Promise<void>;
  /** Looks now. Used by tests and after doubt. */
  look(signal: AbortSignal): Promise<void>;
  health(): ReconcileHealth;
}

/** Builds the reconciler. */
export function createReconciler(options: {
  readonly store: Store;
  readonly desk: Desk;
  readonly alertmanager: Alertmanager;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reopenWithinMs: number;
}): Reconciler {
  const { store, desk, alertmanager, clock, log } = options;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let health: ReconcileHealth = { state: 'unknown', reason: 'not asked yet', at: 0 };

  /** What is open, and what is over but doubted. */
  async function inQuestion(): Promise<readonly Stored<Incident>[]> {
    const all = new Map<string, Stored<Incident>>();
    for (const key of [
      ['state', 'open'],
      ['doubt', 'yes'],
    ] as const) {
      for (let after = ''; ; ) {
        const page = await store.find(incidents, { key, after, limit: 500 });
        for (const one of page) all.set(one.id, one);
        if (page.length < 500) break;
        after = page.at(-1)?.id ?? '';
      }
    }
    return [...all.values()];
  }

  async function look(signal: AbortSignal): Promise<void> {
    const [status, live] = await Promise.all([alertmanager.status(signal), alertmanager.alerts(signal)]);
    const now = clock.now();
    health = { state: 'up', reason: '', at: now };
    const warm = now - status.startedAt >= WARM_UP_MS;
    const byFingerprint = new Map(live.map((alert) => [alert.fingerprint, alert]));
    const known = new Set<string>();
    const receivers = new Set<string>();
    for (const { id, body } of await inQuestion()) {
      receivers.add(body.receiver);
      for (const fingerprint of Object.keys(body.members)) known.add(fingerprint);
      const truth = truthOf(body, byFingerprint);
      const everythingIsThere = Object.entries(body.members).every(
        ([fingerprint, { status: is }]) => is === 'resolved' || truth.alive.has(fingerprint),
      );
      if (!warm && !everythingIsThere) continue;
      const rules = { now, reopenWithinMs: options.reopenWithinMs, canAsk: true };
      if (decide.applyTruth(body, truth, rules).incident !== body)
        await desk.change(id, (incident) => decide.applyTruth(incident, truth, rules));
    }
    for (const { body } of await store.find(incidents, { order: 'down', limit: 100 })) receivers.add(body.receiver);
    for (const snapshot of missed(live, known, receivers, now)) {
      log.warn(
        { alert: snapshot.groupLabels['alertname'], count: snapshot.alerts.length },
        'alerts without a notification, opening an incident',
      );
      await desk.notify(snapshot, []);
    }
  }

  async function run(): Promise<void> {
    let since = 0;
    while (!stopping.signal.aborted) {
      const doubtful = (await store.count(incidents, ['doubt', 'yes'])) > 0;
      // A clock that was set back must not put the next look off until it has caught up.
      if (Math.abs(clock.now() - since) >= (doubtful ? DOUBT_MS : EVERY_MS)) {
        since = clock.now();
        try {
          await look(AbortSignal.any([stopping.signal, AbortSignal.timeout(LOOK_MS)]));
        } catch (error) {
          if (stopping.signal.aborted) return;
          if (health.state !== 'down')
            log.warn({ error: messageOf(error) }, 'Alertmanager could not be asked, will retry');
          health = { state: 'down', reason: messageOf(error), at: clock.now() };
        }
      }
      await clock.sleep(DOUBT_MS / 2, stopping.signal);
    }
  }

  return {
    start: () => {
      running = run();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
    look,
    health: () => health,
  };
}
