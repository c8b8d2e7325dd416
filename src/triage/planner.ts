import type { Brief } from '../alerting/cards.ts';
import { type Incident, incidents } from '../alerting/incident.ts';
import { factText, timeline } from '../alerting/timeline.ts';
import type { Cluster } from '../cluster/port.ts';
import type { Hosts } from '../host/port.ts';
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/port.ts';
import type { Alertmanager, Prometheus } from '../telemetry/port.ts';
import type { KnownHost, KnownNode, KnownPod } from './nodeOf.ts';
import { pickRunbook, type UserRunbook } from './pick.ts';
import type { BackupTarget, PastIncident, World } from './probe.ts';
import type { RoundPlan } from './rounds.ts';
import type { Runbook } from './runbook.ts';
import { resolveSubject, subjectNotes } from './subject.ts';

/** How long the cluster may take to tell its nodes before a round goes on without; and how long the answer is used. */
const NODES_MS = 2000;
const NODES_KEEP_MS = 30_000;
/** Earlier incidents of a kind that are told. */
const PAST = 10;
/** Facts of an incident that are weighed for what ended it. */
const FACTS = 200;

/** A runbook's words for an incident's root message. Pure. */
export function briefOf(builtIn: readonly Runbook[], users: readonly UserRunbook[], incident: Incident): Brief {
  const { meaning, impact, checklist } = pickRunbook(builtIn, users, labelsOf(incident));
  return { meaning, impact, checklist };
}

function labelsOf({ groupLabels, commonLabels, alertname }: Incident): Readonly<Record<string, string>> {
  return { alertname, ...groupLabels, ...commonLabels };
}

/** What the planner is built of. */
export interface PlannerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly outside: {
    readonly hosts: Hosts;
    readonly cluster: Cluster;
    readonly prometheus: Prometheus;
    readonly alertmanager: Alertmanager;
    readonly has: { readonly cluster: boolean };
  };
  readonly hosts: readonly KnownHost[];
  readonly builtIn: readonly Runbook[];
  readonly runbooks: readonly UserRunbook[];
  readonly backups: readonly BackupTarget[];
  /** Ids of the actions that exist: only those are offered. */
  readonly actions: ReadonlySet<string>;
}

/** Decides what to look at for an incident, and builds the world that the looks are made in. */
export function createPlanner(options: PlannerOptions): {
  readonly world: World;
  readonly plan: (incident: Incident, signal: AbortSignal) => Promise<RoundPlan>;
} {
  const { store, clock, outside, builtIn, runbooks, backups, hosts } = options;
  let known:
    | { readonly at: number; readonly nodes: readonly KnownNode[]; readonly pods: readonly KnownPod[] }
    | undefined;

  /** Nodes and pods for resolving labels; undefined where the cluster doesn't answer in time, empty where there is none. */
  async function places(signal: AbortSignal): Promise<typeof known> {
    if (!outside.has.cluster) return { at: 0, nodes: [], pods: [] };
    if (known && clock.now() - known.at < NODES_KEEP_MS) return known;
    const within = AbortSignal.any([signal, AbortSignal.timeout(NODES_MS)]);
    try {
      const [nodes, pods] = await Promise.all([
        outside.cluster.nodes(within),
        outside.cluster.pods({}, within).catch(() => []),
      ]);
      known = { at: clock.now(), nodes, pods };
      return known;
    } catch {
      // The round goes on: the probes of the cluster will say what is wrong with it.
      return undefined;
    }
  }

  async function past(alertname: string, sinceMs: number): Promise<readonly PastIncident[]> {
    const found = await store.find(incidents, { key: ['alertname', alertname], order: 'down', limit: PAST });
    const recent = found.filter(({ body }) => body.openedAt >= sinceMs);
    return Promise.all(
      recent.map(async ({ id, body }) => {
        const facts = await store.find(timeline, { key: ['incident', id], order: 'down', limit: FACTS });
        const telling = facts
          .map((entry) => entry.body.fact)
          .filter(({ is }) => is === 'resolved' || is === 'acknowledged' || is === 'silenced');
        const ending = telling.slice(0, 3).reverse().map(factText).join('; ');
        return {
          id: body.name,
          name: body.alertname,
          openedAt: body.openedAt,
          resolvedAt: body.resolvedAt,
          ending: ending || 'still open',
        };
      }),
    );
  }

  return {
    world: {
      clock,
      hosts: outside.hosts,
      cluster: outside.cluster,
      prometheus: outside.prometheus,
      alertmanager: outside.alertmanager,
      backups,
      past,
    },
    plan: async (incident, signal) => {
      const labels = labelsOf(incident);
      const place = await places(signal);
      const subject = resolveSubject(
        labels,
        { nodes: place?.nodes, pods: place?.pods ?? [], hosts, backups },
        incident.openedAt,
      );
      const runbook = pickRunbook(builtIn, runbooks, labels);
      return {
        probes: runbook.probes(subject),
        offers: runbook.offers(subject).filter(({ action }) => options.actions.has(action)),
        notes: subjectNotes(subject),
      };
    },
  };
}
