import type { Amounts, ClaimState, NodeState, PodState, PodTerm } from '../../cluster/acting.ts';
import { meantBy, nodeIsIn, repelling, selects } from './select.ts';

/** A node with what runs on it, while placements are tried. */
export interface Square {
  readonly node: NodeState;
  readonly pods: PodState[];
  readonly used: Record<string, number>;
  /** Those of the pods that keep others away. */
  readonly guards: Set<PodState>;
}

/** The cluster as the scheduler sees it. */
export interface Board {
  readonly squares: readonly Square[];
  /** Pods that wait for a node. */
  readonly waiting: readonly PodState[];
}

/** A pod's requests, itself counted as one of `pods`. */
export function wants(pod: PodState): Amounts {
  const known = wanted.get(pod);
  if (known) return known;
  const amounts = { ...pod.requests, pods: 1 };
  wanted.set(pod, amounts);
  return amounts;
}

/** Asked for a hundred times a pod. */
const wanted = new WeakMap<PodState, Amounts>();

/** Sets up the board. Finished pods hold no place. */
export function setUp(nodes: readonly NodeState[], pods: readonly PodState[]): Board {
  const squares = new Map(nodes.map((node) => [node.name, { node, pods: [], used: {}, guards: new Set() } as Square]));
  const waiting: PodState[] = [];
  for (const pod of pods) {
    if (pod.phase === 'Succeeded' || pod.phase === 'Failed') continue;
    const square = pod.node === undefined ? undefined : squares.get(pod.node);
    if (square) put(square, pod);
    else if (pod.node === undefined) waiting.push(pod);
  }
  return { squares: [...squares.values()], waiting };
}

/** Places a pod. */
export function put(square: Square, pod: PodState): void {
  square.pods.push(pod);
  if (pod.apart.length > 0) square.guards.add(pod);
  for (const [name, amount] of Object.entries(wants(pod))) square.used[name] = (square.used[name] ?? 0) + amount;
}

/** Takes a pod away. */
export function take(square: Square, pod: PodState): void {
  const at = square.pods.indexOf(pod);
  if (at < 0) return;
  square.pods.splice(at, 1);
  square.guards.delete(pod);
  for (const [name, amount] of Object.entries(wants(pod))) square.used[name] = (square.used[name] ?? 0) - amount;
}

/** How much of a resource is free. */
export function free({ node, used }: Square, name: string): number {
  return (node.allocatable[name] ?? 0) - (used[name] ?? 0);
}

/** Taints that come and go with a node's state. Source: kubernetes.io/docs/reference/labels-annotations-taints. */
const PASSING = 'node.kubernetes.io/';

/** The claims of a pod. */
export function claimsOf(pod: PodState, claims: readonly ClaimState[]): readonly ClaimState[] {
  return pod.volumes.flatMap(({ kind, name }) => {
    const claim =
      kind === 'claim' ? claims.find((one) => one.namespace === pod.namespace && one.name === name) : undefined;
    return claim ? [claim] : [];
  });
}

/** Why a pod can never run on a node, however empty and well that is; undefined where it could. Pure. */
export function neverOn(
  pod: PodState,
  claims: readonly ClaimState[],
  node: NodeState,
): 'selector' | 'taint' | 'volume' | 'size' | undefined {
  if (!selects(pod, node)) return 'selector';
  if (!claims.every(({ nodeTerms }) => nodeIsIn(nodeTerms, node))) return 'volume';
  if (repelling(pod, node).some(({ key }) => !key.startsWith(PASSING))) return 'taint';
  const tooBig = Object.entries(wants(pod)).some(([name, amount]) => amount > (node.allocatable[name] ?? 0));
  return tooBig ? 'size' : undefined;
}

/** Whether a node takes new pods that tolerate what it has. Pure. */
export function takes(node: NodeState, pod: PodState): boolean {
  return node.ready === 'True' && !node.unschedulable && repelling(pod, node).length === 0;
}

/** Whether there is room by amounts and host ports. Pure. */
export function hasRoom(square: Square, pod: PodState): boolean {
  if (Object.entries(wants(pod)).some(([name, amount]) => amount > free(square, name))) return false;
  if (pod.hostPorts.length === 0) return true;
  const taken = new Set(square.pods.flatMap(({ hostPorts }) => hostPorts.map(portOf)));
  return !pod.hostPorts.some((port) => taken.has(portOf(port)));
}

/** Protocol and number: two addresses of a node count as one, which errs on the safe side. */
const portOf = (text: string): string => text.replace(/\/.*\//, '/');

const topologyOf = ({ node }: Square, key: string): string | undefined =>
  Object.hasOwn(node.labels, key) ? node.labels[key] : undefined;

/** Topologies in which a pod that the term means runs. */
function places({ squares }: Board, term: PodTerm): ReadonlySet<string> {
  const found = new Set<string>();
  for (const square of squares) {
    const topology = topologyOf(square, term.topologyKey);
    if (topology !== undefined && !found.has(topology) && square.pods.some((pod) => meantBy(term, pod)))
      found.add(topology);
  }
  return found;
}

/**
 * Which nodes a pod's relations to other pods allow: its affinity and anti-affinity, the anti-affinity of those that run, and its spread. Pure.
 */
export function relations(board: Board, pod: PodState): (square: Square) => boolean {
  const near = pod.near.map((term) => {
    const found = places(board, term);
    // The first of its kind may go anywhere. Source: kube-scheduler, interpodaffinity filtering.go, satisfyPodAffinity.
    return { term, found, first: found.size === 0 && meantBy(term, pod) };
  });
  const apart = pod.apart.map((term) => ({ term, found: places(board, term) }));
  const repelled = new Map<string, Set<string>>();
  for (const square of board.squares) {
    for (const other of square.guards) {
      for (const term of other.apart) {
        const topology = topologyOf(square, term.topologyKey);
        if (topology === undefined || !meantBy(term, pod)) continue;
        const known = repelled.get(term.topologyKey) ?? new Set<string>();
        repelled.set(term.topologyKey, known.add(topology));
      }
    }
  }
  const spread = pod.spread.map((rule) => spreading(board, pod, rule));
  return (square) => {
    const at = (key: string): string | undefined => topologyOf(square, key);
    const isIn = (found: ReadonlySet<string>, key: string): boolean => {
      const topology = at(key);
      return topology !== undefined && found.has(topology);
    };
    return (
      near.every(({ term, found, first }) =>
        first ? at(term.topologyKey) !== undefined : isIn(found, term.topologyKey),
      ) &&
      !apart.some(({ term, found }) => isIn(found, term.topologyKey)) &&
      ![...repelled].some(([key, found]) => isIn(found, key)) &&
      spread.every((allows) => allows(square))
    );
  };
}

/**
 * A spread counts every node that the pod selects, cordoned ones too: the drained node stays a domain with few pods in it, which often keeps
 * replacements pending. Source: kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints, nodeTaintsPolicy: Ignore.
 */
function spreading(board: Board, pod: PodState, { topologyKey, maxSkew, query }: PodState['spread'][number]) {
  const term: PodTerm = { topologyKey, query, namespaces: [pod.namespace] };
  const counts = new Map<string, number>();
  for (const square of board.squares) {
    const topology = topologyOf(square, topologyKey);
    if (topology === undefined || !selects(pod, square.node)) continue;
    const own = square.pods.filter((other) => other.deletedAt === undefined && meantBy(term, other)).length;
    counts.set(topology, (counts.get(topology) ?? 0) + own);
  }
  const least = Math.min(...counts.values());
  const self = meantBy(term, pod) ? 1 : 0;
  return (square: Square): boolean => {
    const topology = topologyOf(square, topologyKey);
    const count = topology === undefined ? undefined : counts.get(topology);
    return count !== undefined && count + self - least <= maxSkew;
  };
}
