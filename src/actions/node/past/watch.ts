import { isObjectName } from '../../../cluster/names.ts';
import type { NodeSighting, NodeSightings } from '../../../cluster/sighting.ts';
import type { Clock } from '../../../lib/clock.ts';
import { codeOf, messageOf } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import { put, remove, type Store, type Stored, type Write } from '../../../store/port.ts';
import { CORDON_MARK } from '../mark.ts';
import { type NodePast, nodePasts } from './model.ts';
import { type Moment, notice } from './notice.ts';

/** How often nodes are looked at, ms: one list a minute. */
const LOOK_MS = 60_000;
/** Nodes whose past is kept, those that are there first; the documents of one read and of one commit. */
const NODES_MOST = 5000;
const BATCH = 200;

/** Keeps the past of nodes: one process does it for all. */
export interface NodeWatch {
  start(): void;
  stop(): Promise<void>;
  /** One look, now. @throws DaytwoError as `NodeSightings`, store-unavailable, store-conflict */
  look(signal: AbortSignal): Promise<void>;
  /** Why the cluster did not answer the last look; undefined where it did, or none has ended. */
  fault(): string | undefined;
}

/** Builds it. `keepMs` is how long entries are kept, and nodes that are gone. */
export function createNodeWatch(options: {
  readonly sightings: NodeSightings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keepMs: number;
}): NodeWatch {
  const { sightings, store, clock, log, keepMs } = options;
  const stopping = new AbortController();
  /** What the store holds, read once a term; forgotten when somebody else wrote. */
  let known: Map<string, Stored<NodePast>> | undefined;
  let lookedAt: number | undefined;
  let isAway = false;
  let fault: string | undefined;
  let running: Promise<void> | undefined;

  async function read(): Promise<Map<string, Stored<NodePast>>> {
    const all = new Map<string, Stored<NodePast>>();
    for (let after = ''; ; ) {
      const page = await store.find(nodePasts, { after, limit: BATCH });
      for (const one of page) all.set(one.id, one);
      if (page.length < BATCH) return all;
      after = page.at(-1)?.id ?? '';
    }
  }

  async function write(fresh: ReadonlyMap<string, NodePast | undefined>, all: Map<string, Stored<NodePast>>) {
    const writes: [string, Write][] = [...fresh].map(([name, body]) => {
      const version = all.get(name)?.version ?? 0;
      return [name, body ? put(nodePasts, name, body, version) : remove(nodePasts, name, version)];
    });
    for (let at = 0; at < writes.length; at += BATCH) {
      const some = writes.slice(at, at + BATCH);
      await store.commit(some.map(([, one]) => one));
      for (const [name] of some) {
        const body = fresh.get(name);
        if (body) all.set(name, { id: name, version: (all.get(name)?.version ?? 0) + 1, body });
        else all.delete(name);
      }
    }
  }

  async function look(signal: AbortSignal): Promise<void> {
    let found: readonly NodeSighting[];
    try {
      found = await sightings.seen([CORDON_MARK], signal);
    } catch (error) {
      if (codeOf(error) !== 'cancelled') fault = messageOf(error);
      throw error;
    }
    fault = undefined;
    known ??= await read();
    const moment: Moment = { now: clock.now(), lookedAt, keepMs };
    try {
      await write(decide(known, found, moment), known);
    } catch (error) {
      known = undefined;
      throw error;
    }
    lookedAt = moment.now;
  }

  return {
    look,
    fault: () => fault,
    start: () => {
      running = (async () => {
        while (!stopping.signal.aborted) {
          await look(stopping.signal).then(
            () => {
              isAway = false;
            },
            (error: unknown) => {
              if (codeOf(error) === 'cancelled' || isAway) return;
              isAway = true;
              log.warn({ error: messageOf(error) }, 'nodes can not be looked at, so their past has a gap; will retry');
            },
          );
          await clock.sleep(LOOK_MS, stopping.signal);
        }
      })();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** What has to be written, by name; undefined takes a past away. Pure. */
function decide(
  known: ReadonlyMap<string, Stored<NodePast>>,
  found: readonly NodeSighting[],
  moment: Moment,
): ReadonlyMap<string, NodePast | undefined> {
  const there = new Map(found.flatMap((one) => (isObjectName(one.name) ? [[one.name, one] as const] : [])));
  const fresh = new Map<string, NodePast | undefined>();
  const names = [...[...there.keys()].sort(), ...[...known.keys()].filter((name) => !there.has(name))];
  let count = 0;
  for (const name of names) {
    const past = known.get(name)?.body;
    const isOver = past?.goneAt !== undefined && !there.has(name) && moment.now - past.goneAt > moment.keepMs;
    count += isOver ? 0 : 1;
    if (isOver || count > NODES_MOST) {
      if (past) fresh.set(name, undefined);
      continue;
    }
    const next = notice(past, there.get(name), moment);
    if (next) fresh.set(name, next);
  }
  return fresh;
}
