import type { Obj } from '../../value.ts';
import type { SlackUsergroupSeed, SlackUserSeed } from '../../workspace.ts';
import type { World } from '../../world.ts';
import { type Method, need, yes } from '../method.ts';
import { Refusal } from '../refusal.ts';

/** https://docs.slack.dev/reference/objects/user-object */
function userObject(world: World, user: SlackUserSeed): Obj {
  const kind = user.kind ?? 'member';
  return {
    id: user.id,
    team_id: user.teamId ?? world.seed.teamId,
    name: user.name,
    real_name: user.name,
    deleted: user.deleted === true,
    tz: user.tz ?? 'Europe/Madrid',
    profile: { real_name: user.name, display_name: user.name, team: user.teamId ?? world.seed.teamId },
    is_admin: user.isAdmin === true,
    is_owner: false,
    is_restricted: kind === 'guest' || kind === 'single-channel-guest',
    is_ultra_restricted: kind === 'single-channel-guest',
    is_stranger: kind === 'stranger',
    is_bot: kind === 'bot',
    is_app_user: false,
    updated: Math.floor(world.time.now() / 1_000),
  };
}

const READ = (): readonly string[] => ['users:read'];
const GROUPS = (): readonly string[] => ['usergroups:read'];

const info: Method = {
  args: { user: 'string', include_locale: 'boolean' },
  required: ['user'],
  tier: 't4',
  json: false,
  token: 'bot',
  scopes: READ,
  run: (call) => {
    const user = call.world.users.get(need(call, 'user'));
    if (!user) throw new Refusal('user_not_found');
    return { user: userObject(call.world, user) };
  },
};

const list: Method = {
  args: { cursor: 'string', limit: 'integer', include_locale: 'boolean' },
  required: [],
  tier: 't2',
  json: false,
  token: 'bot',
  scopes: READ,
  run: ({ world }) => ({
    members: [...world.users.values()]
      .filter((user) => user.kind !== 'stranger')
      .map((user) => userObject(world, user)),
    cache_ts: Math.floor(world.time.now() / 1_000),
    response_metadata: { next_cursor: '' },
  }),
};

function groupObject(world: World, group: SlackUsergroupSeed, withUsers: boolean): Obj {
  return {
    id: group.id,
    team_id: world.seed.teamId,
    is_usergroup: true,
    handle: group.handle,
    name: group.name,
    date_delete: 0,
    user_count: String(group.users.length),
    ...(withUsers ? { users: [...group.users] } : {}),
  };
}

const groups: Method = {
  args: { include_count: 'boolean', include_disabled: 'boolean', include_users: 'boolean' },
  required: [],
  tier: 't2',
  json: false,
  token: 'bot',
  scopes: GROUPS,
  run: (call) => ({
    usergroups: [...call.world.usergroups.values()].map((group) =>
      groupObject(call.world, group, yes(call, 'include_users')),
    ),
  }),
};

const groupUsers: Method = {
  args: { usergroup: 'string', include_disabled: 'boolean' },
  required: ['usergroup'],
  tier: 't2',
  json: false,
  token: 'bot',
  scopes: GROUPS,
  run: (call) => {
    const group = call.world.usergroups.get(need(call, 'usergroup'));
    if (!group) throw new Refusal('no_such_subteam');
    return { users: [...group.users] };
  },
};

/** https://docs.slack.dev/reference/methods#users and #usergroups */
export const userMethods: Readonly<Record<string, Method>> = {
  'users.info': info,
  'users.list': list,
  'usergroups.list': groups,
  'usergroups.users.list': groupUsers,
};
