import type { Clock } from '../../lib/clock.ts';
import { type Place, type Profile, type Refusal, refusalOf } from './admission.ts';
import type { Api } from './api.ts';
import { at, listAt, textAt } from './fields.ts';
import type { Heard } from './heard.ts';

/** A profile is asked for again after this long; where Slack can't be asked it is believed for a day. */
const FRESH_MS = 15 * 60_000;
/** Handovers are seen within this time; usergroups.* may be asked 20 times a minute. */
const GROUP_MS = 60_000;
const GROUP_FAILED_MS = 5000;
const STALE_MS = 24 * 3_600_000;
/** So many people are remembered. */
const MOST = 1000;

/** Who is in a user group, or why Slack doesn't tell. */
export type Members = { readonly users: readonly string[] } | { readonly reason: string };

interface Group {
  readonly answer: Promise<Members>;
  readonly at: number;
  freshMs: number;
}

/** Who people are, as Slack knows them. In memory. */
export interface Users {
  /** Undefined where Slack can't be asked and didn't tell within a day. */
  profile(user: string, signal: AbortSignal): Promise<Profile | undefined>;
  /** User ids of a user group, at most a minute old; else why Slack doesn't tell. Who asks meanwhile gets the same answer. */
  members(usergroup: string, signal: AbortSignal): Promise<Members>;
  /** The direct conversation of a user with the bot; undefined where Slack can't be asked. */
  direct(user: string, signal: AbortSignal): Promise<string | undefined>;
}

/** Builds it. https://docs.slack.dev/reference/methods/users.info, usergroups.users.list and conversations.open */
export function createUsers(api: Api, clock: Clock): Users {
  const profiles = new Map<string, { readonly profile: Profile; readonly at: number }>();
  const groups = new Map<string, Group>();
  const directs = new Map<string, string>();

  const keep = <T>(map: Map<string, T>, key: string, value: T): T => {
    map.delete(key);
    map.set(key, value);
    const oldest = map.keys().next().value;
    if (map.size > MOST && oldest !== undefined) map.delete(oldest);
    return value;
  };

  async function askMembers(usergroup: string, signal: AbortSignal): Promise<Members> {
    const answer = await api.call('usergroups.users.list', { usergroup }, signal);
    if (!answer.ok) return { reason: answer.text };
    return { users: listAt(answer.data, 'users').filter((id) => typeof id === 'string') };
  }

  return {
    async profile(user, signal) {
      const known = profiles.get(user);
      if (known && clock.now() - known.at < FRESH_MS) return known.profile;
      const answer = await api.call('users.info', { user }, signal);
      if (!answer.ok) return known && clock.now() - known.at < STALE_MS ? known.profile : undefined;
      const found = at(answer.data, 'user');
      const yes = (key: string): boolean => at(found, key) === true;
      const profile: Profile = {
        team: textAt(found, 'team_id'),
        bot: yes('is_bot'),
        guest: yes('is_restricted') || yes('is_ultra_restricted'),
        stranger: yes('is_stranger'),
        deleted: yes('deleted'),
      };
      return keep(profiles, user, { profile, at: clock.now() }).profile;
    },
    members(usergroup, signal) {
      const known = groups.get(usergroup);
      if (known && Math.abs(clock.now() - known.at) < known.freshMs) return known.answer;
      const fresh: Group = { answer: askMembers(usergroup, signal), at: clock.now(), freshMs: GROUP_MS };
      keep(groups, usergroup, fresh);
      // What went wrong may be over soon; until then it isn't asked again and again.
      void fresh.answer.then((answer) => {
        if ('reason' in answer) fresh.freshMs = GROUP_FAILED_MS;
      });
      return fresh.answer;
    },
    async direct(user, signal) {
      const known = directs.get(user);
      if (known !== undefined) return known;
      const answer = await api.call('conversations.open', { users: user }, signal);
      const channel = answer.ok ? textAt(answer.data, 'channel', 'id') : undefined;
      return channel === undefined ? undefined : keep(directs, user, channel);
    },
  };
}

/** Why something heard is not taken; undefined where it is. */
export type Door = (heard: Heard) => Promise<Refusal | undefined>;

/** Asks `refusalOf` twice: with what the payload tells, and with what Slack knows of the person. */
export function createDoor(users: Users, place: Place, signal: AbortSignal): Door {
  return async (heard) => {
    const early = refusalOf(heard, place);
    const { user, channel } = heard;
    if (early || user === undefined || channel === undefined) return early ?? 'nobody';
    const isDirect = channel.startsWith('D');
    const [profile, ownDirect] = await Promise.all([
      users.profile(user, signal),
      isDirect ? users.direct(user, signal) : undefined,
    ]);
    if (!profile || (isDirect && ownDirect === undefined)) return 'unknown';
    return refusalOf(heard, place, { profile, ...(ownDirect === undefined ? {} : { ownDirect }) });
  };
}
