import { type Clock, systemClock } from '../../lib/clock.ts';
import { giveBackMemory } from '../../lib/memory.ts';
import type { BudgetState, PodState } from '../acting.ts';
import type { ClusterOptions } from '../cluster.ts';
import { createDoor } from '../door.ts';
import type { Follower, FollowState, FollowTimes } from './follower.ts';
import type { Following, NodeFollower } from './port.ts';

/** What following is built of. */
export interface FollowingOptions extends Omit<ClusterOptions, 'timeoutMs'> {
  readonly times?: FollowTimes;
  readonly random?: () => number;
}

/** Follows a cluster from `start` to `stop`. */
export interface StartedFollowing extends Following {
  /** Begins with all pods; loads the client library. */
  start(): void;
  stop(): Promise<void>;
}

interface Behind {
  readonly client: import('./client.ts').FollowClient;
}

/** Who asks before the first list is there waits for it: it is on its way, ms. */
const FIRST_LIST_MS = 10_000;
/** What was just read may be ahead of what is followed, and a watch that ended is resumed at once: so long it is waited for, ms, and looks. */
const STEP_MS = 150;
const STEPS = 4;

/** The JSON of thousands of pods leaves more behind than what is kept of them. */
const tidy = (): void => void giveBackMemory(TIDY_MOST_BYTES);
const TIDY_MOST_BYTES = 192 * 1024 * 1024;

const NOT_STARTED: FollowState = { is: 'starting' };

/** A cluster to follow. Like the reader it asks nothing before it is told to. */
export function createFollowing(options: FollowingOptions = {}): StartedFollowing {
  const clock: Clock = options.clock ?? systemClock;
  const { open } = createDoor((shut) => openDoor(options, shut));
  let all: Promise<Follower<PodState>> | undefined;
  let now: Follower<PodState> | undefined;

  /** A follower of a kind; the libraries come with the first. */
  async function followed<Raw, T>(
    kind: (kinds: typeof import('./kinds.ts')) => import('./client.ts').Kind<Raw, T>,
    listed?: () => void,
  ): Promise<Follower<T>> {
    const [kinds, { follow, FOLLOW_TIMES }] = await Promise.all([import('./kinds.ts'), import('./follower.ts')]);
    return follow(kind(kinds), {
      open: async () => (await open()).client,
      clock,
      random: options.random ?? Math.random,
      times: options.times ?? FOLLOW_TIMES,
      ...(listed ? { listed } : {}),
    });
  }

  return {
    start: () => {
      all ??= followed((kinds) => kinds.everyPod(), tidy).then((made) => {
        now = made;
        return made;
      });
    },
    state: () => now?.state() ?? NOT_STARTED,
    elsewhere: async (node, here, signal) => {
      const follower = await all;
      if (!follower) return undefined;
      if (follower.state().is === 'starting') await follower.changed(FIRST_LIST_MS, signal);
      for (let step = 0; step < STEPS && !signal.aborted; step += 1) {
        if (follower.state().is === 'denied') return undefined;
        const items = follower.items();
        const found = items && apart(items, node, here);
        if (found) return found;
        await follower.changed(STEP_MS, signal);
      }
      return undefined;
    },
    node: (name) =>
      both(
        followed((kinds) => kinds.podsOf(name)),
        followed((kinds) => kinds.everyBudget()),
      ),
    stop: async () => {
      const follower = await all;
      all = undefined;
      await follower?.stop();
    },
  };
}

/** The pods elsewhere; undefined where those on the node aren't the ones that were just read. Pure. */
function apart(
  items: ReadonlyMap<string, PodState>,
  node: string,
  here: readonly PodState[],
): readonly PodState[] | undefined {
  const expected = new Set(
    here.flatMap(({ uid, phase }) => (phase === 'Succeeded' || phase === 'Failed' ? [] : [uid])),
  );
  const elsewhere: PodState[] = [];
  for (const pod of items.values()) {
    if (pod.node !== node) elsewhere.push(pod);
    else if (!expected.delete(pod.uid)) return undefined;
  }
  return expected.size === 0 ? elsewhere : undefined;
}

function both(pods: Promise<Follower<PodState>>, budgets: Promise<Follower<BudgetState>>): NodeFollower {
  let first: Follower<PodState> | undefined;
  let second: Follower<BudgetState> | undefined;
  const ready = Promise.all([pods, budgets]).then((made) => {
    [first, second] = made;
  });
  return {
    pods: () => valuesOf(first),
    budgets: () => valuesOf(second),
    state: () => worse(first?.state() ?? NOT_STARTED, second?.state() ?? NOT_STARTED),
    changed: async (ms, signal) => {
      await ready;
      const done = new AbortController();
      const either = AbortSignal.any([signal, done.signal]);
      await Promise.race([first?.changed(ms, either), second?.changed(ms, either)]);
      done.abort();
    },
    stop: async () => {
      await ready;
      await Promise.all([first?.stop(), second?.stop()]);
    },
  };
}

const BEST_FIRST = ['following', 'starting', 'behind', 'denied'] as const;

const worse = (one: FollowState, other: FollowState): FollowState =>
  BEST_FIRST.indexOf(one.is) < BEST_FIRST.indexOf(other.is) ? other : one;

function valuesOf<T>(follower: Follower<T> | undefined): readonly T[] | undefined {
  const items = follower?.items();
  return items && [...items.values()];
}

async function openDoor(options: FollowingOptions, onUnauthorized: () => void): Promise<Behind> {
  const [config, login, requests, { createFollowClient }] = await Promise.all([
    import('../kubeconfig.ts'),
    import('../login.ts'),
    import('../actingClient.ts'),
    import('./client.ts'),
  ]);
  const way = await login.createLogin(await config.findTarget(options, options.env ?? process.env));
  return { client: createFollowClient(way, requests.requestsFor(way), onUnauthorized) };
}
