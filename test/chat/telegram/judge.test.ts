import { describe, expect, it } from 'vitest';
import { type JudgeContext, judge } from '../../../src/chat/telegram/judge.ts';
import type { TgMessage, TgUpdate } from '../../../src/chat/telegram/wire.ts';

const HOME = '-100123';
const context: JudgeContext = {
  home: { chat: 'telegram', id: HOME },
  homeIds: new Set([HOME, '-100999', '@our_group']),
  bot: { id: 7, username: 'daytwo_bot' },
  commands: ['help', 'status', 'drain', 'silence'],
};
const ana = { id: 1001, is_bot: false };
const group = { id: Number(HOME), type: 'supergroup' };
const privately = { id: 1001, type: 'private' };

const message = (fields: Partial<TgMessage> = {}): TgUpdate => ({
  update_id: 5,
  message: { message_id: 9, from: ana, chat: group, text: '/status', ...fields },
});
const words = (text: string, fields: Partial<TgMessage> = {}): string | undefined => {
  const judged = judge(message({ text, ...fields }), context);
  return judged.is === 'event' && judged.event.what.kind === 'command' ? judged.event.what.text : undefined;
};

describe('judge refuses', () => {
  const bot = { id: 5, is_bot: true };
  const channel = { id: -100777, type: 'channel' };
  it.each<[string, TgUpdate, string]>([
    ['another group', message({ chat: { id: -100555, type: 'supergroup' } }), 'other-chat'],
    [
      'a group of that name that is not ours',
      message({ chat: { id: -1, type: 'group', username: 'our_group2' } }),
      'other-chat',
    ],
    ['a channel post', { update_id: 1, channel_post: { message_id: 1, chat: channel } }, 'channel-post'],
    ['an edited channel post', { update_id: 1, edited_channel_post: { message_id: 1, chat: channel } }, 'channel-post'],
    ['a message in a channel', message({ chat: { id: Number(HOME), type: 'channel' } }), 'channel-post'],
    [
      'an edited message',
      { update_id: 1, edited_message: { message_id: 1, chat: group, from: ana, text: '/ack' } },
      'edited',
    ],
    ['a message that says it was edited', message({ edit_date: 1 }), 'edited'],
    ['a forwarded message', message({ forward_origin: { type: 'user' } }), 'forwarded'],
    ['a forwarded message of old', message({ forward_date: 1 }), 'forwarded'],
    ['what a linked channel forwards', message({ is_automatic_forward: true }), 'forwarded'],
    ['a bot', message({ from: bot }), 'bot'],
    ['nobody', { update_id: 1, message: { message_id: 1, chat: group, text: '/status' } }, 'bot'],
    ['an anonymous administrator', message({ from: bot, sender_chat: group }), 'anonymous'],
    ['a channel of a member', message({ from: ana, sender_chat: channel }), 'anonymous'],
    ['what another bot made', message({ via_bot: bot }), 'via-bot'],
    ['what a business bot sent', message({ sender_business_bot: bot }), 'via-bot'],
    ['talk among people', message({ text: 'did you drain worker-1?' }), 'not-for-the-bot'],
    ['a mention in passing', message({ text: 'ask @daytwo_bot status' }), 'not-for-the-bot'],
    ['a command to another bot', message({ text: '/status@weather_bot' }), 'not-for-the-bot'],
    ['a command that only others have', message({ text: '/weather madrid' }), 'not-for-the-bot'],
    ['a path', message({ text: '/etc/passwd' }), 'not-for-the-bot'],
    ['a sticker', { update_id: 1, message: { message_id: 1, chat: group, from: ana } }, 'not-for-the-bot'],
    ['a press without its message', { update_id: 1, callback_query: { id: 'q', from: ana, data: 'x' } }, 'no-message'],
    [
      'a press with too much',
      {
        update_id: 1,
        callback_query: { id: 'q', from: ana, data: 'x'.repeat(65), message: { message_id: 1, chat: group } },
      },
      'no-message',
    ],
    [
      'a press elsewhere',
      {
        update_id: 1,
        callback_query: { id: 'q', from: ana, data: 'x', message: { message_id: 1, chat: { id: -5, type: 'group' } } },
      },
      'other-chat',
    ],
    [
      'a press by a bot',
      { update_id: 1, callback_query: { id: 'q', from: bot, data: 'x', message: { message_id: 1, chat: group } } },
      'bot',
    ],
    [
      'its own place in another group',
      { update_id: 1, my_chat_member: { chat: { id: -5, type: 'group' }, new_chat_member: { status: 'member' } } },
      'other-chat',
    ],
    ['an update of another kind', { update_id: 1 }, 'not-for-the-bot'],
    ['a shape that breaks the vendor’s promise', { update_id: 1, message: { text: '/ack' } as never }, 'unreadable'],
  ])('%s', (_, update, why) => {
    expect(judge(update, context)).toEqual({ is: 'refused', why });
  });
});

describe('judge takes', () => {
  it.each<[string, string, Partial<TgMessage>, string]>([
    ['a command', '/drain worker-1', {}, 'drain worker-1'],
    ['a command to this bot', '/drain@daytwo_bot worker-1', {}, 'drain worker-1'],
    ['any spelling of the name', '/Drain@DayTwo_Bot  worker-1 ', {}, 'drain worker-1'],
    ['a slip', '/drian worker-1', {}, 'drian worker-1'],
    ['any word that names the bot', '/weather@daytwo_bot', {}, 'weather'],
    ['a mention', '@daytwo_bot drain worker-1', {}, 'drain worker-1'],
    ['a mention with a colon and a slash', '@daytwo_bot: /drain worker-1', {}, 'drain worker-1'],
    ['a bare mention', '@daytwo_bot', {}, ''],
    ['several lines', '/silence 2h\nnoise', {}, 'silence 2h\nnoise'],
    ['plain words in private', 'drain worker-1', { chat: privately }, 'drain worker-1'],
    ['an unknown command in private', '/weather', { chat: privately }, 'weather'],
    ['start in private', '/start abc', { chat: privately }, 'help'],
    [
      'the group by its name',
      '/status',
      { chat: { id: -100456, type: 'supergroup', username: 'Our_Group' } },
      'status',
    ],
  ])('%s', (_, text, fields, expected) => {
    expect(words(text, fields)).toBe(expected);
  });

  it('who, where and in answer to what', () => {
    const replied = message({
      text: '/status',
      chat: { id: -100999, type: 'supergroup' },
      reply_to_message: { message_id: 4 },
      message_thread_id: 3,
      is_topic_message: true,
    });
    expect(judge(replied, context)).toMatchObject({
      is: 'event',
      event: {
        id: '5',
        identity: { chat: 'telegram', id: '1001' },
        conversation: context.home,
        isPrivate: false,
        replyTo: '-100999:9:t3',
      },
      hints: ['-100999:4', '-100999:t3'],
    });
    expect(judge(message({ chat: privately }), context)).toMatchObject({
      event: { conversation: { chat: 'telegram', id: '1001' }, isPrivate: true },
    });
  });

  it('a press with its token', () => {
    const press = { id: 'q', from: ana, data: 'tok', message: { message_id: 12, chat: group } };
    expect(judge({ update_id: 6, callback_query: press }, context)).toMatchObject({
      is: 'event',
      event: { id: '6', what: { kind: 'button', token: 'tok' }, replyTo: `${HOME}:12` },
      hints: [`${HOME}:12`],
    });
  });

  it.each<[string, TgUpdate, object]>([
    ['the group’s move', message({ migrate_to_chat_id: -100888 }), { is: 'migrated', to: '-100888' }],
    [
      'the new group’s word of it',
      message({ chat: { id: -100888, type: 'supergroup' }, migrate_from_chat_id: Number(HOME) }),
      { is: 'migrated', to: '-100888' },
    ],
    [
      'its own place',
      { update_id: 1, my_chat_member: { chat: group, new_chat_member: { status: 'kicked' } } },
      { is: 'member' },
    ],
  ])('%s', (_, update, expected) => {
    expect(judge(update, context)).toEqual(expected);
  });
});
