import { randomBytes } from 'node:crypto';
import { codeOf, DaytwoError, messageOf } from '../lib/errors.ts';
import type { Stored } from '../store/port.ts';
import type { BoundAction } from './bound.ts';
import { drift } from './drift.ts';
import { claim, keepsLocks } from './execution.ts';
import { no } from './facts.ts';
import { createPulse, type Fence, freeing, heldLocks, type LockHolder, taking, takingOver } from './locks.ts';
import { gateRequests, newExecutionId, requestIdOf, type StoredRequest } from './requests.ts';
import { createRunner, type Runner, type RunnerHouse } from './runner.ts';
import { LIMITS, type Limits, within } from './running.ts';
import { contextOf } from './surroundings.ts';
import { refusalWords } from './words.ts';

/** How often it is looked for what waits, and for owners that died. */
const LOOK_MS = 5000;
/** An owner whose heartbeat (every 5 s) stood still over so many looks is dead: half a minute. */
const DEAD_LOOKS = 6;
/** So many executions at once in one process. */
const AT_ONCE = 4;
/** How long a stop waits for effects under way to end by themselves, and then for them to heed their signal, ms. */
const GRACE_MS = 3000;
const LAST_MS = 5000;
/** Requests that are weighed in one look. */
const LOOK = 200;

/** Carries out what is approved, once, whatever crashes. */
export interface Executor {
  start(): void;
  /** Begins nothing more, gives effects under way a moment, parks the rest for the next process. */
  stop(): Promise<void>;
}

/** What an executor needs. */
export type ExecutorOptions = Omit<RunnerHouse, 'stop' | 'parked' | 'limits'> & {
  readonly actions: ReadonlyMap<string, BoundAction>;
  /** True where no other process can have the store open: what others left is taken over at once, not after a silence. */
  readonly alone: boolean;
  readonly limits?: Partial<Limits & { readonly loopMs: number; readonly graceMs: number; readonly lastMs: number }>;
};

/** The lock that every execution holds besides those of its plan: so that each has a fence. */
export const ownLock = (request: string): string => `request/${request}`;

/** Builds the executor. */
export function createExecutor(options: ExecutorOptions): Executor {
  const { store, clock, log, ledger, actions, surroundings } = options;
  const limits = { ...LIMITS, loopMs: LOOK_MS, graceMs: GRACE_MS, lastMs: LAST_MS, ...options.limits };
  const owner = randomBytes(8).toString('hex');
  const pulse = createPulse(DEAD_LOOKS);
  const stop = new AbortController();
  const halting = new AbortController();
  const house: RunnerHouse = { ...options, limits, stop: halting.signal, parked: () => stop.signal.aborted };
  /** What this process works on, by the request's document id. */
  const running = new Map<string, { runner?: Runner; readonly done: Promise<void> }>();
  /** What a request that could not begin waits for, as last shown. */
  const waits = new Map<string, string>();
  /** Requests that could not begin, until they are looked at again. */
  const resting = new Set<string>();
  /** Those of them that wait for a lock: they are looked at again as soon as locks change. */
  const forLocks = new Set<string>();
  const unwatch: (() => void)[] = [];
  let first = true;
  let looking: Promise<void> | undefined;
  let again = false;
  let ticking: Promise<void> | undefined;

  /** Works on a request until it is done with it, alone in this process. */
  function engage(id: string, task: (use: (runner: Runner) => void) => Promise<void>): void {
    const use = (runner: Runner): void => {
      const entry = running.get(id);
      if (entry) entry.runner = runner;
    };
    const done = Promise.resolve()
      .then(() => task(use))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) log.error({ request: id, error: messageOf(error) }, 'execution was left');
      })
      .finally(async () => {
        // Whatever is unfinished is taken up again, here or elsewhere, by looking at what there is.
        await running.get(id)?.runner?.end();
        running.delete(id);
        // What could not start now is looked at again after a while; anything else makes room for the next.
        if (!resting.has(id)) wake();
      });
    running.set(id, { done });
  }

  /** Lets an approved request wait a while, and says on its card, once, what for. */
  async function waitFor(id: string, text: string | undefined): Promise<void> {
    resting.add(id);
    void clock.sleep(limits.loopMs, stop.signal).then(() => {
      resting.delete(id);
      wake();
    });
    if (text === undefined || waits.get(id) === text) return;
    waits.set(id, text);
    log.info({ request: id, text }, 'request can not start yet');
    await ledger.show(id, { text: `waits: ${text}` }).catch(() => waits.delete(id));
  }

  /** Takes the locks of a plan in one commit; undefined while somebody else has one. */
  async function take({ id, body }: Stored<StoredRequest>, execution: string): Promise<Fence | undefined> {
    const { name, plan } = body.request;
    const now = clock.now();
    const holder: LockHolder = { request: name, execution, owner, since: now };
    const wanted = await taking(store, [...plan.locks, ownLock(name)], holder, now);
    if (wanted.is === 'busy') {
      forLocks.add(id);
      await waitFor(
        id,
        wanted.holder.request === name ? undefined : `${wanted.lock} is locked by ${wanted.holder.request}`,
      );
      return undefined;
    }
    try {
      await store.commit(wanted.writes);
      return wanted.fence;
    } catch (error) {
      if (codeOf(error) !== 'store-conflict') throw error;
      await waitFor(id, undefined);
      return undefined;
    }
  }

  /**
   * Begins an approved request: the locks are taken under a new execution's id; under them the plan is made afresh and compared; then one
   * commit, which expects both the request and the locks as they are, creates the execution. Whoever makes that commit executes.
   */
  async function begin(found: Stored<StoredRequest>, use: (runner: Runner) => void): Promise<void> {
    const { id } = found;
    const { name, plan, digest } = found.body.request;
    const action = actions.get(plan.action);
    if (!action) return waitFor(id, `nothing here can do ${plan.action}`);
    const execution = newExecutionId(name);
    const fence = await take(found, execution);
    if (!fence) return;
    const runner = createRunner(house, { id, name, fence });
    use(runner);
    const free = async (): Promise<void> => {
      await runner.grip.alone(async () => {
        await store.commit(freeing(await runner.grip.held(), clock.now()));
        runner.grip.letGo();
      });
    };
    try {
      const fresh = await within(house, limits.planMs, (signal) => action.plan(plan.args, signal));
      // Who may do what is asked last: a plan can take a minute, in which a delegation ends or a shift changes.
      const context = await within(house, limits.planMs, (signal) =>
        contextOf(surroundings, plan, { now: clock.now(), cluster: 'ask', signal }),
      );
      const at = (): typeof context => ({ ...context, now: clock.now() });
      const changed = await runner.grip.alone(async () => {
        const started = await ledger.change(
          id,
          { what: 'start', quiet: true },
          (request) => {
            if (request.digest !== digest) return no(request, { why: 'plan-changed' });
            const drifted = drift(request, fresh, at());
            return drifted.facts.length > 0 || drifted.refused ? drifted : claim(request, execution, at());
          },
          async (after) => ({
            writes:
              after.state === 'running' ? await runner.grip.guard() : freeing(await runner.grip.held(), clock.now()),
          }),
        );
        if (started.facts.length > 0 && started.stored.request.state !== 'running') runner.grip.letGo();
        return started;
      });
      if (changed.stored.request.execution?.id !== execution) {
        // A refusal without consequences changed nothing: not even the locks.
        if (changed.facts.length === 0) await free();
        if (changed.refused && changed.stored.request.state === 'ready')
          await waitFor(id, refusalWords(changed.refused, name));
        return;
      }
    } catch (error) {
      if (stop.signal.aborted) throw error;
      await free().finally(() => waitFor(id, messageOf(error)));
      return;
    }
    waits.delete(id);
    log.info({ request: name, execution }, 'execution begins');
    await runner.carryOut(action, plan);
  }

  async function claims(): Promise<void> {
    const waiting = await store.find(gateRequests, { key: ['claimable', 'yes'], limit: LOOK });
    for (const found of waiting) {
      if (stop.signal.aborted || running.size >= AT_ONCE) return;
      if (!running.has(found.id) && !resting.has(found.id)) engage(found.id, (use) => begin(found, use));
    }
  }

  /** Passes on the wish to stop to what runs here. */
  async function cancels(): Promise<void> {
    for (const [id, { runner }] of running) {
      const request = (await store.get(gateRequests, id))?.body.request;
      if (request?.cancelAsked && request.state === 'running') runner?.cancel(request.cancelAsked.by);
    }
  }

  /** Executions of owners that died, and locks that nothing stands behind any more. */
  async function takeOvers(): Promise<void> {
    const held = await heldLocks(store);
    const dead = new Set(pulse.dead(held));
    if (first && options.alone) for (const { body } of held) if (body.holder) dead.add(body.holder.execution);
    first = false;
    const mine = new Set([...running.values()].flatMap(({ runner }) => (runner ? [runner.execution] : [])));
    const known = new Map(held.flatMap(({ body }) => (body.holder ? [[body.holder.execution, body.holder]] : [])));
    for (const execution of dead) {
      const id = requestIdOf(known.get(execution)?.request ?? '');
      if (mine.has(execution) || id === undefined || running.has(id) || stop.signal.aborted) continue;
      const request = (await store.get(gateRequests, id))?.body.request;
      if (!request || request.execution?.id !== execution || !keepsLocks(request)) {
        // The versions read before the request was: had it begun meanwhile, this would fail.
        const left = held.filter(({ body }) => body.holder?.execution === execution);
        await store.commit(freeing(left, clock.now()));
      } else if (request.state !== 'unknown') engage(id, (use) => recover(id, execution, use));
    }
    // What is under way is always locked; where the state was damaged it is looked at all the same.
    for (const { id, body } of await store.find(gateRequests, { key: ['atwork', 'yes'], limit: LOOK })) {
      const execution = body.request.execution?.id;
      if (execution === undefined || known.has(execution) || running.has(id)) continue;
      log.error({ request: body.request.name }, 'execution without locks');
      const holder = { request: body.request.name, execution, since: clock.now() };
      const wanted = await taking(store, [ownLock(body.request.name)], holder, clock.now());
      if (wanted.is === 'free') await store.commit(wanted.writes);
    }
  }

  async function recover(id: string, execution: string, use: (runner: Runner) => void): Promise<void> {
    const { writes, fence } = await takingOver(store, execution, owner, clock.now());
    try {
      await store.commit(writes);
    } catch (error) {
      // Somebody else was faster, or the owner lives.
      if (codeOf(error) === 'store-conflict') return;
      throw error;
    }
    const { request } = (await ledger.get(id)).body;
    const runner = createRunner(house, { id, name: request.name, fence });
    use(runner);
    if (request.execution?.id !== execution || (request.state !== 'running' && request.state !== 'verifying')) return;
    await runner.recover(actions.get(request.plan.action), request);
  }

  const failed = (error: unknown): void => {
    if (!stop.signal.aborted) log.warn({ error: messageOf(error) }, 'requests could not be looked at, will retry');
  };

  function wake(): void {
    again = true;
    looking ??= (async () => {
      while (again && !stop.signal.aborted) {
        again = false;
        await cancels().catch(failed);
        await claims().catch(failed);
      }
      looking = undefined;
    })();
  }

  /** Waits for everything to come to rest, but no longer than `ms`: a store that doesn't answer must not keep the bot from ending. */
  async function rest(ms: number): Promise<void> {
    const enough = new AbortController();
    const executions = [...running.values()].map(({ done }) => done);
    const all = Promise.all([ticking, looking, ...executions]).finally(() => enough.abort());
    await Promise.race([all, clock.sleep(ms, enough.signal)]);
  }

  return {
    start: () => {
      unwatch.push(
        store.watch('gaterequest', wake),
        store.watch('gatelock', () => {
          for (const id of forLocks) resting.delete(id);
          forLocks.clear();
          wake();
        }),
      );
      ticking = (async () => {
        while (!stop.signal.aborted) {
          await takeOvers().catch(failed);
          wake();
          await clock.sleep(limits.loopMs, stop.signal);
        }
      })();
    },
    stop: async () => {
      stop.abort();
      for (const end of unwatch) end();
      await rest(limits.graceMs);
      halting.abort(new DaytwoError('cancelled', 'the bot stops'));
      await rest(limits.lastMs);
    },
  };
}
