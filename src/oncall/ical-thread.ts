import { Worker } from 'node:worker_threads';
import { DaytwoError } from '../lib/errors.ts';
import type { Shift, Window } from './ical.ts';
import type { CalendarJob } from './ical-worker.ts';

/** Ten thousand events take about a second. */
const TIMEOUT_MS = 10_000;
const MAX_HEAP_MB = 256;

type Answer = { readonly shifts: readonly Shift[] } | { readonly reason: string };

/**
 * Reads a calendar in a thread of its own: some rules keep ical.js 2.2 busy for ever (`FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30`), and a
 * calendar comes from elsewhere. The thread ends with the answer, and with it the memory that the library took.
 * @throws DaytwoError bad-answer (no calendar, unknown time zone, too many occurrences, no end in time)
 */
export async function readCalendarApart(
  job: { readonly text: string; readonly window: Window },
  timeoutMs = TIMEOUT_MS,
): Promise<readonly Shift[]> {
  const worker = new Worker(new URL('./ical-worker.ts', import.meta.url), {
    workerData: job satisfies CalendarJob,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const fail = (message: string, cause?: unknown) => reject(new DaytwoError('bad-answer', message, { cause }));
  const timer = setTimeout(
    () => fail('the calendar takes too long to be read: does a rule of it never come true?'),
    timeoutMs,
  );
  worker.once('message', resolve);
  worker.once('error', (error) => fail('the calendar can not be read', error));
  worker.once('exit', () => fail('the calendar can not be read'));
  try {
    const answer = await promise;
    if ('reason' in answer) throw new DaytwoError('bad-answer', answer.reason);
    return answer.shifts;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
