import type {
  ActingCluster,
  BudgetState,
  ClaimState,
  EvictionAnswer,
  NodeState,
  OwnerState,
  PodState,
} from '../../cluster/acting.ts';
import { codeOf, type ErrorCode } from '../../lib/errors.ts';
import { fateOf } from './fate.ts';
import type { NodeBusy, NodeWorld, PathBackup } from './world.ts';

/** A volume that stays on the node, and the backup that covers it. */
export interface CoveredVolume {
  readonly claim: string;
  readonly path: string;
  readonly backup: PathBackup | undefined;
}

/** Everything a drain is planned from. */
export interface DrainSnapshot {
  readonly node: NodeState;
  /** All nodes, this one included. */
  readonly nodes: readonly NodeState[];
  /** All pods of the node. */
  readonly here: readonly PodState[];
  /** Unfinished pods of other nodes and of none. */
  readonly elsewhere: readonly PodState[];
  readonly budgets: readonly BudgetState[];
  /** Controllers of the node's pods, and their own. */
  readonly owners: readonly OwnerState[];
  readonly claims: readonly ClaimState[];
  /** What a dry run of the eviction said, by the pod's uid. */
  readonly tries: ReadonlyMap<string, EvictionAnswer>;
  /** Pods whose eviction wasn't tried, or could not be. */
  readonly untried: number;
  readonly volumes: readonly CoveredVolume[];
  readonly busy: NodeBusy;
  readonly self: NodeWorld['self'];
}

/** Dry runs of one plan: the kubelet's default is 110 pods a node. */
const TRIES_MAX = 250;
/** Dry runs for the pods of one controller. */
const TRIES_EACH = 2;
/** Dry runs at once. */
const TRIES_AT_ONCE = 6;
/** Dry runs that haven't answered by then are left out, ms: a plan is wanted within two seconds. */
const TRIES_MS = 4000;
/** What only informs may take this long, ms. */
const ASIDE_MS = 1500;
const NOT_BUSY: NodeBusy = { running: [], unknown: [] };

/** Looks at everything that a drain touches; changes nothing. Where there is no such node, the nodes there are. Throws as `ActingCluster`. */
export async function lookAtNode(
  name: string,
  world: NodeWorld,
  signal: AbortSignal,
): Promise<DrainSnapshot | { readonly nodes: readonly NodeState[] }> {
  const { cluster, following } = world;
  const aside = AbortSignal.any([signal, AbortSignal.timeout(ASIDE_MS)]);
  const here = cluster.pods({ node: name }, signal);
  // All that a plan binds and judges by is asked for now. Pods elsewhere only tell where there is room, an estimate whatever they do next:
  // of thousands of them the list takes longer than all the rest.
  const around = async (): Promise<readonly PodState[]> =>
    (await following?.elsewhere(name, await here, signal)) ?? (await cluster.pods({}, signal));
  // What is asked of the node's own pods doesn't wait for the long list of all.
  const [nodes, everywhere, budgets, busy, own] = await Promise.all([
    cluster.nodes(signal),
    around(),
    cluster.budgets(signal),
    world.busy?.(name, aside) ?? NOT_BUSY,
    here.then((pods) => lookAtPods(pods, world, signal)),
  ]);
  const node = nodes.find((one) => one.name === name);
  if (!node) return { nodes };
  const { owners, claims } = own;
  const moving = own.here.filter((pod) => fateOf(pod, owners).goes);
  return {
    ...own,
    node,
    nodes,
    elsewhere: everywhere.filter((pod) => pod.node !== name),
    budgets,
    volumes: await covered(name, moving, claims, world, aside),
    busy,
    self: world.self,
  };
}

/** The node's pods, with their controllers and claims, and what a dry run says of each. */
async function lookAtPods(
  here: readonly PodState[],
  { cluster, lookOnly }: NodeWorld,
  signal: AbortSignal,
): Promise<Pick<DrainSnapshot, 'here' | 'owners' | 'claims' | 'tries' | 'untried'>> {
  const owned = here.filter(({ mirror, phase }) => !mirror && phase !== 'Succeeded' && phase !== 'Failed');
  const refs = owned.flatMap(({ owner }) => (owner ? [owner] : []));
  const leaving = owned.filter(({ owner, deletedAt }) => owner?.kind !== 'DaemonSet' && deletedAt === undefined);
  const [owners, claims, tries] = await Promise.all([
    cluster.owners(refs, signal),
    cluster.claims(claimsOf(owned), signal),
    lookOnly ? NOTHING_TRIED : tryAll(cluster, samples(leaving), signal),
  ]);
  return { here, owners, claims, ...tries };
}

const NOTHING_TRIED = { tries: new Map<string, EvictionAnswer>(), untried: 0 };

/** A few pods of each controller: they are made alike, so rights and webhooks answer alike. */
function samples(pods: readonly PodState[]): readonly PodState[] {
  const byOwner = Map.groupBy(pods, ({ owner, uid }) => owner?.uid ?? uid);
  return [...byOwner.values()].flatMap((own) => own.slice(0, TRIES_EACH));
}

const claimsOf = (pods: readonly PodState[]) =>
  pods.flatMap(({ namespace, volumes }) =>
    volumes.filter(({ kind }) => kind === 'claim').map(({ name }) => ({ namespace, name })),
  );

/** A dry run a pod: rights, webhooks and budgets, asked for where they are decided. One that fails says nothing. */
async function tryAll(
  cluster: ActingCluster,
  pods: readonly PodState[],
  signal: AbortSignal,
): Promise<Pick<DrainSnapshot, 'tries' | 'untried'>> {
  const tries = new Map<string, EvictionAnswer>();
  const queue = pods.slice(0, TRIES_MAX);
  const enough = AbortSignal.any([signal, AbortSignal.timeout(TRIES_MS)]);
  const fatal: ReadonlySet<ErrorCode> = new Set(['forbidden', 'unreachable']);
  const worker = async (): Promise<void> => {
    for (let pod = queue.shift(); pod && !enough.aborted; pod = queue.shift()) {
      try {
        tries.set(pod.uid, await cluster.evict(pod, { dryRun: true }, enough));
      } catch (error) {
        signal.throwIfAborted();
        if (fatal.has(codeOf(error))) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: TRIES_AT_ONCE }, worker));
  return { tries, untried: pods.length - tries.size };
}

/** Volumes on the node's own disk, and what backs them up. */
async function covered(
  node: string,
  moving: readonly PodState[],
  claims: readonly ClaimState[],
  { backupOf }: NodeWorld,
  signal: AbortSignal,
): Promise<readonly CoveredVolume[]> {
  const wanted = new Set(claimsOf(moving).map(({ namespace, name }) => `${namespace}/${name}`));
  const places = claims.flatMap(({ namespace, name, path, kind }) =>
    path !== undefined && (kind === 'local' || kind === 'hostPath') && wanted.has(`${namespace}/${name}`)
      ? [{ claim: `${namespace}/${name}`, path }]
      : [],
  );
  return Promise.all(
    places.map(async (place) => ({
      ...place,
      backup: await backupOf?.(node, place.path, signal),
    })),
  );
}
