import { findMessage, type StoredMessage } from '../../world.ts';
import { channelOf, type Method, type MethodCall, need, wrong } from '../method.ts';
import { Refusal } from '../refusal.ts';

const WRITE = (): readonly string[] => ['reactions:write'];
const ARGS = { channel: 'string', timestamp: 'ts', name: 'string' } as const;

function reacted(call: MethodCall): { readonly message: StoredMessage; readonly name: string; readonly bot: string } {
  const channel = channelOf(call);
  if (channel.archived) throw new Refusal('is_archived');
  const message = findMessage(channel, need(call, 'timestamp'));
  if (!message) throw new Refusal('message_not_found');
  const name = need(call, 'name');
  if (!/^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/.test(name)) throw wrong(call, 'bad-argument', 'invalid_name', name);
  return { message, name, bot: call.world.seed.app.botUserId };
}

const add: Method = {
  args: ARGS,
  required: ['channel', 'timestamp', 'name'],
  tier: 't3',
  json: true,
  token: 'bot',
  scopes: WRITE,
  run: (call) => {
    const { message, name, bot } = reacted(call);
    const users = message.reactions.get(name) ?? new Set();
    if (users.has(bot)) throw new Refusal('already_reacted');
    message.reactions.set(name, users.add(bot));
    return {};
  },
};

const remove: Method = {
  args: ARGS,
  required: ['channel', 'timestamp', 'name'],
  tier: 't2',
  json: true,
  token: 'bot',
  scopes: WRITE,
  run: (call) => {
    const { message, name, bot } = reacted(call);
    const users = message.reactions.get(name);
    if (!users?.delete(bot)) throw new Refusal('no_reaction');
    if (users.size === 0) message.reactions.delete(name);
    return {};
  },
};

/** https://docs.slack.dev/reference/methods#reactions */
export const reactionMethods: Readonly<Record<string, Method>> = { 'reactions.add': add, 'reactions.remove': remove };
