import { z } from 'zod';
import { incidentIdOf } from '../alerting/incident.ts';
import { parseDuration } from '../lib/duration.ts';
import { inertLine } from '../lib/text.ts';

/** Words after a command that takes none. */
export const noArgs = z.custom<readonly string[]>((words) => Array.isArray(words) && words.length === 0, {
  error: 'it takes nothing after its name',
});

/** `INC-42` or `42` → the incident's document id. */
export const IncidentWord = z.string().transform((word, context) => {
  const id = incidentIdOf(word);
  if (id !== undefined) return id;
  context.addIssue({
    code: 'custom',
    message: `“${inertLine(word).slice(0, 40)}” is no incident; they are called INC-1, INC-2 …`,
  });
  return z.NEVER;
});

/** `2h`, `30m`, `1d` → ms. */
export const DurationWord = z.string().transform((word, context) => {
  const ms = parseDuration(word);
  if (ms !== undefined) return ms;
  context.addIssue({
    code: 'custom',
    message: `“${inertLine(word).slice(0, 40)}” is no duration; write 30m, 2h or 1d`,
  });
  return z.NEVER;
});
