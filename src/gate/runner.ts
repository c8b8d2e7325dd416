import type { Clock } from '../lib/clock.ts';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { clip } from '../lib/text.ts';
import type { Store } from '../store/port.ts';
import type { Observed, Progress } from './action.ts';
import type { BoundAction } from './bound.ts';
import { type Finish, finish, toVerifying } from './execution.ts';
import { createGrip, type Grip } from './grip.ts';
import { type Journal, journalOf, openJournal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import { type Fence, freeing, leaving } from './locks.ts';
import type { GateRequest, Outcome, Plan } from './model.ts';
import { isCertain, type Limits, mayResume, within } from './running.ts';
import { createShowing } from './showing.ts';
import type { Surroundings } from './surroundings.ts';

/** Longest text of an outcome, in code points; a chat cuts it further. */
const LONGEST_TEXT = 2000;
/** Buttons below an end. */
const NEXT_MOST = 4;
/** Tries of a verification that throws for good, and the pause between them, ms. */
const VERIFY_TRIES = 3;
const VERIFY_PAUSE_MS = 5000;
/** Pauses between looks at a reality that can't be looked at, ms: doubled from the first to the longest. */
const FIRST_LOOK_MS = 1000;
const LONGEST_LOOK_MS = 30_000;

/** What all executions of a process share. */
export interface RunnerHouse {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly surroundings: Surroundings;
  readonly limits: Limits;
  /** Aborted when the bot must end now. */
  readonly stop: AbortSignal;
  /** True once no step may begin any more because the bot is about to stop. */
  readonly parked: () => boolean;
}

/** One execution in the hands of this process. */
export interface Runner {
  readonly execution: string;
  readonly grip: Grip;
  /** Carries the plan out, verifies, finishes. Ends early, without a word, when the bot stops or the fence is lost. */
  carryOut(action: BoundAction, plan: Plan): Promise<void>;
  /** Looks at what an earlier process left, and goes on from there. */
  recover(action: BoundAction | undefined, request: GateRequest): Promise<void>;
  /** Somebody asked to stop: the effect under way is told, and no further one begins. */
  cancel(by: string): void;
  /** Shows a line on the card. */
  show(progress: Progress): void;
  /** Stops showing and the heartbeat; what is unfinished is nobody's from now on. */
  end(): Promise<void>;
}

/** Takes an execution in hand: its locks are this process's, by `fence`. */
export function createRunner(
  house: RunnerHouse,
  { id, name, fence }: { readonly id: string; readonly name: string; readonly fence: Fence },
): Runner {
  const { store, clock, log, ledger, limits, stop } = house;
  const { execution } = fence;
  const work = new AbortController();
  const grip = createGrip({
    store,
    clock,
    log,
    fence,
    stop,
    beatMs: limits.beatMs,
    onLost: () => work.abort(new DaytwoError('failed', 'another process has taken this execution over')),
  });
  const showing = createShowing({
    clock,
    everyMs: limits.progressMs,
    show: (progress) => ledger.show(id, progress),
    failed: (error) => log.warn({ request: name, error: messageOf(error) }, 'progress could not be shown'),
  });

  const halted = (): boolean => grip.lost() || stop.aborted;

  /** Moves the request on, whatever it takes; the fence is held by the same commit. */
  function advance(what: string, decision: Parameters<Ledger['change']>[2], ends: boolean): Promise<void> {
    return grip.persist(() =>
      grip.alone(async () => {
        const changed = await ledger.change(id, { what, quiet: true }, decision, async (after) => {
          if (!ends) return { writes: await grip.guard() };
          const held = await grip.held();
          const now = clock.now();
          return { writes: after.state === 'unknown' ? leaving(held, now) : freeing(held, now) };
        });
        if (ends) grip.letGo();
        if (changed.refused) log.warn({ request: name, what, refused: changed.refused }, 'execution is not under way');
      }),
    );
  }

  async function finishAs(state: Finish['state'], outcome: Outcome): Promise<void> {
    await showing.end();
    const { text, facts, checks, next } = outcome;
    const told = {
      ...{ text: clip(text.trim(), LONGEST_TEXT), facts: facts.slice(0, 50), checks: checks.slice(0, 100) },
      ...(next ? { next: next.slice(0, NEXT_MOST) } : {}),
    };
    await advance(
      'finish',
      (request) => finish(request, { executionId: execution, state, outcome: told, now: clock.now() }),
      true,
    );
    log.info({ request: name, execution, state }, 'request ended');
  }

  const stopAsked = async (): Promise<boolean> => (await ledger.get(id)).body.request.cancelAsked !== undefined;

  /** It did not happen, or not wholly: cancelled where somebody asked for that, else failed. */
  async function fellShort(text: string, next?: Outcome['next']): Promise<void> {
    const asked = await grip.persist(stopAsked);
    await finishAs(asked ? 'cancelled' : 'failed', { text, facts: [], checks: [], ...(next ? { next } : {}) });
  }

  async function verify(action: BoundAction, plan: Plan): Promise<void> {
    await showing.end();
    await advance('verify', (request) => toVerifying(request, execution), false);
    let awaySince: number | undefined;
    for (let tries = 1; ; tries += 1) {
      try {
        const steps = await journalOf(store, execution);
        const verdict = await within(house, limits.verifyMs, (signal) => action.verify(plan, steps, signal));
        return await finishAs(verdict.is, verdict.outcome);
      } catch (error) {
        if (halted()) throw error;
        log.warn({ request: name, error: messageOf(error), tries }, 'verification failed');
        // What can't be looked at now may be later, as after a crash.
        const isAway = error instanceof DaytwoError && error.retryable;
        if (isAway) awaySince ??= clock.now();
        if (isAway ? clock.now() - (awaySince ?? 0) >= limits.observeMs : tries >= VERIFY_TRIES) {
          const text = `It was carried out, but whether it worked could not be verified: ${messageOf(error)}.`;
          return finishAs('unknown', { text, facts: [], checks: [] });
        }
        await clock.sleep(isAway ? Math.min(VERIFY_PAUSE_MS, limits.watchMs) : VERIFY_PAUSE_MS, stop);
      }
    }
  }

  /** What the action sees when it looks; while it can't look, it looks again for a while. */
  async function look(action: BoundAction, plan: Plan): Promise<Observed & { readonly blind?: boolean }> {
    for (let waitMs = FIRST_LOOK_MS, waited = 0; ; waitMs = Math.min(LONGEST_LOOK_MS, 2 * waitMs)) {
      try {
        const steps = await journalOf(store, execution);
        return await within(house, limits.lookMs, (signal) => action.observe(plan, steps, signal));
      } catch (error) {
        if (halted()) throw error;
        if (waited >= limits.observeMs)
          return { is: 'unknown', blind: true, text: `It could not be looked at: ${messageOf(error)}.` };
        showing.show({ text: `looking at what became of it: ${messageOf(error)}` });
        waited += waitMs;
        await clock.sleep(waitMs, stop);
      }
    }
  }

  /** Lets reality tell how it ended. `why` says what cut it off. Returns 'resume' where it may go on and `resumable` allows that. */
  async function byLooking(
    action: BoundAction,
    plan: Plan,
    why: { readonly text: string; readonly certain: boolean; readonly resumable: boolean },
  ): Promise<'resume' | 'over'> {
    for (let watched = 0; ; watched += limits.watchMs) {
      const seen = await look(action, plan);
      const text = `${why.text} ${seen.text}`;
      switch (seen.is) {
        case 'done':
          await verify(action, plan);
          return 'over';
        case 'not-done':
          await fellShort(text, seen.next);
          return 'over';
        case 'resumable':
          if (why.resumable) return 'resume';
          await fellShort(text, seen.next);
          return 'over';
        case 'unknown':
          // The other side said that it failed, and every step ended: then it failed, whether it can be looked at or not.
          if (seen.blind && why.certain) await fellShort(why.text);
          else await finishAs('unknown', { text, facts: [], checks: [] });
          return 'over';
        case 'going-on':
          if (watched >= limits.deadlineMs) {
            await finishAs('unknown', { text: `${text} It was watched for too long.`, facts: [], checks: [] });
            return 'over';
          }
          showing.show({ text: seen.text });
          await clock.sleep(limits.watchMs, stop);
          if (halted()) throw new DaytwoError('cancelled', 'the bot stops');
      }
    }
  }

  function journalFor(): Promise<Journal> {
    return openJournal({
      store,
      now: clock.now,
      request: name,
      execution,
      refuses: async () => {
        if (house.parked()) return 'the bot stops';
        if (work.signal.aborted) return messageOf(work.signal.reason);
        const asked = (await ledger.get(id)).body.request.cancelAsked;
        return asked && `${asked.by} asked to stop it`;
      },
      guard: grip.guard,
      record: async (kind, step) => {
        const recorded = ledger.get(id).then(({ body }) => ledger.record(body, kind, { execution, step }));
        await (kind === 'step' ? recorded : recorded.catch(unrecorded));
      },
      alone: grip.alone,
      persist: grip.persist,
      parked: house.parked,
      signal: AbortSignal.any([work.signal, stop]),
    });
  }
  const unrecorded = (error: unknown): void => {
    log.error({ request: name, error: messageOf(error) }, 'audit could not be written');
  };

  async function carryOut(action: BoundAction, plan: Plan): Promise<void> {
    const journal = await journalFor();
    const over = new AbortController();
    void clock.sleep(limits.deadlineMs, over.signal).then(() => {
      if (!over.signal.aborted) work.abort(new DaytwoError('timeout', 'it took longer than it may'));
    });
    try {
      const run = { executionId: execution, step: journal.step, progress: showing.show };
      await action.execute(plan, run, AbortSignal.any([work.signal, stop]));
    } catch (error) {
      if (house.parked() || halted()) throw error;
      const reason = work.signal.aborted ? work.signal.reason : error;
      log.warn({ request: name, execution, error: messageOf(error) }, 'execution was cut off');
      const text = `${sentence(messageOf(reason))}`;
      if (journal.begun() === 0) return await fellShort(`${text} Nothing was done.`);
      const certain = isCertain(error, await journalOf(store, execution));
      await byLooking(action, plan, { text, certain, resumable: false });
      return;
    } finally {
      over.abort();
    }
    await verify(action, plan);
  }

  async function recover(action: BoundAction | undefined, request: GateRequest): Promise<void> {
    const { plan, state } = request;
    log.info({ request: name, execution, state }, 'execution is taken over');
    if (!action) {
      const text = `The bot stopped while this ran, and knows no action ${plan.action} any more.`;
      return finishAs('unknown', { text, facts: [], checks: [] });
    }
    if (state === 'verifying') return verify(action, plan);
    const text = 'The bot stopped while this ran.';
    if ((await journalOf(store, execution)).length === 0)
      return fellShort(`${text} Nothing was done yet; ask again if it is still wanted.`);
    const resumable = request.cancelAsked === undefined;
    if ((await byLooking(action, plan, { text, certain: false, resumable })) === 'over') return;
    const hindrance = await mayResume(house, action, plan);
    if (hindrance) return fellShort(`${text} It was not resumed: ${hindrance}`);
    await grip.persist(async () => ledger.record((await ledger.get(id)).body, 'resumed', { execution }));
    await carryOut(action, plan);
  }

  return {
    execution,
    grip,
    carryOut,
    recover,
    cancel: (by) => work.abort(new DaytwoError('cancelled', `${by} asked to stop it`)),
    show: showing.show,
    end: async () => {
      await showing.end();
      await grip.leave();
    },
  };
}

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);
