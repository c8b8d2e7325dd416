import { codeOf, DaytwoError, messageOf } from '../lib/errors.ts';
import { clip } from '../lib/text.ts';
import { type Collection, put, type Store, type Stored, type Write } from '../store/port.ts';
import { transact } from '../store/transact.ts';
import type { JournaledStep } from './action.ts';

/** One step of an execution, as it is stored. Document id: `stepId`. */
export interface JournalEntry extends JournaledStep {
  /** `REQ-17`. */
  readonly request: string;
  readonly execution: string;
  /** Place among the execution's steps, from 1. */
  readonly number: number;
  /** How often the step was begun. */
  readonly tries: number;
}

/** Every step of every execution. */
export const journal: Collection<JournalEntry> = {
  kind: 'gatejournal',
  keys: ({ execution, request }) => ({ execution, request }),
};

/** The document id of a step. */
export function stepId(execution: string, step: string): string {
  return `${execution}|${step}`;
}

/** An execution has at most this many steps: a drain of a full node (110 pods by the kubelet's default) many times over. */
const MOST_STEPS = 5000;
/** Longest name of a step, in UTF-16 units; it is part of a document's id. */
const LONGEST_STEP = 500;
/** Longest result, in UTF-16 units of its JSON: an action keeps what it needs to go on, not its output. */
const LONGEST_RESULT = 256 * 1024;
/** Longest text of a failure, in code points. */
const LONGEST_TEXT = 2000;

/** The steps of an execution in the order in which they were first begun. */
export async function journalOf(store: Store, execution: string): Promise<readonly JournalEntry[]> {
  const found = await store.find(journal, { key: ['execution', execution], limit: MOST_STEPS });
  return found.map(({ body }) => body).sort((a, b) => a.number - b.number);
}

/** What the journal needs around it. All of it belongs to one execution. */
export interface JournalOptions {
  readonly store: Store;
  readonly now: () => number;
  /** `REQ-17`. */
  readonly request: string;
  readonly execution: string;
  /** Why no step may begin now (somebody cancelled, the bot stops); undefined while one may. Reads durable state. */
  readonly refuses: () => Promise<string | undefined>;
  /** The writes that hold the fence in the commit they are part of. @throws DaytwoError failed */
  readonly guard: () => Promise<readonly Write[]>;
  /**
   * Records durably what is about to be done, and what became of it.
   * @throws for `step` where it can't be recorded: then nothing is done; never for the others
   */
  readonly record: (kind: 'step' | 'step-done' | 'step-failed', step: string) => Promise<void>;
  /** Runs a write of the fence alone; heartbeats and steps of one execution don't get in each other's way. */
  readonly alone: <T>(task: () => Promise<T>) => Promise<T>;
  /** Repeats a write of what is known until it is durable. @throws DaytwoError cancelled when the bot stops first */
  readonly persist: (task: () => Promise<void>) => Promise<void>;
  /** True once the bot stops: what an effect throws then is no result. */
  readonly parked: () => boolean;
  /** Aborted by a cancel, by the deadline, and when the bot stops. */
  readonly signal: AbortSignal;
}

/** Steps of one execution, each begun durably, done once and recorded. */
export interface Journal {
  /** See `Run.step`. */
  step<T>(id: string, effect: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** How many steps were begun, those of earlier processes included. */
  begun(): number;
}

/** Why a result can't be journaled; undefined where it can. The effect has been done all the same. */
function unfitness(value: unknown): string | undefined {
  try {
    const text = JSON.stringify(value) ?? '';
    return text.length > LONGEST_RESULT
      ? `it was done, but its result of ${text.length} characters is too long`
      : undefined;
  } catch (error) {
    return `it was done, but its result is no JSON: ${messageOf(error)}`;
  }
}

type Intent = Stored<JournalEntry> | { readonly done: unknown };

/** Opens the journal of an execution with what earlier processes left in it. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { store, now, request, execution, signal } = options;
  const underWay = new Map<string, Promise<unknown>>();
  let last = (await journalOf(store, execution)).length;

  /** The intent, durable: the fence is held by the same commit. */
  async function intend(step: string): Promise<Intent> {
    if (step.length === 0 || step.length > LONGEST_STEP || last >= MOST_STEPS)
      throw new DaytwoError(
        'invalid',
        `${request} can't journal this step: its name or the number of steps is out of bounds`,
      );
    return options.alone(async () => {
      const intent = await transact<Intent>(store, async () => {
        const why = await options.refuses();
        if (why !== undefined) throw new DaytwoError('cancelled', why);
        const before = await store.get(journal, stepId(execution, step));
        if (before?.body.result) return { writes: [], result: { done: before.body.result.value } };
        const entry: JournalEntry = {
          request,
          execution,
          step,
          number: before?.body.number ?? last + 1,
          tries: (before?.body.tries ?? 0) + 1,
          intentAt: now(),
        };
        const version = before?.version ?? 0;
        return {
          writes: [...(await options.guard()), put(journal, stepId(execution, step), entry, version)],
          result: { id: stepId(execution, step), version: version + 1, body: entry },
        };
      });
      if ('body' in intent) last = Math.max(last, intent.body.number);
      return intent;
    });
  }

  /** What became of the effect; never over what somebody else has written since. */
  async function conclude(
    { id, version, body }: Stored<JournalEntry>,
    end: Pick<JournaledStep, 'result' | 'failure'>,
  ): Promise<void> {
    await options.persist(async () => {
      const current = await store.get(journal, id);
      if (current?.version !== version) return;
      await store.commit([put(journal, id, { ...body, ...end }, version)]);
    });
  }

  async function perform<T>(step: string, effect: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const known = (await store.get(journal, stepId(execution, step)))?.body.result;
    if (known) return known.value as T;
    await options.record('step', step);
    const intent = await intend(step);
    if ('done' in intent) return intent.done as T;
    if (signal.aborted) {
      const text = `not begun: ${messageOf(signal.reason)}`;
      await conclude(intent, { failure: { at: now(), code: 'cancelled', text } });
      throw new DaytwoError('cancelled', messageOf(signal.reason));
    }
    let value: T;
    try {
      value = await effect(signal);
    } catch (error) {
      // What an effect throws because the bot stops tells nothing of the effect: the next process looks.
      if (!options.parked()) {
        const text = clip(messageOf(error), LONGEST_TEXT);
        await conclude(intent, { failure: { at: now(), code: codeOf(error), text } });
        await options.record('step-failed', step);
      }
      throw error;
    }
    const unfit = unfitness(value);
    const end = unfit ? { failure: { at: now(), code: 'invalid', text: unfit } } : { result: { at: now(), value } };
    await conclude(intent, end);
    await options.record(unfit ? 'step-failed' : 'step-done', step);
    if (unfit) throw new DaytwoError('invalid', `${step}: ${unfit}`);
    return value;
  }

  return {
    begun: () => last,
    step: <T>(step: string, effect: (signal: AbortSignal) => Promise<T>): Promise<T> => {
      // Asked for twice at the same time it is still one step.
      const same = underWay.get(step);
      if (same) return same as Promise<T>;
      const done = perform(step, effect).finally(() => underWay.delete(step));
      underWay.set(step, done);
      return done;
    },
  };
}
