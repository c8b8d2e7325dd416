import type { Heard } from './heard.ts';

/** What Slack knows of a user. https://docs.slack.dev/reference/objects/user-object */
export interface Profile {
  readonly team: string | undefined;
  readonly bot: boolean;
  readonly guest: boolean;
  /** Somebody of another workspace, in a shared channel. */
  readonly stranger: boolean;
  readonly deleted: boolean;
}

/** Where the bot works. */
export interface Place {
  readonly team: string;
  readonly bot: string;
  /** The channel of the incidents. */
  readonly home: string;
}

/** Why something is not taken. */
export type Refusal =
  | 'nobody'
  | 'other-workspace'
  | 'program'
  | 'edited'
  | 'other-channel'
  | 'guest'
  | 'deleted'
  /** Slack could not be asked who it is. */
  | 'unknown';

/**
 * The one place where Slack's events are refused, before anything of them is stored. First what the payload alone tells (`profile`
 * undefined), then what the profile adds; `ownDirect` is the direct conversation of this user with the bot, once it is known. Pure.
 */
export function refusalOf(
  heard: Heard,
  place: Place,
  known: { readonly profile?: Profile; readonly ownDirect?: string } = {},
): Refusal | undefined {
  const { user, channel, team, userTeam } = heard;
  if (user === undefined || channel === undefined) return 'nobody';
  if (heard.bot || user === place.bot || user === 'USLACKBOT') return 'program';
  if (team !== place.team || (userTeam !== undefined && userTeam !== place.team)) return 'other-workspace';
  if (heard.edited) return 'edited';
  if (channel !== place.home && !channel.startsWith('D')) return 'other-channel';
  // A slash command works in a conversation between two people too, where the bot is not.
  if (channel.startsWith('D') && known.ownDirect !== undefined && channel !== known.ownDirect) return 'other-channel';
  const { profile } = known;
  if (!profile) return undefined;
  if (profile.stranger || (profile.team !== undefined && profile.team !== place.team)) return 'other-workspace';
  if (profile.bot) return 'program';
  if (profile.deleted) return 'deleted';
  return profile.guest ? 'guest' : undefined;
}

/** What the one who is refused is told; nothing to programs, to other workspaces and for edits. No data in any of it. */
export const REFUSALS: Readonly<Record<Refusal, string | undefined>> = {
  nobody: undefined,
  program: undefined,
  'other-workspace': undefined,
  edited: undefined,
  deleted: undefined,
  'other-channel': 'I work in my own channel and in direct messages with me; nothing was done.',
  guest: 'Guests of the workspace can’t use me; nothing was done.',
  unknown: 'Slack did not tell me in time who you are, so nothing was done. Please try again.',
};
