import type { ClaimState, PodState } from '../../cluster/acting.ts';
import {
  type Board,
  claimsOf,
  free,
  hasRoom,
  neverOn,
  put,
  relations,
  type Square,
  setUp,
  take,
  takes,
  wants,
} from './board.ts';
import { meantBy } from './select.ts';
import type { DrainSnapshot } from './snapshot.ts';

/**
 * Where a pod's replacement can go.
 * - `surely`: whatever the scheduler does with the others, a node stays open to it
 * - `likely`: a placement of all was found, but the scheduler may choose another
 * - `no-room`: none was found: an estimate
 * - `nowhere`: no other node could run it even if that were empty; `why` says what binds it here
 */
export interface Place {
  readonly is: 'surely' | 'likely' | 'no-room' | 'nowhere';
  /** Where it went on the board. */
  readonly node?: string;
  readonly why?: 'selector' | 'taint' | 'volume' | 'size';
}

/** Finds a place for each pod's replacement on what remains, by the pod's uid. An estimate but for `surely` and `nowhere`. Pure. */
export function placements(snapshot: DrainSnapshot, moving: readonly PodState[]): ReadonlyMap<string, Place> {
  const { node, nodes, here, elsewhere, claims } = snapshot;
  const board = setUp(nodes, [...here, ...elsewhere]);
  const own = board.squares.find((square) => square.node.name === node.name);
  const others = board.squares.filter((square) => square !== own);
  const candidates = moving.map((pod) => {
    const volumes = claimsOf(pod, claims);
    const reasons = others.map((square) => neverOn(pod, volumes, square.node));
    const possible = others.filter((_, at) => reasons[at] === undefined);
    return { pod, possible, open: possible.filter((square) => takes(square.node, pod)), why: bound(reasons) };
  });
  const rivals = [...candidates.filter(({ possible }) => possible.length > 0).map(({ pod }) => pod), ...board.waiting];
  const sure = new Set(
    candidates.filter(({ pod, open }) => isSure(pod, open, rivals, board)).map(({ pod }) => pod.uid),
  );
  const found = new Map<string, Place>();
  // The choosy and the large first: they find the least.
  const order = candidates.toSorted((a, b) => a.open.length - b.open.length || size(b.pod) - size(a.pod));
  for (const { pod, possible, open, why } of order) {
    if (possible.length === 0) {
      found.set(pod.uid, { is: 'nowhere', why });
      continue;
    }
    if (own) take(own, pod);
    const allowed = relations(board, pod);
    const fitting = open.filter((square) => hasRoom(square, pod) && allowed(square));
    const best = widest(fitting);
    if (best) put(best, pod);
    found.set(
      pod.uid,
      best ? { is: sure.has(pod.uid) ? 'surely' : 'likely', node: best.node.name } : { is: 'no-room' },
    );
  }
  return found;
}

/** What binds a pod to this node: the last thing that an otherwise good node lacks says the most. */
function bound(reasons: readonly ReturnType<typeof neverOn>[]): NonNullable<Place['why']> {
  for (const why of ['volume', 'size', 'taint'] as const) if (reasons.includes(why)) return why;
  return 'selector';
}

const size = ({ requests }: PodState): number => (requests['cpu'] ?? 0) + (requests['memory'] ?? 0) / 2 ** 20;

/** The node with the most room left, as the scheduler prefers it by default. */
function widest(squares: readonly Square[]): Square | undefined {
  let best: { readonly square: Square; readonly room: number } | undefined;
  for (const square of squares) {
    const room = openness(square);
    if (!best || room > best.room) best = { square, room };
  }
  return best?.square;
}

const openness = (square: Square): number => {
  const share = (name: string): number => free(square, name) / Math.max(1, square.node.allocatable[name] ?? 1);
  return Math.min(share('cpu'), share('memory')) + share('pods');
};

/**
 * Whether a node stays open to the pod whatever becomes of its rivals. To close a node, they must use more of one resource there than is free
 * beyond what the pod asks for. Each rival is placed once, so over all nodes that are closed by the same resource no more than the rivals' sum of it can be
 * used; with K resources the shares of all nodes add up to less than K wherever all can be closed. Pods with relations to others aren't sure.
 */
function isSure(pod: PodState, open: readonly Square[], rivals: readonly PodState[], board: Board): boolean {
  if (pod.near.length + pod.apart.length + pod.spread.length + pod.hostPorts.length > 0) return false;
  const shunned = (other: PodState): boolean => other.apart.some((term) => meantBy(term, pod));
  if (rivals.some(shunned) || board.squares.some(({ guards }) => [...guards].some(shunned))) return false;
  const load: Record<string, number> = {};
  for (const rival of rivals) {
    if (rival === pod) continue;
    for (const [name, amount] of Object.entries(wants(rival))) load[name] = (load[name] ?? 0) + amount;
  }
  const needed = Object.entries(wants(pod)).filter(([, amount]) => amount > 0);
  const pressed = needed.filter(([name]) => (load[name] ?? 0) > 0);
  let shares = 0;
  for (const square of open) {
    if (needed.some(([name, amount]) => amount > free(square, name))) continue;
    if (pressed.length === 0) return true;
    shares += Math.min(...pressed.map(([name, amount]) => (free(square, name) - amount) / (load[name] ?? 1)));
  }
  return pressed.length > 0 && shares >= pressed.length;
}

/** The claims of a pod that can't follow it: their volumes are on this node's disk, or bound to it. Pure. */
export function strandedClaims(
  pod: PodState,
  { node, nodes, claims }: Pick<DrainSnapshot, 'node' | 'nodes' | 'claims'>,
): readonly ClaimState[] {
  const others = nodes.filter(({ name }) => name !== node.name);
  return claimsOf(pod, claims).filter(
    (claim) =>
      claim.nodeTerms !== undefined &&
      others.every((other) => neverOn({ ...pod, ...ANYWHERE }, [claim], other) === 'volume'),
  );
}

const ANYWHERE = { nodeSelector: {}, nodeTerms: undefined } as const;
