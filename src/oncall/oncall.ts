import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import { createCalendar } from './calendar.ts';
import { whoIsOnRotation } from './rotation.ts';
import type { OnCall } from './who.ts';

/** Who is on call, whatever the source. */
export interface OnCallSource {
  /** Waits for a calendar at most some ten seconds; rejects only when the signal is aborted. */
  who(signal: AbortSignal): Promise<OnCall>;
}

/** Makes the source that the configuration names; without one, nobody is known. */
export function createOnCall(
  { oncall, people }: Pick<Config, 'oncall' | 'people'>,
  { clock }: { readonly clock: Clock },
): OnCallSource {
  const { rotation, ical, slackUsergroup, timezone } = oncall;
  if (rotation) return { who: async () => whoIsOnRotation(rotation, clock.now()) };
  if (ical) return createCalendar({ place: ical, timezone, people: people.map(({ name }) => name), clock });
  const reason =
    slackUsergroup === undefined
      ? 'the configuration has no oncall section'
      : 'the Slack user group can not be asked yet';
  return { who: async () => ({ is: 'unknown', reason }) };
}
