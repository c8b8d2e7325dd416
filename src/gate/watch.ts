import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { turnsOf } from '../people/delegation.ts';
import type { Store, Stored } from '../store/port.ts';
import { type Callers, callDue, nextCall } from './calls.ts';
import { expire } from './expiry.ts';
import type { Ledger } from './ledger.ts';
import { gateRequests, type StoredRequest } from './requests.ts';
import { contextOf, type Surroundings } from './surroundings.ts';

/** Between looks, ms: so much later than its moment may an end be shown. Whoever acts meanwhile is judged by the clock. */
const LOOK_MS = 2000;
/** Requests of one page. */
const PAGE = 200;

/** Ends requests whose time ran out, and calls for approvers while nobody decides. */
export interface GateWatch {
  start(): void;
  stop(): Promise<void>;
}

/** Builds the watch. Any number of processes may run one: who writes first wins. */
export function createGateWatch(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly surroundings: Surroundings;
  readonly callers: Callers;
  readonly lookMs?: number;
}): GateWatch {
  const { store, clock, log, ledger, surroundings, callers } = options;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function one({ id, body }: Stored<StoredRequest>): Promise<void> {
    if (expire(body.request, clock.now()).facts.length > 0) {
      await ledger.change(id, { what: 'expire', quiet: true }, (request) => expire(request, clock.now()));
      return;
    }
    const due = callDue(body.request, clock.now());
    if (due <= body.called) return;
    const context = await contextOf(surroundings, body.request.plan, {
      now: clock.now(),
      cluster: 'skip',
      signal: stopping.signal,
    });
    const next = due === 1 ? turnsOf(await callers.next(stopping.signal), context.standIns) : [];
    await ledger.change(
      id,
      { what: 'call', quiet: true },
      (request) => ({ request, facts: [] }),
      async (request) =>
        callDue(request, clock.now()) === due
          ? { called: due, ...nextCall(request, context, { due, next, callers }) }
          : {},
    );
  }

  async function look(): Promise<void> {
    for (let after = ''; ; ) {
      const page = await store.find(gateRequests, { key: ['expirable', 'yes'], after, limit: PAGE });
      for (const found of page) {
        if (stopping.signal.aborted) return;
        await one(found).catch((error: unknown) => {
          if (!stopping.signal.aborted)
            log.warn({ request: found.body.request.name, error: messageOf(error) }, 'request could not be watched');
        });
      }
      if (page.length < PAGE) return;
      after = page.at(-1)?.id ?? '';
    }
  }

  return {
    start: () => {
      running = (async () => {
        while (!stopping.signal.aborted) {
          await look().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'requests could not be read'));
          await clock.sleep(options.lookMs ?? LOOK_MS, stopping.signal);
        }
      })();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
