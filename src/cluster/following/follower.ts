import type { Clock } from '../../lib/clock.ts';
import { codeOf, DaytwoError, messageOf } from '../../lib/errors.ts';
import { Expired } from '../exchange.ts';
import { LIST_MAX_ITEMS } from '../paging.ts';
import { type FollowClient, type Kind, Refused } from './client.ts';

/** How a follower is: `behind`, with the reason, until it has listed and watches again; `denied` names the right that is missing. */
export type FollowState =
  | { readonly is: 'starting' }
  | { readonly is: 'following' }
  | { readonly is: 'behind'; readonly text: string }
  | { readonly is: 'denied'; readonly text: string };

/** Objects of one kind, kept as they are in the cluster. */
export interface Follower<T> {
  /** By uid; undefined unless it watches now and has heard of the server lately. The map changes with the cluster: read it at once. */
  items(): ReadonlyMap<string, T> | undefined;
  state(): FollowState;
  /** How often it has listed, and begun to watch. */
  counts(): { readonly lists: number; readonly watches: number };
  /** Resolves with the next change, or after `ms`, or when the signal is aborted. */
  changed(ms: number, signal: AbortSignal): Promise<void>;
  /** Resolves when all is over; no connection is left. */
  stop(): Promise<void>;
}

/** Times, ms. */
export interface FollowTimes {
  /** The server ends a watch after so much, and up to a quarter more; it is resumed at once. */
  readonly watchMs: number;
  /** Without a word for so long the connection is given up: API servers send bookmarks every minute. */
  readonly silentMs: number;
  /** The first pause after a failure; each next is twice as long, with jitter. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** Where a right is missing or there is too much: somebody may mend that. */
  readonly deniedMs: number;
}

/** The ordinary times. Bookmarks: kubernetes `pkg/storage/cacher/cacher.go`, defaultBookmarkFrequency. */
export const FOLLOW_TIMES: FollowTimes = {
  watchMs: 240_000,
  silentMs: 80_000,
  firstMs: 250,
  mostMs: 30_000,
  deniedMs: 300_000,
};

/** What a follower is built of. */
export interface FollowParts {
  /** A client whose login is renewed after a 401. */
  readonly open: () => Promise<FollowClient>;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly times: FollowTimes;
  /** Called after each list. */
  readonly listed?: () => void;
}

/** A connection that ends this often before anything came is not resumed: the list is read again. */
const FRUITLESS_MAX = 3;

/** A clock that goes back by more was set. */
const SET_BACK_MS = 1000;

/** Lists, then watches from there on, until it is stopped: through cuts, silence, forgotten versions, refusals and nonsense. */
export function follow<Raw, T>(kind: Kind<Raw, T>, { open, clock, random, times, listed }: FollowParts): Follower<T> {
  const end = new AbortController();
  const waiting = new Set<() => void>();
  let items = new Map<string, T>();
  /** Where to go on; undefined: with a list. */
  let version: string | undefined;
  let state: FollowState = { is: 'starting' };
  let heardAt = 0;
  let lists = 0;
  let watches = 0;
  /** Failures since something came, and those of them that the server itself answered. */
  let failures = 0;
  let fruitless = 0;

  const tell = (): void => {
    for (const wake of waiting) wake();
  };

  /** What comes by the watch is bounded like a list: else a cluster that grows is followed however large it is. */
  function keep(uid: string, item: T): void {
    items.set(uid, item);
    if (items.size <= LIST_MAX_ITEMS) return;
    // From here on nothing is fresh.
    version = undefined;
    items = new Map();
    throw new DaytwoError('too-large', `There are more than ${LIST_MAX_ITEMS} ${kind.resource}.`);
  }

  async function turn(): Promise<void> {
    const client = await open();
    if (version === undefined) {
      const found = await client.snapshot(kind, end.signal);
      lists += 1;
      ({ items, version } = found);
      listed?.();
    }
    await listen(client, version);
  }

  /** One connection, from its beginning to its end. */
  async function listen(client: FollowClient, from: string): Promise<void> {
    const cut = new AbortController();
    const seconds = Math.ceil((times.watchMs * (1 + random() / 4)) / 1000);
    const silence = setTimeout(() => cut.abort(), times.silentMs);
    const heard = (): void => {
      const isBack = state.is !== 'following';
      state = { is: 'following' };
      heardAt = clock.now();
      silence.refresh();
      if (isBack) tell();
    };
    try {
      const signal = AbortSignal.any([end.signal, cut.signal]);
      watches += 1;
      for await (const event of client.watch(kind, { version: from, seconds }, heard, signal)) {
        if (!event) throw new DaytwoError('bad-answer', `A line came that is no event of ${kind.resource}.`);
        if (event.is === 'expired') throw new Expired('');
        if (event.is === 'fault') throw new Refused(event.code, 0, new DaytwoError('failed', event.text));
        if (event.is === 'put') keep(event.uid, kind.read(event.raw as Raw));
        else if (event.is === 'gone') items.delete(event.uid);
        version = event.version;
        failures = 0;
        fruitless = 0;
        if (event.is !== 'mark') tell();
      }
    } catch (error) {
      if (cut.signal.aborted && !end.signal.aborted)
        throw new DaytwoError('timeout', `Nothing was heard of ${kind.resource} for ${times.silentMs / 1000} s.`);
      throw error;
    } finally {
      clearTimeout(silence);
      cut.abort();
    }
  }

  /** Notes a failure; how long to wait, ms. */
  function failed(error: unknown): number {
    const refused = error instanceof Refused ? error : undefined;
    const cause = refused?.error ?? error;
    const denied = refused?.status === 403 || codeOf(cause) === 'too-large';
    state = { is: refused?.status === 403 ? 'denied' : 'behind', text: messageOf(cause) };
    if (error instanceof Expired || denied) version = undefined;
    else if (refused || codeOf(cause) === 'bad-answer') {
      fruitless += 1;
      if (fruitless >= FRUITLESS_MAX) version = undefined;
    }
    if (denied) return times.deniedMs;
    return Math.max(refused?.waitMs ?? 0, pause());
  }

  function pause(): number {
    const ms = Math.min(times.mostMs, times.firstMs * 2 ** failures) * (0.5 + random() / 2);
    failures = Math.min(failures + 1, 30);
    return ms;
  }

  async function run(): Promise<void> {
    while (!end.signal.aborted) {
      const began = performance.now();
      let waitMs: number;
      try {
        await turn();
        state = { is: 'behind', text: 'the server ended the watch' };
        // One that ended in time is resumed at once; one that ends again and again isn't.
        waitMs = performance.now() - began < times.firstMs ? pause() : 0;
      } catch (error) {
        if (end.signal.aborted) break;
        waitMs = failed(error);
      }
      if (waitMs > 0) await clock.sleep(waitMs, end.signal);
    }
  }

  const running = run();
  /** By the wall's clock, which goes on while the machine sleeps; one that was set back says nothing. */
  const isFresh = (): boolean => {
    const ageMs = clock.now() - heardAt;
    if (end.signal.aborted) return false;
    return state.is === 'following' && version !== undefined && ageMs > -SET_BACK_MS && ageMs <= times.silentMs;
  };
  return {
    items: () => (isFresh() ? items : undefined),
    state: () => state,
    counts: () => ({ lists, watches }),
    changed: (ms, signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
        if (signal.aborted || end.signal.aborted) done();
      }),
    stop: async () => {
      end.abort();
      tell();
      await running;
    },
  };
}
