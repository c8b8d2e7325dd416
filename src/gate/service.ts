import { incidents } from '../alerting/incident.ts';
import type { ChatName, Conversation } from '../chat/port.ts';
import type { Clock } from '../lib/clock.ts';
import { clip, inertLine } from '../lib/text.ts';
import type { Store, Stored } from '../store/port.ts';
import type { BoundAction } from './bound.ts';
import { type Callers, firstCall } from './calls.ts';
import * as decide from './decide.ts';
import { type Context, type Decided, no } from './facts.ts';
import type { Ledger } from './ledger.ts';
import { listCard } from './listCard.ts';
import { freeing, locksOf } from './locks.ts';
import type { GateRequest } from './model.ts';
import { policyFor } from './policy.ts';
import { answerTo } from './replies.ts';
import { requestCard } from './requestCard.ts';
import { gatePresses, gateRequests, openRequests, requestIdOf, type StoredRequest } from './requests.ts';
import { unseen } from './seen.ts';
import { type Asker, actorOf, contextOf, hereAndNow, type Surroundings } from './surroundings.ts';
import type { Beside } from './tellings.ts';
import { answer, type GateAnswer, refusalWords, stateSentence } from './words.ts';

/** How long a plan's refusal may be when it is shown, in characters. */
const LONGEST_REFUSAL = 1000;
/** So many requests are listed. */
const LISTED = 100;
const RECENT = 10;

/** Where something is asked for. */
export interface AskedAt extends Asker {
  readonly chat: ChatName;
  readonly conversation: Conversation;
  /** Document id of the incident in whose thread it is asked. */
  readonly incident?: string | undefined;
  /** Unique for ever: the same event asks once. */
  readonly eventId: string;
  /** The reason for going without approval. */
  readonly breakGlass?: string | undefined;
}

/**
 * What commands and buttons call. Every answer is for a person; what isn't done is said with its reason. Requests are named `REQ-17`.
 * @throws DaytwoError store-unavailable | store-conflict, failed where the audit can't be written (then nothing was done), and what
 * `plan` of the action throws
 */
export interface GateService {
  /** Plans an action and shows the plan; nothing is done before it is confirmed. */
  ask(action: string, args: unknown, at: AskedAt): Promise<GateAnswer>;
  /** A press of one of the gate's buttons; undefined where the token is none of them. `typed` is what a chat asked for beside it. */
  press(token: string, asker: Asker, typed?: string): Promise<GateAnswer | undefined>;
  /** By the request's name: a plan that took another's place just now is shown instead. */
  confirm(request: string, asker: Asker, typed?: string): Promise<GateAnswer>;
  /**
   * A say by the request's name. `digest` is what the asker saw of the plan, in full or its beginning; without it a plan that took another's
   * place just now is shown instead.
   */
  vote(
    request: string,
    asker: Asker,
    said: {
      readonly choice: 'approve' | 'deny';
      readonly digest?: string | undefined;
      readonly reason?: string | undefined;
    },
  ): Promise<GateAnswer>;
  cancel(request: string, asker: Asker): Promise<GateAnswer>;
  breakGlass(request: string, asker: Asker, reason: string): Promise<GateAnswer>;
  /** Says what somebody found who looked at an `unknown` end; its locks are free then. */
  settle(request: string, asker: Asker, found: 'done' | 'not-done', note: string): Promise<GateAnswer>;
  /** Open requests and the last that ended. */
  list(): Promise<GateAnswer>;
  /** One request's card as it stands. */
  show(request: string): Promise<GateAnswer>;
}

/** Builds the service. */
export function createGateService(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly actions: ReadonlyMap<string, BoundAction>;
  readonly surroundings: Surroundings;
  readonly callers: Callers;
  /** What has to be set up for an action that isn't there, as a sentence. */
  readonly lacks?: (action: string) => string | undefined;
}): GateService {
  const { store, clock, ledger, actions, surroundings, callers } = options;

  const unnamed = answer('Which request? Name it, like REQ-17; /requests lists them.');

  async function named(name: string): Promise<Stored<StoredRequest> | undefined> {
    const id = requestIdOf(name);
    return id === undefined ? undefined : store.get(gateRequests, id);
  }

  const missing = (name: string): GateAnswer =>
    requestIdOf(name) === undefined
      ? unnamed
      : answer(`There is no ${clip(inertLine(name), 40)}. /requests lists what there is.`);

  /** Everything that one person does to one request. */
  async function act(
    found: Stored<StoredRequest>,
    { what, asker, context }: { readonly what: string; readonly asker: Asker; readonly context: Context },
    decision: (request: GateRequest) => Decided,
    beside?: (after: GateRequest) => Promise<Beside>,
  ): Promise<GateAnswer> {
    const changed = await ledger.change(found.id, { what, by: actorOf(asker) }, decision, async (after, facts) => {
      const calls = facts.some(({ is }) => is === 'confirmed') && after.state === 'approving';
      const call = calls ? firstCall(after, context, callers) : undefined;
      return { ...call, ...(await beside?.(after)) };
    });
    return answerTo(changed);
  }

  async function withContext(
    found: Stored<StoredRequest>,
    asker: Asker,
    decision: (context: Context) => Promise<GateAnswer>,
  ): Promise<GateAnswer> {
    const { signal } = asker;
    return decision(
      await contextOf(surroundings, found.body.request.plan, { now: clock.now(), cluster: 'skip', signal }),
    );
  }

  /** A decision by somebody who named the request, unless the plan may not be the one before their eyes. */
  function asSeen(request: GateRequest, digest: string | undefined, { now }: Context, decided: Decided): Decided {
    const hidden = decided.refused ? undefined : unseen(request, digest, now);
    return hidden ? no(request, hidden) : decided;
  }

  const confirm = (found: Stored<StoredRequest>, asker: Asker, digest: string, typed?: string): Promise<GateAnswer> =>
    withContext(found, asker, (context) =>
      act(found, { what: 'confirm', asker, context }, (request) =>
        decide.confirm(request, actorOf(asker), { digest, typed }, context),
      ),
    );

  const vote = (
    found: Stored<StoredRequest>,
    asker: Asker,
    { choice, digest, reason }: decide.Choice,
  ): Promise<GateAnswer> =>
    withContext(found, asker, (context) =>
      act(found, { what: choice, asker, context }, (request) =>
        decide.vote(request, actorOf(asker), { choice, digest, reason }, context),
      ),
    );

  async function cancel(found: Stored<StoredRequest>, asker: Asker): Promise<GateAnswer> {
    const context = await hereAndNow(surroundings, clock.now());
    return act(found, { what: 'cancel', asker, context }, (request) => decide.cancel(request, actorOf(asker), context));
  }

  async function ask(id: string, args: unknown, at: AskedAt): Promise<GateAnswer> {
    const { chat, conversation, eventId, incident, signal, breakGlass } = at;
    const [known] = await store.find(gateRequests, { key: ['event', eventId], limit: 1 });
    if (known) return planned(known.body);
    const action = actions.get(id);
    if (!action)
      return answer(options.lacks?.(id) ?? `There is no action ${clip(inertLine(id), 60)} here.`, [], 'warning');
    const plan = await action.plan(args, signal);
    if ('refused' in plan) {
      const text = clip(inertLine(plan.refused), LONGEST_REFUSAL);
      await ledger.turnedAway(actorOf(at), incident, { action: id, args, refused: text });
      return answer(text, [], 'warning');
    }
    const opened = await ledger.open(
      {
        plan,
        policy: policyFor(surroundings.policies, plan.action, plan.target),
        by: actorOf(at),
        incident,
        breakGlass,
        place: { chat, conversation, event: eventId },
      },
      await contextOf(surroundings, plan, { now: clock.now(), cluster: 'ask', signal }),
    );
    if ('stored' in opened) return planned(opened.stored);
    await ledger.turnedAway(actorOf(at), incident, { action: id, args: plan.args, refused: opened.refused });
    return answer(refusalWords(opened.refused, plan.title), [], 'warning');
  }

  async function planned({ request }: StoredRequest): Promise<GateAnswer> {
    const { name, state, incident } = request;
    const thread = incident === undefined ? undefined : (await store.get(incidents, incident))?.body.name;
    const where = thread === undefined ? '' : `, in the thread of ${thread},`;
    if (state === 'planned')
      return answer(`${name} can’t go on: its card${where} says what blocks it. Nothing was done.`, [], 'warning');
    if (state === 'confirming')
      return answer(`${name} is planned, and nothing was done yet. Read its card${where} and press Confirm on it.`);
    return answer(stateSentence(request));
  }

  return {
    ask,
    press: async (token, asker, typed) => {
      const press = await store.get(gatePresses, token);
      if (!press) return undefined;
      const { request, what, digest } = press.body;
      const found = await ledger.get(request);
      switch (what) {
        case 'confirm':
          return confirm(found, asker, digest, typed);
        case 'approve':
        case 'deny':
          return vote(found, asker, { choice: what, digest, ...(what === 'deny' ? { reason: typed } : {}) });
        case 'cancel':
          return cancel(found, asker);
      }
    },
    confirm: async (name, asker, typed) => {
      const found = await named(name);
      if (!found) return missing(name);
      const { digest } = found.body.request;
      return withContext(found, asker, (context) =>
        act(found, { what: 'confirm', asker, context }, (request) =>
          asSeen(request, undefined, context, decide.confirm(request, actorOf(asker), { digest, typed }, context)),
        ),
      );
    },
    vote: async (name, asker, { choice, digest, reason }) => {
      const found = await named(name);
      if (!found) return missing(name);
      return withContext(found, asker, (context) =>
        act(found, { what: choice, asker, context }, (request) => {
          const decided = decide.vote(request, actorOf(asker), { choice, digest: request.digest, reason }, context);
          return asSeen(request, digest, context, decided);
        }),
      );
    },
    cancel: async (name, asker) => {
      const found = await named(name);
      return found ? cancel(found, asker) : missing(name);
    },
    breakGlass: async (name, asker, reason) => {
      const found = await named(name);
      if (!found) return missing(name);
      const { digest } = found.body.request;
      return withContext(found, asker, (context) =>
        act(found, { what: 'break-glass', asker, context }, (request) =>
          decide.breakGlass(request, actorOf(asker), { reason, digest }, context),
        ),
      );
    },
    settle: async (name, asker, state, note) => {
      const found = await named(name);
      if (!found) return missing(name);
      return withContext(found, asker, (context) =>
        act(
          found,
          { what: 'settle', asker, context },
          (request) => decide.settle(request, actorOf(asker), { found: state, note }, context),
          async (after) =>
            after.execution && after.settled
              ? { writes: await freeing(await locksOf(store, after.execution.id), clock.now()) }
              : {},
        ),
      );
    },
    list: async () => {
      const now = clock.now();
      const open = (await openRequests(store, LISTED)).map(({ body }) => decide.expire(body.request, now).request);
      const latest = await store.find(gateRequests, { order: 'down', limit: LISTED });
      const names = new Set(open.map(({ name }) => name));
      const recent = latest.map(({ body }) => body.request).filter(({ name }) => !names.has(name));
      return { to: 'asker', card: listCard(open, recent.slice(0, RECENT)) };
    },
    show: async (name) => {
      const found = await named(name);
      if (!found) return missing(name);
      const request = decide.expire(found.body.request, clock.now()).request;
      return { to: 'asker', card: requestCard({ ...found.body, request }) };
    },
  };
}
