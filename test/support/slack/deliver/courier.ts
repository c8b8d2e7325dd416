import type { FaultPlan } from '../faults.ts';
import { EVENT_RETRY_MS } from '../limits.ts';
import { pause } from '../time.ts';
import { type Obj, textOf } from '../value.ts';
import type { World } from '../world.ts';
import type { Attempt, DeliveryKind, Retry, Transport } from './transport.ts';

/** One attempt to deliver, for assertions. */
interface DeliveryRecord {
  readonly kind: DeliveryKind;
  /** The event's id, or the trigger id of a command or interaction. */
  readonly id: string;
  /** The vendor's time, UTC epoch milliseconds. */
  readonly at: number;
  readonly retry: number;
  /** `acked`, or why not. */
  readonly outcome: string;
  /** On the machine's clock, milliseconds. */
  readonly tookMs: number;
}

/** Delivers, and keeps the record. */
export interface Courier {
  /** Once: commands and interactions are never repeated; the person sees an error. */
  once(kind: 'slash_commands' | 'interactive', payload: Obj): Promise<Attempt>;
  /** With the vendor's retries, and the plan's duplicates and disorder. Resolves when the event is settled; true when it arrived. */
  event(payload: Obj): Promise<boolean>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  readonly records: readonly DeliveryRecord[];
  /** Events that were given up, by id. */
  readonly lost: readonly string[];
}

/** How long a reordered event waits for another to pass it, on the machine's clock. */
const REORDER_MS = 40;

/** A courier over whatever transport is in use at the moment. */
export function createCourier(options: {
  readonly world: World;
  readonly transport: () => Transport;
  readonly faults: FaultPlan;
  readonly signal: AbortSignal;
}): Courier {
  const { world, faults, signal } = options;
  const records: DeliveryRecord[] = [];
  const lost: string[] = [];
  const underway = new Set<Promise<unknown>>();
  let events = 0;

  const attempt = async (kind: DeliveryKind, payload: Obj, retry: Retry | undefined): Promise<Attempt> => {
    const at = world.time.now();
    const result = await options.transport().attempt(kind, payload, retry);
    const outcome = result.is === 'acked' ? 'acked' : result.reason;
    const id = textOf(payload['event_id']) ?? textOf(payload['trigger_id']) ?? '';
    records.push({ kind, id, at, retry: retry?.num ?? 0, outcome, tookMs: result.tookMs });
    return result;
  };

  /** Three retries: nearly at once, after a minute, after five. */
  const persist = async (payload: Obj): Promise<boolean> => {
    let result = await attempt('events_api', payload, undefined);
    for (const [index, waitMs] of EVENT_RETRY_MS.entries()) {
      if (result.is === 'acked') return true;
      if (result.noRetry || signal.aborted) break;
      await world.time.wait(waitMs, signal);
      if (result.reason === 'no_connection' || result.reason === 'connection_failed')
        await options.transport().ready(signal);
      result = await attempt('events_api', payload, { num: index + 1, reason: result.reason });
    }
    if (result.is === 'acked') return true;
    lost.push(textOf(payload['event_id']) ?? '');
    return false;
  };

  const track = <T>(work: Promise<T>): Promise<T> => {
    underway.add(work);
    void work.finally(() => underway.delete(work)).catch(() => undefined);
    return work;
  };

  const event = async (payload: Obj): Promise<boolean> => {
    const fault = faults.delivery(events);
    events += 1;
    if (fault === 'reorder') await pause(REORDER_MS, signal);
    if (fault !== 'duplicate') return persist(payload);
    const [first] = await Promise.all([persist(payload), persist(payload)]);
    return first;
  };

  return {
    once: (kind, payload) => track(attempt(kind, payload, undefined)),
    event: (payload) => track(event(payload)),
    settled: async () => {
      while (underway.size > 0) await Promise.allSettled([...underway]);
    },
    records,
    lost,
  };
}
