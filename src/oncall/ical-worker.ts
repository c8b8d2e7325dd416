import { parentPort, workerData } from 'node:worker_threads';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import { readCalendar, type Window } from './ical.ts';

/** What the thread is started with. */
export interface CalendarJob {
  readonly text: string;
  readonly window: Window;
}

const { text, window }: CalendarJob = workerData;
try {
  parentPort?.postMessage({ shifts: await readCalendar(text, window) });
} catch (error) {
  if (!(error instanceof DaytwoError)) throw error;
  parentPort?.postMessage({ reason: messageOf(error) });
}
