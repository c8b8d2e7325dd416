import { HISTORY_LIMIT, REPLIES_LIMIT } from '../../limits.ts';
import { shown } from '../../messages.ts';
import type { Obj } from '../../value.ts';
import { directMessage, type StoredChannel, type StoredMessage, type World } from '../../world.ts';
import { channelOf, type Method, type MethodCall, need, scopeFor, str, wrong, yes } from '../method.ts';
import { Refusal } from '../refusal.ts';

/** https://docs.slack.dev/reference/objects/conversation-object */
function channelObject(world: World, channel: StoredChannel): Obj {
  const im = channel.kind === 'im';
  return {
    id: channel.id,
    ...(im ? { user: channel.with } : { name: channel.name, name_normalized: channel.name }),
    is_channel: channel.kind === 'public',
    is_group: false,
    is_im: im,
    is_mpim: false,
    is_private: channel.kind !== 'public',
    is_archived: channel.archived,
    is_general: false,
    is_shared: false,
    is_ext_shared: [...channel.members].some((id) => world.users.get(id)?.kind === 'stranger'),
    is_member: channel.members.has(world.seed.app.botUserId),
    context_team_id: world.seed.teamId,
  };
}

const info: Method = {
  args: { channel: 'string', include_locale: 'boolean', include_num_members: 'boolean' },
  required: ['channel'],
  tier: 't3',
  json: false,
  token: 'bot',
  scopes: (call) => scopeFor(call, 'read'),
  run: (call) => {
    const channel = channelOf(call);
    const count = yes(call, 'include_num_members') ? { num_members: channel.members.size } : {};
    return { channel: { ...channelObject(call.world, channel), ...count } };
  },
};

/** Cursor pagination by offset. https://docs.slack.dev/apis/web-api/pagination */
function page<T>(
  call: MethodCall,
  items: readonly T[],
  max: number,
): { readonly items: readonly T[]; readonly next: string } {
  const cursor = str(call, 'cursor') ?? '';
  const offset = cursor === '' ? 0 : Number(Buffer.from(cursor, 'base64').toString('utf8').replace('at:', ''));
  if (!Number.isInteger(offset)) throw new Refusal('invalid_cursor');
  const limit = Number(call.args['limit'] ?? Math.min(100, max));
  if (limit < 1 || limit > max) throw wrong(call, 'bad-argument', 'invalid_limit', `limit ${limit}, at most ${max}`);
  const end = offset + limit;
  return {
    items: items.slice(offset, end),
    next: end < items.length ? Buffer.from(`at:${end}`).toString('base64') : '',
  };
}

function within(call: MethodCall, message: StoredMessage): boolean {
  const ts = Number(message.ts);
  const oldest = Number(str(call, 'oldest') ?? 0);
  const latest = str(call, 'latest');
  const inclusive = yes(call, 'inclusive');
  const newer = inclusive ? ts >= oldest : ts > oldest;
  const older = latest === undefined || (inclusive ? ts <= Number(latest) : ts < Number(latest));
  return newer && older;
}

function readable(call: MethodCall): StoredChannel {
  const channel = channelOf(call);
  if (!channel.members.has(call.world.seed.app.botUserId)) throw new Refusal('not_in_channel');
  return channel;
}

const RANGE = {
  channel: 'string',
  cursor: 'string',
  include_all_metadata: 'boolean',
  inclusive: 'boolean',
  latest: 'ts',
  oldest: 'ts',
  limit: 'integer',
} as const;

function listed(call: MethodCall, messages: readonly StoredMessage[], max: number): Obj {
  const { items, next } = page(call, messages, max);
  return {
    messages: items.map((message) => shown(call.world, message, yes(call, 'include_all_metadata'))),
    has_more: next !== '',
    ...(next === '' ? {} : { response_metadata: { next_cursor: next } }),
  };
}

const history: Method = {
  args: RANGE,
  required: ['channel'],
  tier: 't3',
  json: true,
  token: 'bot',
  scopes: (call) => scopeFor(call, 'history'),
  run: (call) => {
    const visible = readable(call).messages.filter(
      (m) => !m.deleted && m.ephemeralFor === undefined && (m.threadTs === undefined || m.broadcast) && within(call, m),
    );
    return { ...listed(call, visible.toReversed(), HISTORY_LIMIT), pin_count: 0 };
  },
};

const replies: Method = {
  args: { ...RANGE, ts: 'ts' },
  required: ['channel', 'ts'],
  tier: 't3',
  json: false,
  token: 'bot',
  scopes: (call) => scopeFor(call, 'history'),
  run: (call) => {
    const there = readable(call).messages.filter((m) => !m.deleted && m.ephemeralFor === undefined);
    const asked = there.find((m) => m.ts === need(call, 'ts'));
    if (!asked) throw new Refusal('thread_not_found');
    const root = asked.threadTs ?? asked.ts;
    const thread = there.filter((m) => m.ts === root || (m.threadTs === root && within(call, m)));
    return listed(call, thread, REPLIES_LIMIT);
  },
};

const open: Method = {
  args: { channel: 'string', users: 'string', return_im: 'boolean', prevent_creation: 'boolean' },
  required: [],
  tier: 't3',
  json: true,
  token: 'bot',
  scopes: () => ['im:write'],
  run: (call) => {
    const { world } = call;
    const users = (str(call, 'users') ?? '').split(',').filter((id) => id !== '');
    if (str(call, 'channel') !== undefined) return { channel: { id: channelOf(call).id } };
    if (users.length === 0) throw new Refusal('users_list_not_supplied');
    if (users.length > 1)
      throw wrong(
        call,
        'bad-argument',
        'invalid_user_combination',
        'only direct messages with one person are emulated',
      );
    const user = world.users.get(users[0] ?? '');
    if (!user) throw new Refusal('user_not_found');
    if (user.deleted === true) throw new Refusal('user_disabled');
    const before = world.channels.size;
    const channel = directMessage(world, user.id);
    const known = before === world.channels.size;
    const full = yes(call, 'return_im') ? channelObject(world, channel) : { id: channel.id };
    return { ...(known ? { no_op: true, already_open: true } : {}), channel: full };
  },
};

const members: Method = {
  args: { channel: 'string', cursor: 'string', limit: 'integer' },
  required: ['channel'],
  tier: 't4',
  json: false,
  token: 'bot',
  scopes: (call) => scopeFor(call, 'read'),
  run: (call) => {
    const { items, next } = page(call, [...channelOf(call).members], REPLIES_LIMIT);
    return { members: items, response_metadata: { next_cursor: next } };
  },
};

/** https://docs.slack.dev/reference/methods#conversations */
export const conversationMethods: Readonly<Record<string, Method>> = {
  'conversations.info': info,
  'conversations.history': history,
  'conversations.replies': replies,
  'conversations.open': open,
  'conversations.members': members,
};
