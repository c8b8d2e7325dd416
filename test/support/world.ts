import type { Cluster, EventView, NodeUse, NodeView, PodUse, PodView, RolloutView } from '../../src/cluster/port.ts';
import type { CommandOutput, HostCommand, Hosts } from '../../src/host/port.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { DaytwoError, type ErrorCode } from '../../src/lib/errors.ts';
import type { Alertmanager, Prometheus, Sample, Series } from '../../src/telemetry/port.ts';
import type { BackupTarget, PastIncident, World } from '../../src/triage/probe.ts';
import type { Subject } from '../../src/triage/runbook.ts';

/** Monday, 5 January 2026, 03:10 UTC: the night it is for. */
export const NIGHT = Date.UTC(2026, 0, 5, 3, 10);
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** What a fake world holds; an error code in place of an answer makes the part throw it. */
export interface FakeWorld {
  readonly now?: number;
  readonly nodes?: readonly NodeView[] | ErrorCode;
  readonly nodeUse?: readonly NodeUse[] | ErrorCode;
  readonly pods?: readonly PodView[] | ErrorCode;
  readonly podUse?: readonly PodUse[] | ErrorCode;
  readonly events?: readonly EventView[] | ErrorCode;
  readonly rollouts?: readonly RolloutView[] | ErrorCode;
  readonly past?: readonly PastIncident[] | ErrorCode;
  readonly backups?: readonly BackupTarget[];
  /** Output of a host's command by its tool. */
  readonly host?: (
    host: string,
    command: HostCommand,
    signal: AbortSignal,
  ) => Partial<CommandOutput> | ErrorCode | Promise<CommandOutput>;
  readonly query?: (expr: string) => readonly Sample[] | ErrorCode;
  readonly range?: (expr: string) => readonly Series[] | ErrorCode;
}

/** A world that also tells what it was asked. */
export interface AskedWorld extends World {
  readonly asked: { readonly commands: HostCommand[]; readonly expressions: string[]; readonly where: unknown[] };
}

/** A clock that stands still until told; `sleep` never ends by itself but by its signal. */
function frozenClock(now: number): Clock {
  return {
    now: () => now,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) resolve();
        else signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}

function give<T extends object>(answer: T | ErrorCode | undefined, part: string, signal?: AbortSignal): T {
  if (signal?.aborted) throw new DaytwoError('cancelled', `${part}: cancelled`);
  if (answer === undefined) throw new DaytwoError('not-configured', `${part} is not set up.`);
  if (typeof answer === 'string') throw new DaytwoError(answer, `${part}: ${answer}`);
  return answer;
}

/** Builds a world out of answers; what isn't given isn't configured. */
export function fakeWorld(fake: FakeWorld = {}): AskedWorld {
  const asked: AskedWorld['asked'] = { commands: [], expressions: [], where: [] };
  const now = fake.now ?? NIGHT;
  const hosts: Hosts = {
    names: () => ['node-0'],
    run: async (host, command, signal) => {
      asked.commands.push(command);
      const answer = give(await fake.host?.(host, command, signal), `host ${host}`, signal);
      return { stdout: '', stderr: '', exitCode: 0, truncated: false, tookMs: 1, ...answer };
    },
    close: async () => {},
  };
  const where = <T>(what: unknown, answer: T): T => {
    asked.where.push(what);
    return answer;
  };
  const cluster: Cluster = {
    name: 'home',
    version: async () => 'v1.36.3',
    nodes: async (signal) => give(fake.nodes, 'the cluster', signal),
    nodeUse: async (signal) => give(fake.nodeUse, 'the cluster', signal),
    podUse: async (namespace, signal) => where({ namespace }, give(fake.podUse, 'the cluster', signal)),
    pods: async (which, signal) => where(which, give(fake.pods, 'the cluster', signal)),
    events: async (which, signal) => where(which, give(fake.events, 'the cluster', signal)),
    rollouts: async (which, signal) => where(which, give(fake.rollouts, 'the cluster', signal)),
  };
  const prometheus: Prometheus = {
    query: async (expr, signal) => {
      asked.expressions.push(expr);
      return give(fake.query?.(expr), 'Prometheus', signal);
    },
    queryRange: async (expr, _, signal) => {
      asked.expressions.push(expr);
      return give(fake.range?.(expr), 'Prometheus', signal);
    },
    version: async () => '2.42.0',
  };
  const never = async (): Promise<never> => {
    throw new DaytwoError('not-configured', 'Alertmanager is not set up.');
  };
  const alertmanager: Alertmanager = {
    alerts: never,
    silences: never,
    createSilence: never,
    expireSilence: never,
    version: never,
    status: never,
  };
  return {
    asked,
    clock: frozenClock(now),
    hosts,
    cluster,
    prometheus,
    alertmanager,
    backups: fake.backups ?? [],
    past: async () => give(fake.past, 'the store'),
  };
}

/** A healthy node, but for what is said otherwise. */
export function nodeView(name: string, change: Partial<NodeView> = {}): NodeView {
  return {
    name,
    internalIPs: ['10.0.0.1'],
    ready: 'True',
    unschedulable: false,
    roles: [],
    kubeletVersion: 'v1.36.3',
    createdAt: NIGHT - 100 * DAY,
    conditions: [condition('Ready', 'True')],
    taints: [],
    ...change,
  };
}

/** A node's condition, held for two hours. */
export function condition(type: string, status: string, reason = '', message = ''): NodeView['conditions'][number] {
  return { type, status, reason, message, since: NIGHT - 2 * HOUR, heartbeat: NIGHT - MINUTE };
}

/** A running pod, but for what is said otherwise. */
export function podView(name: string, change: Partial<PodView> = {}): PodView {
  return {
    namespace: 'web',
    name,
    node: 'worker-1',
    phase: 'Running',
    status: 'Running',
    ready: '1/1',
    restarts: 0,
    createdAt: NIGHT - 10 * DAY,
    inTrouble: false,
    lastTermination: undefined,
    owner: 'ReplicaSet/web-7d9f',
    ...change,
  };
}

/** A sample of a metric, taken now. */
export function sample(name: string, value: number, labels: Record<string, string> = {}): Sample {
  return { labels: { __name__: name, ...labels }, at: NIGHT, value };
}

/** A series of `count` figures that ends now. */
export function series(
  labels: Record<string, string>,
  count: number,
  stepMs: number,
  value: (index: number) => number,
): Series {
  return {
    labels,
    points: Array.from({ length: count }, (_, i) => ({ at: NIGHT - (count - 1 - i) * stepMs, value: value(i) })),
  };
}

/** A subject of which nothing is known, but for what is said otherwise. */
export function subject(change: Partial<Subject> = {}): Subject {
  return {
    alertname: 'Any',
    severity: 'critical',
    labels: {},
    openedAt: NIGHT,
    node: undefined,
    host: undefined,
    namespace: undefined,
    pod: undefined,
    backup: undefined,
    job: undefined,
    mountpoint: undefined,
    ...change,
  };
}
