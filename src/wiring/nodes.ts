import { readFileSync } from 'node:fs';
import { lookAtUnit } from '../actions/backup/look.ts';
import { isRunning } from '../actions/backup/unit.ts';
import { DISK_PODS } from '../actions/disk/pods.ts';
import { nodeCordon, nodeDrain, nodeUncordon } from '../actions/node/action.ts';
import { planDrain } from '../actions/node/plan.ts';
import type { NodeBusy, NodeWorld, PathBackup } from '../actions/node/world.ts';
import { repositoryOf, restic } from '../actions/restic/repository.ts';
import { hostnameOf, snapshotsOf, within } from '../actions/restic/snapshots.ts';
import type { BackupSpec, BackupWorld } from '../actions/restic/world.ts';
import type { ActingCluster } from '../cluster/acting.ts';
import type { Following } from '../cluster/following/port.ts';
import type { NodeLook } from '../commanding/command.ts';
import { type BoundAction, bindAction } from '../gate/bound.ts';
import { gateRequests, requestIdOf } from '../gate/requests.ts';
import type { Store } from '../store/port.ts';
import { backupQuery, lastSuccessQuery, readBackup } from '../telemetry/backupMetrics.ts';
import type { Prometheus } from '../telemetry/port.ts';

/** Requests at work that are weighed. */
const AT_WORK = 200;
/** Source: kubernetes.io/docs/tasks/run-application/access-api-from-pod. */
const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** What the actions on nodes are wired from. */
export interface NodeParts {
  readonly cluster: ActingCluster;
  /** The cluster as it changes; without it everything is asked for. */
  readonly following?: Following | undefined;
  /** Absent where none is configured. */
  readonly prometheus?: Prometheus | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The actions on nodes in their world. */
export function nodeActions(world: NodeWorld): readonly BoundAction[] {
  return [bindAction(nodeCordon, world), bindAction(nodeUncordon, world), bindAction(nodeDrain, world)];
}

/** What the actions on nodes look at and change. */
export function nodeWorld(parts: NodeParts, store: Store, backups: BackupWorld): NodeWorld {
  return {
    cluster: parts.cluster,
    following: parts.following,
    clock: backups.clock,
    random: Math.random,
    lastTookMs: backups.lastTookMs,
    isOurs: async ({ request, execution }) => {
      const id = requestIdOf(request);
      return id !== undefined && (await store.get(gateRequests, id))?.body.request.execution?.id === execution;
    },
    self: ownPod(parts.env),
    busy: (node, signal) => busyOn(node, store, backups, signal),
    backupOf: (node, path, signal) => backupOf(node, path, parts, backups, signal),
  };
}

/** What `/nodes NAME` looks at: anybody may ask for it, so nothing is sent that could change anything, dry or not. */
export function nodeLook(world: NodeWorld): NodeLook {
  const looking = { ...world, lookOnly: true };
  return { cluster: world.cluster, drain: (node, signal) => planDrain(node, looking, signal) };
}

/** The uid that plans for nodes and their pods are bound to; other actions touch no cluster. Throws as `ActingCluster`. */
export async function clusterUid(
  parts: NodeParts | undefined,
  action: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return action.startsWith('node.') || action === DISK_PODS ? parts?.cluster.uid(signal) : undefined;
}

/** The pod this process runs in: by the downward API's usual names, else by its host name and service account. */
function ownPod(env: NodeParts['env']): NodeWorld['self'] {
  if (!env['KUBERNETES_SERVICE_HOST']) return undefined;
  const name = env['POD_NAME'] ?? env['HOSTNAME'];
  const namespace = env['POD_NAMESPACE'] ?? ownNamespace();
  return name && namespace ? { name, namespace } : undefined;
}

function ownNamespace(): string | undefined {
  try {
    return readFileSync(NAMESPACE_FILE, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Backups and restores at work on a node: those of the gate, and units that run by themselves. */
async function busyOn(node: string, store: Store, backups: BackupWorld, signal: AbortSignal): Promise<NodeBusy> {
  const atWork = await store.find(gateRequests, { key: ['atwork', 'yes'], limit: AT_WORK });
  const running = atWork.flatMap(({ body: { request } }) => {
    const { effects, title } = request.plan;
    const host = typeof effects === 'object' && effects !== null && 'host' in effects ? effects['host'] : undefined;
    return host === node ? [`${request.name} is at work on ${node}: ${title}`] : [];
  });
  const unknown: string[] = [];
  const units = backups.backups.flatMap(({ name, host, unit }) =>
    host === node && unit !== undefined ? [{ name, host, unit }] : [],
  );
  await Promise.all(
    units.map(async ({ name, host, unit }) => {
      try {
        if (isRunning(await lookAtUnit(backups, { host, unit }, signal)))
          running.push(`the backup ${name} is running on ${node}: ${unit}`);
      } catch {
        unknown.push(`whether the backup ${name} runs on ${node} could not be asked`);
      }
    }),
  );
  return { running, unknown };
}

/** The configured backup of a path, and when it last worked: by pushed metrics, else by its repository. */
async function backupOf(
  node: string,
  path: string,
  { prometheus }: NodeParts,
  backups: BackupWorld,
  signal: AbortSignal,
): Promise<PathBackup | undefined> {
  const spec = backups.backups.find(({ host, paths }) => host === node && paths.some((one) => within(path, one)));
  if (!spec) return undefined;
  const { name: backup, rpoMs } = spec;
  for (const ask of [
    prometheus && (() => byMetrics(spec, prometheus, backups, signal)),
    () => bySnapshots(spec, backups, signal),
  ]) {
    const lastGoodAt = await ask?.().catch(() => undefined);
    if (lastGoodAt !== undefined) return { backup, lastGoodAt, rpoMs };
  }
  return { backup, lastGoodAt: 'unknown', rpoMs };
}

async function byMetrics(
  { name, rpoMs }: BackupSpec,
  prometheus: Prometheus,
  { clock }: BackupWorld,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [samples, history] = await Promise.all([
    prometheus.query(backupQuery(name), signal),
    prometheus.query(lastSuccessQuery(name), signal),
  ]);
  return readBackup({ samples, history, now: clock.now(), rpoMs }).lastSuccessAt;
}

async function bySnapshots(
  spec: BackupSpec,
  backups: BackupWorld,
  signal: AbortSignal,
): Promise<PathBackup['lastGoodAt'] | undefined> {
  const repository = repositoryOf(spec);
  if (spec.kind !== 'restic' || !repository) return undefined;
  const [hostname, all] = await Promise.all([
    hostnameOf(backups, repository.host, signal),
    restic(backups, repository, signal).snapshots(),
  ]);
  return snapshotsOf(all, { paths: spec.paths, hostname }).at(-1)?.time ?? 'none';
}
