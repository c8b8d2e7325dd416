import type { Desk, Target } from '../alerting/desk.ts';
import { type Incident, incidents } from '../alerting/incident.ts';
import { DIGEST_MS, digestCard, type StormState, storms, usher, type WaitingThread } from '../alerting/storm.ts';
import { laneOf, say } from '../chat/outbox.ts';
import type { ChatName } from '../chat/port.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { put, type Store, type Stored, type Write } from '../store/port.ts';
import { evidenceRounds, recordRound, roundId } from './evidenceRound.ts';

/** While notifications are being worked in, the usher waits this long, so that the worst of a burst comes first; longer for a crowd. */
const GATHER_MS = 500;
const GATHER_CROWD_MS = 4000;
/** More than these waiting at once are a crowd: their order matters, for not all of them may get a thread. */
const CROWD = 10;
const GLANCE_MS = 40;
/** Those that wait, looked at in one go. */
const LOOK = 5000;

/** Gives incidents their threads in chats that get a bounded number of new ones a minute. */
export interface Usher {
  start(): void;
  stop(): Promise<void>;
}

/** The writes that open an incident's thread in one conversation: its root and, if there is any, its evidence. */
export async function openThread(options: {
  readonly store: Store;
  readonly desk: Pick<Desk, 'root'>;
  readonly clock: Clock;
  readonly id: string;
  readonly incident: Incident;
  readonly target: Target;
}): Promise<readonly Write[]> {
  const { store, desk, clock, id, incident, target } = options;
  const root = say(
    [target.conversation],
    { do: 'post', message: incident.name, root: incident.name, card: desk.root(incident) },
    clock.now(),
  );
  const before = await store.get(evidenceRounds, roundId(id, incident.triage.round));
  if (!before) return root;
  const { round, items, card, complete } = before.body;
  return [
    ...root,
    ...recordRound({ id, incident, targets: [target], before, now: { round, items, card, complete, at: clock.now() } }),
  ];
}

/** The incident once a lane neither waits nor is withheld; as it was if neither was so. Pure. */
export function admitted(incident: Incident, lane: string): Incident {
  const { waitingIn = [], withheldIn = [] } = incident;
  if (!waitingIn.includes(lane) && !withheldIn.includes(lane)) return incident;
  return {
    ...incident,
    waitingIn: waitingIn.filter((one) => one !== lane),
    withheldIn: withheldIn.filter((one) => one !== lane),
  };
}

/**
 * Builds what brings an incident's thread into a chat on request, where it was withheld or waits: regardless of the rate, for somebody
 * asked. The function tells whether it did.
 */
export function createBringer(options: {
  readonly store: Store;
  readonly desk: Desk;
  readonly clock: Clock;
  readonly targets: readonly Target[];
}): (id: string, chat: ChatName) => Promise<boolean> {
  const { store, desk, clock, targets } = options;
  return async (id, chat) => {
    const target = targets.find(({ conversation }) => conversation.chat === chat);
    const found = await store.get(incidents, id);
    if (!target || !found) return false;
    const lane = laneOf(target.conversation);
    if (admitted(found.body, lane) === found.body) return false;
    let isNew = false;
    await desk.change(
      id,
      (incident) => {
        const now = admitted(incident, lane);
        isNew = now !== incident;
        return { incident: now, facts: [] };
      },
      async (incident) => (isNew ? openThread({ store, desk, clock, id, incident, target }) : []),
    );
    return isNew;
  };
}

/** Builds the usher. `arriving` tells whether notifications are still being worked in. */
export function createUsher(options: {
  readonly store: Store;
  readonly desk: Desk;
  readonly targets: readonly Target[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly arriving: () => boolean;
}): Usher {
  const { store, desk, clock, log, arriving } = options;
  const bounded = options.targets.filter((target) => target.bounded);
  const stopping = new AbortController();
  let ring = new AbortController();
  let running: Promise<void> | undefined;
  let unwatch = (): void => {};

  /** Gathers a burst: returns once nothing arrives, or after half a second, or after four where a crowd has come together. */
  async function gathered(): Promise<void> {
    const began = clock.now();
    const enough = async (): Promise<boolean> => {
      const waited = clock.now() - began;
      if (waited < GATHER_MS) return false;
      return waited >= GATHER_CROWD_MS || (await store.count(incidents, ['usher', 'waiting'])) <= CROWD;
    };
    while (arriving() && !stopping.signal.aborted && !(await enough())) await clock.sleep(GLANCE_MS, stopping.signal);
  }

  async function lane(target: Target, all: readonly Stored<Incident>[]): Promise<number | undefined> {
    const name = laneOf(target.conversation);
    const waiting: WaitingThread[] = all
      .filter(({ body }) => body.waitingIn?.includes(name))
      .map(({ id, body }) => ({ id, incident: body }));
    const stored = await store.get(storms, name);
    const before: StormState = stored?.body ?? { opened: [] };
    const { open, withhold, againAt, state } = usher(before, waiting, clock.now());
    // The count of threads is written first: a crash in between gives a thread too few this minute, never a flood.
    const version = waiting.length > 0 ? await keep(name, state, stored?.version ?? 0) : (stored?.version ?? 0);
    for (const { id } of open) {
      let isNew = false;
      await desk.change(
        id,
        (incident) => {
          const now = admitted(incident, name);
          // Another process, or somebody who asked for it, may have opened it since.
          isNew = now !== incident;
          return { incident: now, facts: [] };
        },
        async (incident) => (isNew ? openThread({ store, desk, clock, id, incident, target }) : []),
      );
    }
    for (const { id } of withhold) {
      await desk.change(id, (incident) => ({
        incident: { ...admitted(incident, name), withheldIn: [...(incident.withheldIn ?? []), name] },
        facts: [],
      }));
    }
    const digestAt = await digest(target, waiting.length > 0 ? state : before, version);
    const times = [againAt, digestAt].filter((at) => at !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  async function keep(name: string, state: StormState, version: number): Promise<number> {
    await store.commit([put(storms, name, state, version)]);
    return version + 1;
  }

  /** Posts the digest, or brings it up to date. Returns when it should be looked at again. */
  async function digest(target: Target, state: StormState, version: number): Promise<number | undefined> {
    const { digest: now } = state;
    if (!now || now.told === now.count) return undefined;
    const since = clock.now() - now.toldAt;
    // A negative time is a clock that was set back.
    if (now.told > 0 && since >= 0 && since < DIGEST_MS) return now.toldAt + DIGEST_MS;
    const message = `storm/${laneOf(target.conversation)}/${now.since}`;
    await store.commit([
      put(
        storms,
        laneOf(target.conversation),
        { ...state, digest: { ...now, told: now.count, toldAt: clock.now() } },
        version,
      ),
      ...say(
        [target.conversation],
        { do: now.told === 0 ? 'post' : 'edit', message, root: message, card: digestCard(now) },
        clock.now(),
      ),
    ]);
    return undefined;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      ring = new AbortController();
      let next: number | undefined;
      try {
        await gathered();
        const all = await store.find(incidents, { key: ['usher', 'waiting'], limit: LOOK });
        for (const target of bounded) {
          const at = await lane(target, all);
          if (at !== undefined) next = Math.min(next ?? at, at);
        }
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'threads could not be opened, will retry');
        next = clock.now() + 1000;
      }
      const waitMs = next === undefined ? 3_600_000 : Math.max(GLANCE_MS, next - clock.now());
      await clock.sleep(waitMs, AbortSignal.any([stopping.signal, ring.signal]));
    }
  }

  return {
    start: () => {
      if (bounded.length === 0) return;
      unwatch = store.watch('incident', () => ring.abort());
      running = run();
    },
    stop: async () => {
      stopping.abort();
      unwatch();
      await running;
    },
  };
}
