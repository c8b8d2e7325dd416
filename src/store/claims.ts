import type { Write } from './port.ts';

/** Something that this process alone may do for now. */
export interface Claim {
  /** Aborted as soon as it may be somebody else's. */
  readonly signal: AbortSignal;
  /** Whether its former holder is gone without having given it back: what it was at may have been done. */
  readonly inherited: boolean;
  /** Writes for a commit that may be made under the claim alone. @throws DaytwoError cancelled once it is lost */
  guard(): Promise<readonly Write[]>;
  /** Gives it back. Never fails: what can't be given back now is free once this replica is gone. */
  end(): Promise<void>;
}

/** Who does what, among all processes that share a state. */
export interface Claims {
  /** This life of this process, as it is written beside what it took; undefined where no other process can be. */
  id(): string | undefined;
  /** Takes what is nobody's; undefined while somebody has it. @throws DaytwoError store-unavailable */
  take(name: string): Promise<Claim | undefined>;
  /** Whether the replica of that id is gone for good. @throws DaytwoError store-unavailable */
  isGone(id: string): Promise<boolean>;
  /** Calls back when something may have become free. Returns the way to stop it. */
  onFree(look: () => void): () => void;
  /** Names of all replicas at work, this one among them; empty where there is only one process. */
  names(): readonly string[];
  /** Gives everything back and leaves. */
  close(): Promise<void>;
}

const NEVER = new AbortController().signal;
const HELD: Claim = { signal: NEVER, inherited: false, guard: async () => [], end: async () => {} };

/** For a state that belongs to one process: everything is its own, at once and for good. */
export const soleClaims: Claims = {
  id: () => undefined,
  take: async () => HELD,
  // What an entry of a shared state says of its taker means nothing any more.
  isGone: async () => true,
  onFree: () => () => {},
  names: () => [],
  close: async () => {},
};

/** Waits until something may have become free, or for `ms`, or for the signal. */
export function untilFree(claims: Claims, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const stop = claims.onFree(done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}
