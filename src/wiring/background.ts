import { createNodeWatch, type NodeWatch } from '../actions/node/past/watch.ts';
import type { Desk } from '../alerting/desk.ts';
import type { Inbox } from '../alerting/inbox.ts';
import type { Incident } from '../alerting/incident.ts';
import { createIntake } from '../alerting/intake.ts';
import { createReconciler, type ReconcileHealth, type Reconciler } from '../alerting/reconcile.ts';
import { createAnchors } from '../audit/anchors.ts';
import { createChatWatch } from '../chat/chatWatch.ts';
import type { NodeSightings } from '../cluster/sighting.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Pace } from '../lib/pace.ts';
import type { Alertmanager } from '../telemetry/port.ts';
import type { Collector } from '../triage/collector.ts';
import { createRounds, type RoundPlan } from '../triage/rounds.ts';
import { createUsher } from '../triage/usher.ts';
import { createDuties, type Worker } from './duties.ts';
import { createHousekeeping } from './housekeeping.ts';
import type { State } from './state.ts';
import type { Talkers } from './talkers.ts';

/** The name of the lease under which one replica works in the background for all. */
const LEADER = 'leader';

/** What goes on by itself: one process does it, whichever leads. */
export interface Background extends Worker {
  /** Whether this process does it now. */
  isOnDuty(): boolean;
  /** What is known of Alertmanager; asked by the one on duty. */
  reconciling(): ReconcileHealth;
  /** Why the cluster did not answer the last look at its nodes; undefined where it did, or another process looks. */
  nodesFault(): string | undefined;
}

/** Builds it: working in, threads, evidence, holding incidents against Alertmanager, chats' health, the audit's heads, forgetting. */
export function createBackground(options: {
  readonly state: Pick<State, 'store' | 'audit' | 'claims'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly talkers: Talkers;
  readonly inbox: Inbox;
  readonly desk: Desk;
  /** Undefined where it can't be asked. */
  readonly alertmanager: Alertmanager | undefined;
  readonly collector: Collector;
  readonly plan: (incident: Incident, signal: AbortSignal) => Promise<RoundPlan>;
  readonly reopenWithinMs: number;
  /** Undefined where no cluster is named. */
  readonly sightings: NodeSightings | undefined;
  /** How long resolved incidents are kept, and what happened to nodes. */
  readonly keepMs: number;
  readonly worked: (ms: number) => void;
  readonly pace: Pace;
  readonly roundsPace: Pace;
}): Background {
  const { state, clock, log, talkers, inbox, desk, alertmanager, collector, plan, pace, roundsPace } = options;
  const { store, audit, claims } = state;
  const { targets, all: chats } = talkers;
  let reconciler: Reconciler | undefined;
  let nodes: NodeWatch | undefined;

  function begin(): readonly Worker[] {
    const { reopenWithinMs, keepMs, worked, sightings } = options;
    reconciler = alertmanager && createReconciler({ store, desk, alertmanager, clock, log, reopenWithinMs });
    nodes = sightings && createNodeWatch({ sightings, store, clock, log, keepMs });
    return [
      createIntake({ store, inbox, desk, clock, log, worked, pace }),
      createUsher({ store, desk, targets, clock, log, arriving: () => inbox.waiting.entries > 0 }),
      createRounds({ store, desk, collector, plan, targets, clock, log, pace: roundsPace }),
      createAnchors({ store, clock, log, audit, targets }),
      ...(reconciler ? [reconciler] : []),
      ...(nodes ? [nodes] : []),
      createChatWatch({ store, chats, clock, log }),
      createHousekeeping({ store, clock, log, keepMs, console: talkers.console, forgetful: talkers.vendors }),
    ];
  }

  const duties = createDuties({ name: LEADER, claims, log, begin });
  return {
    start: duties.start,
    stop: duties.stop,
    isOnDuty: () => duties.isOnDuty,
    nodesFault: () => (duties.isOnDuty ? nodes?.fault() : undefined),
    reconciling: () => {
      if (claims.id() !== undefined && !duties.isOnDuty)
        return { state: 'up', reason: 'asked by the replica that leads', at: clock.now() };
      return reconciler?.health() ?? { state: 'unknown', reason: 'not asked yet', at: 0 };
    },
  };
}
