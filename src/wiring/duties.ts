import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { type Claims, untilFree } from '../store/claims.ts';

/** How often it is looked whether the duties are nobody's, ms. */
const LOOK_MS = 2000;

/** Something that works in the background. */
export interface Worker {
  start(): void;
  stop(): Promise<void>;
}

/** Work in the background that one process does for all. */
export interface Duties extends Worker {
  /** Whether this process does it now. */
  readonly isOnDuty: boolean;
}

/** Builds them. `begin` makes the workers anew for each term: what they keep in memory may be outdated by the next. */
export function createDuties(options: {
  readonly name: string;
  readonly claims: Claims;
  readonly log: Logger;
  readonly begin: () => readonly Worker[];
}): Duties {
  const { name, claims, log, begin } = options;
  const stopping = new AbortController();
  let isOnDuty = false;
  let running: Promise<void> | undefined;

  async function term(): Promise<void> {
    const claim = await claims.take(name);
    if (!claim) return untilFree(claims, LOOK_MS, stopping.signal);
    const over = AbortSignal.any([stopping.signal, claim.signal]);
    const ended = new Promise<void>((resolve) => {
      if (over.aborted) resolve();
      over.addEventListener('abort', () => resolve(), { once: true });
    });
    const workers = begin();
    isOnDuty = true;
    if (claims.id() !== undefined) log.info({ duty: name, inherited: claim.inherited }, 'duty taken');
    for (const worker of workers) worker.start();
    await ended;
    isOnDuty = false;
    await Promise.all(workers.map((worker) => worker.stop()));
    await claim.end();
  }

  return {
    get isOnDuty() {
      return isOnDuty;
    },
    start: () => {
      running = (async () => {
        while (!stopping.signal.aborted)
          await term().catch(async (error: unknown) => {
            log.warn({ duty: name, error: messageOf(error) }, 'duty could not be taken, will retry');
            await untilFree(claims, LOOK_MS, stopping.signal);
          });
      })();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** One duty as a signal: waits until this process has it, and tells when it has it no longer. */
export function leadOf(name: string, claims: Claims): (signal: AbortSignal) => Promise<AbortSignal> {
  return async (signal) => {
    while (!signal.aborted) {
      const claim = await claims.take(name);
      if (claim) return claim.signal;
      await untilFree(claims, LOOK_MS, signal);
    }
    return signal;
  };
}
