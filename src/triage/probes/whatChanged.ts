import type { EventView, NodeView, RolloutView } from '../../cluster/port.ts';
import { humanDuration, inertLine } from '../../lib/text.ts';
import type { Finding } from '../evidence.ts';
import type { PastIncident, Probe } from '../probe.ts';
import { ago, count, failures, finding, note, type Part, part, table } from './kit.ts';

const DAY_MS = 86_400_000;
/** How far back previous incidents of the kind are told. */
const PAST_MS = 90 * DAY_MS;
const DEADLINE_MS = 15_000;
const IMAGES_SHOWN = 2;

/** Events that tell of a change rather than of trouble. Source: reasons of the node, deployment and image controllers. */
const CHANGES: ReadonlySet<string> = new Set([
  'NodeNotReady',
  'NodeReady',
  'RegisteredNode',
  'RemovingNode',
  'Rebooted',
  'Starting',
  'NodeNotSchedulable',
  'NodeSchedulable',
  'ScalingReplicaSet',
  'SuccessfulRescale',
  'EvictionThresholdMet',
]);

/** What the parts of the look found. */
interface Changes {
  readonly rollouts: Part<readonly RolloutView[]>;
  readonly nodes: Part<readonly NodeView[]>;
  readonly events: Part<readonly EventView[]>;
  readonly past: Part<readonly PastIncident[]>;
}

interface Change {
  readonly at: number;
  readonly what: string;
  readonly detail: string;
}

const found = <T>(one: Part<readonly T[]>): readonly T[] => (one.is === 'found' ? one.value : []);

/** Changes of the day before, newest first, and how the alert ended before. Pure. */
function changesFinding(parts: Changes, openedAt: number, now: number): Finding {
  const since = openedAt - DAY_MS;
  const changes = [
    ...found(parts.rollouts).map(rollout),
    ...found(parts.nodes).flatMap((node) => nodeChanges(node)),
    ...found(parts.events)
      .filter(({ reason }) => CHANGES.has(reason))
      .map(event),
  ]
    .filter(({ at }) => at >= since && at <= now)
    .toSorted((a, b) => b.at - a.at);
  // The incident itself is no earlier one.
  const past = found(parts.past).filter((one) => one.openedAt < openedAt);
  const failed = failures({ ...parts });
  const unseen = failed.length > 0 ? `; not seen: ${failed.map((text) => text.split(':')[0]).join(', ')}` : '';
  const newest = changes.find(({ at }) => at <= openedAt) ?? changes[0];
  // Where nobody could be asked, nothing can be said of it.
  const isBlind = [parts.rollouts, parts.nodes, parts.events].every(({ is }) => is === 'failed');
  const nothing = isBlind
    ? 'Changes could not be looked at'
    : 'Nothing changed in the day before that the cluster tells';
  const said = newest
    ? `${newest.what}, ${relation(newest.at, openedAt)}${changes.length > 1 ? `; ${changes.length} changes in all` : ''}`
    : nothing;
  return finding(
    newest ? 'warn' : failed.length > 0 ? 'unknown' : 'ok',
    `${said}; ${pastLine(past, parts.past)}${unseen}`,
    [
      ...table(
        ['When', 'What', 'Detail'],
        changes.map((one) => [ago(one.at, now), one.what, one.detail]),
      ),
      ...table(
        ['Before', 'Incident', 'Took', 'Ended by'],
        past.map((one) => [
          ago(one.openedAt, now),
          one.id,
          one.resolvedAt === undefined ? 'still open' : humanDuration(one.resolvedAt - one.openedAt),
          one.ending,
        ]),
      ),
      ...note(failed),
    ],
  );
}

function relation(at: number, openedAt: number): string {
  return at <= openedAt
    ? `${humanDuration(openedAt - at)} before the alert`
    : `${humanDuration(at - openedAt)} after the alert`;
}

function pastLine(past: readonly PastIncident[], part: Part<unknown>): string {
  if (part.is === 'failed') return 'earlier incidents unknown';
  const last = past.find(({ resolvedAt }) => resolvedAt !== undefined);
  if (past.length === 0) return 'first time in 90 days';
  const ending = last?.ending ? `, last ended by: ${inertLine(last.ending)}` : '';
  return `${count(past.length, 'time')} before in 90 days${ending}`;
}

function rollout({ namespace, workload, revision, images, at }: RolloutView): Change {
  const what = `${namespace}/${workload} rolled out`;
  return { at, what, detail: `revision ${revision}: ${images.slice(0, IMAGES_SHOWN).join(', ')}` };
}

function nodeChanges(node: NodeView): Change[] {
  const joined = { at: node.createdAt, what: `${node.name} joined`, detail: node.kubeletVersion };
  const turned = node.conditions.map((one) => ({
    at: one.since,
    what: `${node.name}: ${one.type} turned ${one.status}`,
    detail: one.reason,
  }));
  return [joined, ...turned];
}

/** Nodes have no namespace; their events lie in one all the same. */
function event({ namespace, reason, about, message, at }: EventView): Change {
  return { at, what: `${reason} ${about.startsWith('Node/') ? about : `${namespace}/${about}`}`, detail: message };
}

/** What changed in the day before an alert, and what ended it before. Each source may be away without spoiling the rest. */
export function whatChanged(about: { alertname: string; namespace: string | undefined; openedAt: number }): Probe {
  const { alertname, namespace, openedAt } = about;
  const where = { ...(namespace === undefined ? {} : { namespace }), sinceMs: openedAt - DAY_MS };
  return {
    id: `changes:${alertname}:${namespace ?? ''}:${openedAt}`,
    title: 'What changed',
    source: 'Kubernetes API and earlier incidents',
    deadlineMs: DEADLINE_MS,
    look: async ({ cluster, clock, past }, signal) => {
      const [rollouts, nodes, events, before] = await Promise.all([
        part(cluster.rollouts(where, signal), signal),
        part(cluster.nodes(signal), signal),
        part(cluster.events({ sinceMs: where.sinceMs }, signal), signal),
        part(past(alertname, openedAt - PAST_MS), signal),
      ]);
      const parts = { rollouts, nodes, events, past: before };
      const all = Object.values(parts);
      const first = all[0];
      if (first?.is === 'failed' && all.every((one) => one.is === 'failed')) throw first.error;
      return changesFinding(parts, openedAt, clock.now());
    },
  };
}
