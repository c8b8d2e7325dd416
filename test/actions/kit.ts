import type { JournaledStep, Progress, Refusal, Run } from '../../src/gate/action.ts';
import type { Plan } from '../../src/gate/model.ts';
import { codeOf, DaytwoError, messageOf } from '../../src/lib/errors.ts';

/** A run whose journal is a list in memory, as the gate's is in the store. */
export interface TestRun extends Run {
  readonly journal: JournaledStep[];
  readonly said: Progress[];
  cancel(): void;
}

/** Makes a run. Its steps get the signal that `cancel` aborts. */
export function testRun(executionId: string, journal: JournaledStep[] = []): TestRun {
  const controller = new AbortController();
  const said: Progress[] = [];
  return {
    executionId,
    journal,
    said,
    cancel: () => controller.abort(),
    progress: (progress) => void said.push(progress),
    async step(step, effect) {
      if (controller.signal.aborted) throw new DaytwoError('cancelled', 'somebody asked to stop');
      const at = journal.findIndex((one) => one.step === step);
      const known = journal[at]?.result;
      if (known) return known.value as Awaited<ReturnType<typeof effect>>;
      const intent: JournaledStep = { step, intentAt: Date.now() };
      const place = at < 0 ? journal.push(intent) - 1 : at;
      journal[place] = intent;
      try {
        const value = await effect(controller.signal);
        // What can't be written as JSON must not come back as if it could.
        journal[place] = { ...intent, result: { at: Date.now(), value: JSON.parse(JSON.stringify(value ?? null)) } };
        return value;
      } catch (error) {
        const failure = { at: Date.now(), code: codeOf(error), text: messageOf(error) };
        journal[place] = { ...intent, failure };
        throw error;
      }
    },
  };
}

/** The plan, where there is one. */
export function planned(answer: Plan | Refusal): Plan {
  if ('refused' in answer) throw new Error(`refused: ${answer.refused}`);
  return answer;
}

/** Codes of a plan's findings, with their levels: `BLOCK path-missing`. */
export const findingsOf = (plan: Plan): string[] => plan.findings.map(({ level, code }) => `${level} ${code}`);

/** The checks of an outcome that didn't hold. */
export const badChecks = (outcome: { readonly checks: readonly { what: string; actual: string; ok: boolean }[] }) =>
  outcome.checks.filter(({ ok }) => !ok).map(({ what, actual }) => `${what}: ${actual}`);
