/** https://core.telegram.org/bots/api#getchat and the methods of members and topics. */
import type { Core, Method } from '../core.ts';
import { memberObject } from '../emit.ts';
import { badRequest } from '../failure.ts';
import { TOPIC_COLOURS, TOPIC_NAME_MAX } from '../limits.ts';
import type { Params } from '../params.ts';
import type { JsonObject, TgUser } from '../wire.ts';
import { accessChat, botMay, type Chat, chatObject, type Topic } from '../world.ts';
import { post } from './target.ts';

/** The colour of a topic whose maker chose none. https://core.telegram.org/bots/api#createforumtopic */
const DEFAULT_TOPIC_COLOUR = 7322096;

const getChat: Method = ({ world, history }, params) => {
  const chat = accessChat(world, params.text('chat_id'), 'read');
  const pinned = history.find(chat.id, [...chat.pinned].at(-1) ?? 0);
  return {
    ...chatObject(world, chat),
    accent_color_id: 0,
    max_reaction_count: 11,
    accepted_gift_types: {
      unlimited_gifts: false,
      limited_gifts: false,
      unique_gifts: false,
      premium_subscription: false,
    },
    ...(chat.type === 'private' ? {} : { permissions: { can_send_messages: true } }),
    ...(pinned === undefined ? {} : { pinned_message: { message_id: pinned.id, date: Math.floor(pinned.at / 1000) } }),
  };
};

function account({ world }: Core, id: number): TgUser | undefined {
  return id === world.bot.id ? world.bot : world.people.get(id)?.user;
}

const getChatMember: Method = (core, params) => {
  const id = params.int('user_id');
  if (id <= 0) throw badRequest('Invalid user_id specified');
  const chat = accessChat(core.world, params.text('chat_id'), 'read');
  const user = account(core, id);
  if (user === undefined) throw badRequest('member not found');
  return memberObject(user, chat.members.get(id) ?? { status: 'left', rights: new Set() });
};

function present(chat: Chat): number[] {
  return [...chat.members].filter(([, { status }]) => !['left', 'kicked'].includes(status)).map(([id]) => id);
}

const getChatMemberCount: Method = ({ world }, params) =>
  present(accessChat(world, params.text('chat_id'), 'read')).length;

const getChatAdministrators: Method = (core, params) => {
  const chat = accessChat(core.world, params.text('chat_id'), 'read');
  if (chat.type === 'private') throw badRequest('there are no administrators in the private chat');
  return [...chat.members].flatMap(([id, member]) => {
    const user = account(core, id);
    if (user === undefined || !['creator', 'administrator'].includes(member.status)) return [];
    if (user.is_bot && id !== core.world.bot.id && !params.bool('return_bots')) return [];
    return [memberObject(user, member)];
  });
};

const leaveChat: Method = ({ world }, params) => {
  const chat = accessChat(world, params.text('chat_id'), 'read');
  if (chat.type === 'private') throw badRequest("Chat member status can't be changed in private chats");
  chat.members.set(world.bot.id, { status: 'left', rights: new Set() });
  return true;
};

function forum(core: Core, params: Params, what: string): Chat {
  const chat = accessChat(core.world, params.text('chat_id'), 'write');
  if (!chat.forum) throw badRequest('The chat is not a forum');
  if (!botMay(core.world, chat, 'can_manage_topics')) throw badRequest(`Not enough rights to ${what}`);
  return chat;
}

function topicOf(chat: Chat, params: Params): Topic {
  const topic = chat.topics.get(params.int('message_thread_id'));
  if (topic === undefined || topic.deleted) throw badRequest('TOPIC_ID_INVALID');
  return topic;
}

/** A topic's name, cut as the server cuts it; that is reported, since the page promises 128 characters. */
function topicName(params: Params): string {
  const name = params.text('name').trim();
  if ([...name].length > TOPIC_NAME_MAX) params.report('over-limit', `a topic name of ${[...name].length} characters`);
  return [...name].slice(0, TOPIC_NAME_MAX).join('');
}

/** A service message of the bot; it costs like a post. */
function notice(core: Core, chat: Chat, method: string, service: JsonObject, threadId?: number): JsonObject {
  core.budgets.charge(chat, method);
  const to = { chat, markup: undefined, silent: false, ...(threadId === undefined ? {} : { threadId }) };
  return post(core, to, { text: '', entities: [] }, { service });
}

const createForumTopic: Method = (core, params) => {
  const chat = forum(core, params, 'create a topic');
  const name = topicName(params);
  if (name === '') throw badRequest('Name must be non-empty');
  const colour = params.int('icon_color', DEFAULT_TOPIC_COLOUR);
  if (!TOPIC_COLOURS.includes(colour)) throw badRequest('Invalid icon color specified');
  const created = notice(core, chat, 'createForumTopic', { forum_topic_created: { name, icon_color: colour } });
  const id = Number(created['message_id']);
  chat.topics.set(id, { id, name, iconColor: colour, closed: false, deleted: false });
  return { message_thread_id: id, name, icon_color: colour };
};

const editForumTopic: Method = (core, params) => {
  const chat = forum(core, params, 'edit the topic');
  const topic = topicOf(chat, params);
  const name = topicName(params);
  if (name === '') return true;
  if (name === topic.name) throw badRequest('TOPIC_NOT_MODIFIED');
  notice(core, chat, 'editForumTopic', { forum_topic_edited: { name } }, topic.id);
  topic.name = name;
  return true;
};

function toggle(method: string, closed: boolean): Method {
  return (core, params) => {
    const chat = forum(core, params, 'close or open the topic');
    const topic = topicOf(chat, params);
    if (topic.closed === closed) throw badRequest('TOPIC_NOT_MODIFIED');
    notice(core, chat, method, { [closed ? 'forum_topic_closed' : 'forum_topic_reopened']: {} }, topic.id);
    topic.closed = closed;
    return true;
  };
}

const deleteForumTopic: Method = (core, params) => {
  const chat = forum(core, params, 'delete the topic');
  const topic = topicOf(chat, params);
  topic.deleted = true;
  for (const message of core.history.of(chat.id)) {
    if (message.threadId === topic.id) message.deletedAt ??= core.clock.now();
  }
  return true;
};

/** Methods of chats, members and topics. */
export const chatMethods = {
  getChat,
  getChatMember,
  getChatMemberCount,
  getChatAdministrators,
  leaveChat,
  createForumTopic,
  editForumTopic,
  closeForumTopic: toggle('closeForumTopic', true),
  reopenForumTopic: toggle('reopenForumTopic', false),
  deleteForumTopic,
};
