import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import { createCalendar } from './calendar.ts';
import { nextOnRotation, whoIsOnRotation } from './rotation.ts';
import { type AskMembers, onCallByGroup } from './usergroup.ts';
import type { OnCall } from './who.ts';

/** Who is on call, whatever the source. */
export interface OnCallSource {
  /** Waits for a calendar at most some ten seconds; rejects only when the signal is aborted. */
  who(signal: AbortSignal): Promise<OnCall>;
  /** Who comes after them, by the rotation or the calendar; nobody where there is no order. Waits and rejects as `who` does. */
  next(signal: AbortSignal): Promise<readonly string[]>;
}

/** Makes the source that the configuration names; without one, nobody is known. `members` asks Slack, where there is one. */
export function createOnCall(
  { oncall, people }: Pick<Config, 'oncall' | 'people'>,
  { clock, members }: { readonly clock: Clock; readonly members?: AskMembers | undefined },
): OnCallSource {
  const { rotation, ical, slackUsergroup, timezone } = oncall;
  if (rotation)
    return {
      who: async () => whoIsOnRotation(rotation, clock.now()),
      next: async () => nextOnRotation(rotation, clock.now()),
    };
  if (ical) return createCalendar({ place: ical, timezone, people: people.map(({ name }) => name), clock });
  // A group has no order: nobody comes next.
  const next = async (): Promise<readonly string[]> => [];
  if (slackUsergroup !== undefined && members)
    return { who: async () => onCallByGroup(slackUsergroup, await members(slackUsergroup), people), next };
  const reason =
    slackUsergroup === undefined
      ? 'the configuration has no oncall section, so whoever has the role oncall counts'
      : 'the user group needs chats.slack';
  return { who: async () => ({ is: 'unknown', reason }), next };
}
