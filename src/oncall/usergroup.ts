import type { OnCall } from './who.ts';

/** Who is in a user group of Slack's by member id, or why nobody can tell. */
export type Members = { readonly users: readonly string[] } | { readonly reason: string };

/** Asks Slack; never rejects. */
export type AskMembers = (usergroup: string) => Promise<Members>;

/**
 * Who is on call by a user group of Slack's: its members who are in `people`. Where Slack can't be asked, or none of them is known,
 * nobody is: that fails closed. Pure.
 */
export function onCallByGroup(
  usergroup: string,
  members: Members,
  people: readonly { readonly name: string; readonly slack?: string | undefined }[],
): OnCall {
  if ('reason' in members) {
    const reason = `Slack does not tell who is in the user group ${usergroup}: ${members.reason}`;
    return { is: 'unknown', reason };
  }
  const known = people.filter(({ slack }) => slack !== undefined && members.users.includes(slack));
  if (known.length > 0)
    return { is: 'known', people: known.map(({ name }) => name), until: undefined, source: 'user group' };
  const reason =
    members.users.length === 0
      ? `the Slack user group ${usergroup} is empty`
      : `nobody in the Slack user group ${usergroup} has their member id under people`;
  return { is: 'unknown', reason };
}
