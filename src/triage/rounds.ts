import { triaged } from '../alerting/deeds.ts';
import { type Desk, newToken, type Target, targetsOf } from '../alerting/desk.ts';
import { type Incident, incidents, severityRank } from '../alerting/incident.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Pace } from '../lib/pace.ts';
import { put, type Store, type Stored, type Write } from '../store/port.ts';
import { transact } from '../store/transact.ts';
import { type Collector, worst } from './collector.ts';
import type { Evidence } from './evidence.ts';
import { evidenceCard } from './evidenceCard.ts';
import { evidenceRounds, recordRound, roundId } from './evidenceRound.ts';
import { offerPresses } from './offerPresses.ts';
import type { Probe } from './probe.ts';
import type { Offer } from './runbook.ts';

/** So many rounds run at once. */
const ROUNDS = 6;
/** What comes within this time is in the first message; later pieces come by edits, one per this time at most. */
const FIRST_MS = 400;
const EDIT_MS = 1500;
/** What to look at for an incident, and what to say beside it. */
export interface RoundPlan {
  readonly probes: readonly Probe[];
  /** Actions that exist and are offered for this incident. */
  readonly offers: readonly Offer[];
  /** Sentences for the person: what could not be resolved and why. */
  readonly notes: readonly string[];
}

/** Gathers evidence for every incident that wants it, the worst first; a round that a crash cut off is done again. */
export interface Rounds {
  start(): void;
  /** Abandons what runs; it stays wanted. */
  stop(): Promise<void>;
}

/** Builds the runner of rounds. */
export function createRounds(options: {
  readonly store: Store;
  readonly desk: Desk;
  readonly collector: Collector;
  readonly plan: (incident: Incident, signal: AbortSignal) => Promise<RoundPlan>;
  readonly targets: readonly Target[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly pace?: Pace;
}): Rounds {
  const { store, desk, collector, targets, clock, log } = options;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  let unwatch = (): void => {};
  let looking: Promise<void> | undefined;
  let again = false;

  async function next(): Promise<void> {
    if (running.size >= ROUNDS) return;
    const wanted = ['triage', 'wanted'] as const;
    // All of them are weighed: a critical one may have come last.
    const waiting = await store.find(incidents, { key: wanted, limit: await store.count(incidents, wanted) });
    const free = waiting
      .filter(({ id }) => !running.has(id))
      .sort((a, b) => severityRank(a.body.severity) - severityRank(b.body.severity));
    for (const one of free.slice(0, Math.max(0, ROUNDS - running.size))) {
      await options.pace?.(stopping.signal);
      if (stopping.signal.aborted) return;
      const done = round(one)
        .catch((error: unknown) => {
          if (!stopping.signal.aborted)
            log.warn(
              { incident: one.body.name, error: messageOf(error) },
              'evidence could not be recorded, will retry',
            );
          return clock.sleep(1000, stopping.signal);
        })
        .finally(() => {
          running.delete(one.id);
          wake();
        });
      running.set(one.id, done);
    }
  }

  function wake(): void {
    again = true;
    looking ??= (async () => {
      while (again && !stopping.signal.aborted) {
        again = false;
        await next().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'incidents could not be read'));
      }
      looking = undefined;
    })();
  }

  async function round({ id, body: incident }: Stored<Incident>): Promise<void> {
    const number = incident.triage.round;
    const { probes, notes, offers } = await options.plan(incident, stopping.signal);
    const offered = offers.map(({ label, action, args }, at) => ({
      press: { action, args, incident: id },
      button: { label, token: newToken(), style: at === 0 ? ('primary' as const) : ('plain' as const) },
    }));
    const titles = probes.map(({ title }) => title);
    const found: (Evidence | undefined)[] = probes.map(() => undefined);

    /** What there is now, as writes for the threads that the incident has now. */
    const record = async (current: Incident, complete: boolean): Promise<readonly Write[]> => [
      ...offered.map(({ press, button }) => put(offerPresses, button.token, press, 'any')),
      ...recordRound({
        id,
        incident: current,
        targets: targetsOf(targets, current),
        before: await store.get(evidenceRounds, roundId(id, number)),
        now: {
          round: number,
          items: found.filter((one) => one !== undefined),
          card: {
            ...evidenceCard(incident.name, number, titles, found, notes),
            buttons: current.state === 'open' ? offered.map(({ button }) => button) : [],
          },
          complete,
          at: clock.now(),
        },
      }),
    ];
    const show = (): Promise<void> =>
      transact(store, async () => {
        const current = await store.get(incidents, id);
        return { writes: current ? await record(current.body, false) : [], result: undefined };
      });

    const over = new AbortController();
    const showing = (async () => {
      for (let waitMs = FIRST_MS, shown = 0; !over.signal.aborted; waitMs = EDIT_MS) {
        await clock.sleep(waitMs, over.signal);
        const came = found.filter((one) => one !== undefined).length;
        if (over.signal.aborted || (came === shown && waitMs === EDIT_MS)) continue;
        shown = came;
        await show();
      }
    })();
    try {
      await collector.collect(probes, stopping.signal, (at, evidence) => {
        found[at] = evidence;
      });
    } finally {
      over.abort();
      await showing.catch((error: unknown) =>
        log.warn({ incident: incident.name, error: messageOf(error) }, 'evidence could not be shown, will retry'),
      );
    }
    if (stopping.signal.aborted) return;
    await desk.change(
      id,
      (now) => triaged(now, number, worst(found.filter((one) => one !== undefined))),
      (after) => record(after, true),
    );
  }

  return {
    start: () => {
      unwatch = store.watch('incident', wake);
      wake();
    },
    stop: async () => {
      stopping.abort();
      unwatch();
      await looking;
      await Promise.all(running.values());
    },
  };
}
