import type { Target } from '../alerting/desk.ts';
import { counters } from '../alerting/incident.ts';
import { laneOf } from '../chat/outbox.ts';
import type { Clock } from '../lib/clock.ts';
import { codeOf, DaytwoError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { put, type Store, type Stored, type Write } from '../store/port.ts';
import { untilWon } from '../store/transact.ts';
import type { Progress } from './action.ts';
import { audienceOf, cardWrites, inTheOpen } from './audience.ts';
import { type Asked, requestOf } from './decide.ts';
import type { Actor, Context, Decided, GateFact, Refusal } from './facts.ts';
import type { GateMeter } from './meter.ts';
import type { GateRequest } from './model.ts';
import { type AuditPort, createRecorder, type Recorder } from './recorder.ts';
import { requestCard } from './requestCard.ts';
import {
  gatePresses,
  gateRequests,
  newGateToken,
  type PressWhat,
  type RequestPlace,
  requestId,
  type StoredRequest,
} from './requests.ts';
import { type Beside, loudWrites, tellings } from './tellings.ts';

/** A request after an event. `facts` are what happened; with `refused` the event itself was not taken. */
export interface Changed {
  readonly id: string;
  readonly stored: StoredRequest;
  readonly facts: readonly GateFact[];
  readonly refused?: Refusal;
}

/** A request that shall be made. */
export type Opening = Omit<Asked, 'name'> & { readonly place: RequestPlace };

/** Where requests are changed: reads, lets the pure core decide, has the audit record it, and writes request and messages in one commit. */
export interface Ledger extends Pick<Recorder, 'record' | 'turnedAway'> {
  /** @throws DaytwoError not-found */
  get(id: string): Promise<Stored<StoredRequest>>;
  /** Makes a request and shows its plan; or tells why there is none. The same event opens one request, however often it comes. */
  open(opening: Opening, context: Context): Promise<Changed | { readonly refused: Refusal }>;
  /**
   * Applies a decision. `what` names it for the audit (`approve`). The audit comes first: where it can't be written nothing is changed.
   * `quiet` keeps a refusal without consequences out of the audit: for what the bot tries again and again.
   * @throws DaytwoError not-found | failed (no audit) | store-unavailable | store-conflict (others were faster many times), and what
   * `beside` throws
   */
  change(
    id: string,
    event: { readonly what: string; readonly by?: Actor; readonly quiet?: boolean },
    decide: (request: GateRequest) => Decided,
    beside?: (after: GateRequest, facts: readonly GateFact[]) => Promise<Beside>,
  ): Promise<Changed>;
  /** Shows a request's card anew with a line of progress; changes nothing. */
  show(id: string, progress: Progress | undefined): Promise<void>;
}

const tokensOf = (): Record<PressWhat, string> => ({
  confirm: newGateToken(),
  approve: newGateToken(),
  deny: newGateToken(),
  cancel: newGateToken(),
});

function tokenWrites(id: string, { request, tokens }: StoredRequest): readonly Write[] {
  return (Object.keys(tokens) as PressWhat[]).map((what) =>
    put(gatePresses, tokens[what], { request: id, what, digest: request.digest }, 0),
  );
}

/** Builds the ledger. `targets` are where incidents' threads go. */
export function createLedger(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditPort;
  readonly targets: readonly Target[];
  readonly meter?: GateMeter;
}): Ledger {
  const { store, clock, log, audit, targets, meter } = options;
  const recorder = createRecorder(audit, log);
  const turns = new Map<string, Promise<unknown>>();

  /** One after the other within this process: then conflicts come from other processes alone. */
  function inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
    const done = (turns.get(key) ?? Promise.resolve()).catch(() => {}).then(task);
    turns.set(key, done);
    const leave = (): void => {
      if (turns.get(key) === done) turns.delete(key);
    };
    done.then(leave, leave);
    return done;
  }

  async function get(id: string): Promise<Stored<StoredRequest>> {
    const found = await store.get(gateRequests, id);
    if (!found) throw new DaytwoError('not-found', `there is no REQ-${Number(id)}`);
    return found;
  }

  /** Commits what the audit holds already. Where that fails (somebody else was faster, the disk is full) the audit says so. */
  async function commit(stored: StoredRequest, what: string, writes: readonly Write[]): Promise<void> {
    await store.commit(writes).catch(async (error: unknown) => {
      await recorder.attempt(stored, 'void', { what, why: messageOf(error) });
      throw error;
    });
  }

  /** Attempts a change until nobody else is faster; in the end says so in words for people. */
  async function won<T>(attempt: () => Promise<T>, tired: string): Promise<T> {
    return untilWon(attempt).catch((cause: unknown) => {
      throw codeOf(cause) === 'store-conflict' ? new DaytwoError('store-conflict', tired, { cause }) : cause;
    });
  }

  /** A start that is refused tells that as a fact alone. */
  function heard(request: GateRequest, facts: readonly GateFact[]): void {
    meter?.facts(request, facts);
    for (const fact of facts) if (fact.is === 'refused') meter?.refused(fact.refusal.why);
  }

  async function open(opening: Opening, context: Context): Promise<Changed | { readonly refused: Refusal }> {
    const { place, ...asked } = opening;
    const [known] = await store.find(gateRequests, { key: ['event', place.event], limit: 1 });
    if (known) return { id: known.id, stored: known.body, facts: [] };
    const counter = await store.get(counters, 'gaterequest');
    const number = (counter?.body.last ?? 0) + 1;
    const id = requestId(number);
    const decided = requestOf({ ...asked, name: `REQ-${number}` }, context);
    if (!('request' in decided)) return decided;
    const { request, facts } = decided;
    const stored: StoredRequest = { request, place, tokens: tokensOf(), called: 0, direct: [] };
    await recorder.facts(stored, facts, asked.by);
    const places = await audienceOf(store, targets, stored);
    await commit(stored, 'ask', [
      put(counters, 'gaterequest', { last: number }, counter?.version ?? 0),
      put(gateRequests, id, stored, 0),
      ...tokenWrites(id, stored),
      ...cardWrites(places, requestCard(stored), { now: clock.now(), fresh: 'all' }),
      ...loudWrites({ places, targets, now: clock.now() }, request, facts),
    ]);
    heard(request, facts);
    return { id, stored, facts };
  }

  async function change(...[id, event, decide, beside]: Parameters<Ledger['change']>): Promise<Changed> {
    const found = await get(id);
    const decided = decide(found.body.request);
    const { request, facts, refused } = decided;
    const answer = { id, facts, ...(refused ? { refused } : {}) };
    const told = event.quiet ? undefined : refused;
    if (request === found.body.request && facts.length === 0 && (refused || !beside)) {
      // Nothing changes: the answer is owed whether the audit can be written or not.
      if (told) await recorder.attempt(found.body, `${event.what}-refused`, told, event.by);
      if (told) meter?.refused(told.why);
      return { ...answer, stored: found.body };
    }
    const extra = (await beside?.(request, facts)) ?? {};
    if (request === found.body.request && facts.length === 0 && Object.keys(extra).length === 0)
      return { ...answer, stored: found.body };
    const drifted = facts.some(({ is }) => is === 'drifted');
    const lanes = new Set(found.body.direct.map(laneOf));
    const direct = (extra.direct ?? []).filter((one) => !lanes.has(laneOf(one)));
    const stored: StoredRequest = {
      ...found.body,
      request,
      called: drifted ? 0 : (extra.called ?? found.body.called),
      direct: [...found.body.direct, ...direct],
      ...(drifted ? { tokens: tokensOf() } : {}),
    };
    const news = facts.length > 0 || direct.length > 0 || extra.post !== undefined;
    await recorder.facts(stored, facts, event.by);
    if (told) await recorder.record(stored, `${event.what}-refused`, told, event.by);
    await commit(stored, event.what, [
      put(gateRequests, id, stored, found.version),
      ...(drifted ? tokenWrites(id, stored) : []),
      ...(news ? await tellings({ store, targets, now: clock.now() }, found.body, stored, facts, extra) : []),
      ...(extra.writes ?? []),
    ]);
    heard(request, facts);
    if (told) meter?.refused(told.why);
    return { ...answer, stored };
  }

  return {
    get,
    record: recorder.record,
    turnedAway: async (by, incident, details) => {
      await recorder.turnedAway(by, incident, details);
      meter?.refused(typeof details.refused === 'string' ? 'no-plan' : details.refused.why);
    },
    open: (opening, context) =>
      inTurn('new', () => won(() => open(opening, context), 'too many requests are made at the same time; ask again')),
    change: (id, ...rest) =>
      inTurn(id, () => won(() => change(id, ...rest), `REQ-${Number(id)} is being changed by others; try again`)),
    show: (id, progress) =>
      inTurn(id, async () => {
        const { body } = await get(id);
        const places = await audienceOf(store, targets, body);
        const how = { now: clock.now(), fresh: new Set<string>(), urgent: false };
        await store.commit(cardWrites(inTheOpen(places), requestCard(body, progress), how));
      }),
  };
}
