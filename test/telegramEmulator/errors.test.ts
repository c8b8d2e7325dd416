import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredMessage } from '../support/telegram/history.ts';
import { startTelegram, type TelegramEmulator } from '../support/telegram/telegram.ts';
import type { JsonObject } from '../support/telegram/wire.ts';
import type { Chat } from '../support/telegram/world.ts';
import { call, png, upload } from './call.ts';

let tg: TelegramEmulator;
beforeAll(async () => {
  tg = await startTelegram({ scale: 0, budgets: 'off' });
});
afterAll(() => tg.close());

/** Sends and gives the kept message. */
async function sent(chat: Chat, params: JsonObject = {}): Promise<StoredMessage> {
  const answer = await call(tg, 'sendMessage', { chat_id: chat.id, text: 'x', ...params });
  const message = tg.transcript(chat.id).find(({ id }) => id === answer.result?.['message_id']);
  if (message === undefined) throw new Error(answer.description);
  return message;
}

describe('chats that refuse', () => {
  it.each<[string, () => number | string, number, string]>([
    ['an unknown chat', () => -1, 400, 'Bad Request: chat not found'],
    ['no chat', () => '', 400, 'Bad Request: chat_id is empty'],
    ['an unknown name', () => '@nobody_there', 400, 'Bad Request: chat not found'],
    [
      'a person who never wrote',
      () => tg.person({ id: 31 }).id,
      403,
      "Forbidden: bot can't initiate conversation with a user",
    ],
    [
      'a person who blocked the bot',
      () => {
        tg.person({ id: 32, started: true });
        tg.admin.setBlocked(32, true);
        return 32;
      },
      403,
      'Forbidden: bot was blocked by the user',
    ],
    [
      'a deleted account',
      () => {
        tg.person({ id: 33, started: true });
        tg.admin.deactivate(33);
        return 33;
      },
      403,
      'Forbidden: user is deactivated',
    ],
    [
      'another bot',
      () => tg.person({ id: 34, isBot: true, started: true }).id,
      403,
      "Forbidden: the bot can't send messages to the bot",
    ],
    [
      'a group it was kicked from',
      () => {
        const chat = tg.group();
        tg.admin.kickBot(chat);
        return chat.id;
      },
      403,
      'Forbidden: bot was kicked from the group chat',
    ],
    [
      'a supergroup it was kicked from',
      () => {
        const chat = tg.supergroup();
        tg.admin.kickBot(chat);
        return chat.id;
      },
      403,
      'Forbidden: bot was kicked from the supergroup chat',
    ],
    [
      'a deleted group',
      () => {
        const chat = tg.group();
        tg.admin.deleteChat(chat);
        return chat.id;
      },
      403,
      'Forbidden: the group chat was deleted',
    ],
    [
      'a group where it may not write',
      () => {
        const chat = tg.supergroup();
        tg.admin.takeRight(chat, 'can_send_messages');
        return chat.id;
      },
      400,
      'Bad Request: not enough rights to send text messages to the chat',
    ],
    [
      'a channel where it is no administrator',
      () => tg.channel().id,
      400,
      'Bad Request: need administrator rights in the channel chat',
    ],
  ])('%s', async (_, chat, status, description) => {
    expect(await call(tg, 'sendMessage', { chat_id: chat(), text: 'x' })).toMatchObject({ status, description });
  });

  it('a group that was upgraded says where it went; the new one works', async () => {
    const old = tg.group();
    const message = await sent(old);
    const upgraded = tg.admin.migrate(old);
    const answer = await call(tg, 'sendMessage', { chat_id: old.id, text: 'x' });
    expect(answer).toMatchObject({ status: 400, parameters: { migrate_to_chat_id: upgraded.id } });
    expect(answer.description).toBe('Bad Request: group chat was upgraded to a supergroup chat');
    const edit = await call(tg, 'editMessageText', { chat_id: old.id, message_id: message.id, text: 'y' });
    expect(edit.parameters).toEqual({ migrate_to_chat_id: upgraded.id });
    expect((await call(tg, 'sendMessage', { chat_id: upgraded.id, text: 'x' })).ok).toBe(true);
  });

  it('a group the bot left', async () => {
    const chat = tg.supergroup();
    expect((await call(tg, 'leaveChat', { chat_id: chat.id })).ok).toBe(true);
    const answer = await call(tg, 'sendMessage', { chat_id: chat.id, text: 'x' });
    expect(answer.description).toBe('Forbidden: bot is not a member of the supergroup chat');
  });
});

describe('edits', () => {
  it('replace text and keyboard, keep what was, and lose the keyboard when none is sent', async () => {
    const chat = tg.supergroup();
    const keyboard = { inline_keyboard: [[{ text: 'Ack', callback_data: 'a' }]] };
    const message = await sent(chat, { text: 'one', reply_markup: keyboard });
    const place = { chat_id: chat.id, message_id: message.id };
    expect((await call(tg, 'editMessageText', { ...place, text: 'two', reply_markup: keyboard })).result).toMatchObject(
      {
        text: 'two',
        reply_markup: keyboard,
      },
    );
    await call(tg, 'editMessageText', { ...place, text: 'three' });
    expect(message.markup).toBeUndefined();
    expect(message.revisions.map(({ content }) => content.text)).toEqual(['one', 'two']);
    expect(tg.lines(chat.id)).toEqual([`#${message.id} bot: three (edited 2×)`]);
    expect(() => tg.user(1).press(message, 'Ack')).toThrow('no button "Ack"');
  });

  it('refuse what changes nothing, whatever way it is written', async () => {
    const chat = tg.supergroup();
    const message = await sent(chat, { text: '<b>a</b> b', parse_mode: 'HTML' });
    const text = '<strong>a</strong> b ';
    const answer = await call(tg, 'editMessageText', {
      chat_id: chat.id,
      message_id: message.id,
      text,
      parse_mode: 'HTML',
    });
    expect(answer.description).toMatch(/^Bad Request: message is not modified: specified new message content/);
  });

  it.each<[string, string, (chat: Chat) => Promise<JsonObject>, string]>([
    ['of nothing', 'editMessageText', async () => ({ message_id: 999, text: 'x' }), 'message to edit not found'],
    [
      "of a person's message",
      'editMessageText',
      async (chat) => ({ message_id: tg.user(1).send(chat.id, 'mine').id, text: 'x' }),
      "message can't be edited",
    ],
    [
      'of a forced reply',
      'editMessageText',
      async (chat) => ({ message_id: (await sent(chat, { reply_markup: { force_reply: true } })).id, text: 'y' }),
      "message can't be edited",
    ],
    [
      'with a forced reply',
      'editMessageText',
      async (chat) => ({ message_id: (await sent(chat)).id, text: 'y', reply_markup: { force_reply: true } }),
      'inline keyboard expected',
    ],
    [
      "of a photo's text",
      'editMessageText',
      async (chat) => {
        const photo = await upload(tg, 'sendPhoto', { chat_id: String(chat.id) }, { photo: png(1, 1) });
        return { message_id: Number(photo.result['message_id']), text: 'x' };
      },
      'there is no text in the message to edit',
    ],
    [
      "of a text's caption",
      'editMessageCaption',
      async (chat) => ({ message_id: (await sent(chat)).id, caption: 'x' }),
      'there is no caption in the message to edit',
    ],
    ['without a message', 'editMessageText', async () => ({ text: 'x' }), 'message to edit not found'],
  ])('%s', async (_, method, params, refusal) => {
    const chat = tg.supergroup();
    const answer = await call(tg, method, { chat_id: chat.id, ...(await params(chat)) });
    expect(answer.description).toBe(`Bad Request: ${refusal}`);
  });

  it('swap a picture', async () => {
    const chat = tg.supergroup();
    const first = await upload(tg, 'sendPhoto', { chat_id: String(chat.id), caption: 'a' }, { photo: png(1, 1) });
    const media = JSON.stringify({ type: 'photo', media: 'attach://p', caption: 'b' });
    const fields = { chat_id: String(chat.id), message_id: String(first.result['message_id']), media };
    const answer = await upload(tg, 'editMessageMedia', fields, { p: png(7, 8) });
    expect(answer.result).toMatchObject({ caption: 'b', photo: [{ width: 7, height: 8 }] });
  });
});

describe('deletions and pins', () => {
  it("own messages go, another's only with the right, old ones only with the right", async () => {
    const chat = tg.supergroup();
    const own = await sent(chat);
    const old = await sent(chat);
    const foreign = tg.user(1).send(chat.id, 'hi');
    const gone = async (id: number) =>
      (await call(tg, 'deleteMessage', { chat_id: chat.id, message_id: id })).description;
    expect(await gone(own.id)).toBeUndefined();
    expect(await gone(own.id)).toBe('Bad Request: message to delete not found');
    expect(await gone(foreign.id)).toBe("Bad Request: message can't be deleted");
    tg.advance(49 * 3_600_000);
    expect(await gone(old.id)).toBe("Bad Request: message can't be deleted for everyone");
    tg.admin.giveRight(chat, 'can_delete_messages');
    expect(await gone(old.id)).toBeUndefined();
    expect(await gone(foreign.id)).toBeUndefined();
  });

  it('pins need the right and a message', async () => {
    const chat = tg.supergroup();
    const message = await sent(chat);
    const pin = async (id: number) =>
      (await call(tg, 'pinChatMessage', { chat_id: chat.id, message_id: id })).description;
    expect(await pin(message.id)).toBe('Bad Request: not enough rights to manage pinned messages in the chat');
    tg.admin.giveRight(chat, 'can_pin_messages');
    expect(await pin(999)).toBe('Bad Request: message to pin not found');
    expect(await pin(message.id)).toBeUndefined();
    expect(chat.pinned.has(message.id)).toBe(true);
  });
});

describe('replies', () => {
  it('need their message unless told otherwise', async () => {
    const chat = tg.supergroup();
    const root = await sent(chat);
    const reply = async (reply_parameters: JsonObject) =>
      call(tg, 'sendMessage', { chat_id: chat.id, text: 'r', reply_parameters });
    expect((await reply({ message_id: root.id })).result['reply_to_message']).toMatchObject({ message_id: root.id });
    expect((await reply({ message_id: 999 })).description).toBe('Bad Request: message to be replied not found');
    expect((await reply({ message_id: 999, allow_sending_without_reply: true })).ok).toBe(true);
  });
});

describe('topics', () => {
  it('need a forum and the right', async () => {
    const plain = tg.supergroup({ botRights: ['can_manage_topics'] });
    const forum = tg.supergroup({ forum: true });
    const create = async (chat: Chat, name = 'INC-1') => call(tg, 'createForumTopic', { chat_id: chat.id, name });
    expect((await create(plain)).description).toBe('Bad Request: the chat is not a forum');
    expect((await create(forum)).description).toBe('Bad Request: not enough rights to create a topic');
    tg.admin.giveRight(forum, 'can_manage_topics');
    expect((await create(forum, ' ')).description).toBe('Bad Request: name must be non-empty');
    expect((await create(forum)).result).toMatchObject({ name: 'INC-1' });
  });

  it('take posts and their replies; not when closed (without the right), deleted or unknown', async () => {
    const forum = tg.supergroup({ forum: true, botRights: ['can_manage_topics'] });
    const topic = (await call(tg, 'createForumTopic', { chat_id: forum.id, name: 'INC-1' })).result;
    const thread = Number(topic['message_thread_id']);
    const into = async (message_thread_id: number) =>
      call(tg, 'sendMessage', { chat_id: forum.id, text: 'x', message_thread_id });
    const posted = await into(thread);
    expect(posted.result).toMatchObject({ message_thread_id: thread, is_topic_message: true });
    const reply_parameters = { message_id: Number(posted.result['message_id']) };
    const reply = await call(tg, 'sendMessage', { chat_id: forum.id, text: 'r', reply_parameters });
    expect(reply.result['message_thread_id']).toBe(thread);
    expect((await into(4711)).description).toBe('Bad Request: message thread not found');
    expect((await into(1)).description).toBe('Bad Request: message thread not found');

    await call(tg, 'closeForumTopic', { chat_id: forum.id, message_thread_id: thread });
    expect((await into(thread)).ok).toBe(true);
    const again = await call(tg, 'closeForumTopic', { chat_id: forum.id, message_thread_id: thread });
    expect(again.description).toBe('Bad Request: TOPIC_NOT_MODIFIED');
    tg.admin.takeRight(forum, 'can_manage_topics');
    expect((await into(thread)).description).toBe('Bad Request: TOPIC_CLOSED');
    tg.admin.deleteTopic(forum, thread);
    expect((await into(thread)).description).toBe('Bad Request: message thread not found');
  });
});

describe('members', () => {
  it('are told with their status and rights', async () => {
    tg.person({ id: 41, username: 'ana' });
    const chat = tg.supergroup({ members: [41], botRights: ['can_manage_topics'] });
    const member = async (user_id: number) => (await call(tg, 'getChatMember', { chat_id: chat.id, user_id })).result;
    expect(await member(41)).toMatchObject({ status: 'member', user: { username: 'ana' } });
    expect(await member(tg.bot.id)).toMatchObject({
      status: 'administrator',
      can_manage_topics: true,
      can_pin_messages: false,
    });
    expect(await member(tg.person({ id: 42 }).id)).toMatchObject({ status: 'left' });
    expect((await call(tg, 'getChatMember', { chat_id: chat.id, user_id: 4242 })).description).toBe(
      'Bad Request: member not found',
    );
    const admins = (await call(tg, 'getChatAdministrators', { chat_id: chat.id })).result as unknown as unknown[];
    expect(admins).toHaveLength(1);
    expect((await call(tg, 'getChat', { chat_id: chat.id })).result).toMatchObject({ id: chat.id, type: 'supergroup' });
  });
});

describe('callback queries', () => {
  it('can be answered once, in time, and only if they exist', async () => {
    const chat = tg.supergroup();
    const message = await sent(chat, { reply_markup: { inline_keyboard: [[{ text: 'Ack', callback_data: 'a' }]] } });
    const tooOld = 'Bad Request: query is too old and response timeout expired or query ID is invalid';
    const answer = async (id: string) => (await call(tg, 'answerCallbackQuery', { callback_query_id: id })).description;
    const press = tg.user(1).press(message, 'Ack');
    expect(await answer(press.id)).toBeUndefined();
    expect(await answer(press.id)).toBe(tooOld);
    expect(await answer('17')).toBe(tooOld);
    const late = tg.user(1).press(message, 'Ack');
    tg.advance(61_000);
    expect(await answer(late.id)).toBe(tooOld);
    expect(late.answer).toBeUndefined();
  });
});

describe('the account', () => {
  it('is refused with a revoked, unknown or malformed token', async () => {
    const own = await startTelegram({ scale: 0 });
    const old = own.token;
    const ask = async (token: string) => fetch(`${own.apiRoot}/bot${token}/getMe`).then((response) => response.status);
    expect(await ask(old)).toBe(200);
    own.admin.revokeToken();
    expect([await ask(old), await ask(own.token), await ask('1:x'), await ask('nonsense')]).toEqual([
      401, 200, 401, 404,
    ]);
    await own.close();
  });

  it('can be closed only ten minutes after the start, and is gone after logOut', async () => {
    const own = await startTelegram({ scale: 0 });
    expect(await call(own, 'close')).toMatchObject({ status: 429, parameters: { retry_after: 600 } });
    own.advance(600_000);
    expect((await call(own, 'close')).ok).toBe(true);
    expect((await call(own, 'logOut')).ok).toBe(true);
    expect(await call(own, 'getMe')).toMatchObject({ status: 400, description: 'Logged out' });
    await own.close();
  });

  it('answers under its prefix alone', async () => {
    const own = await startTelegram({ scale: 0, prefix: '/gateway/tg' });
    const root = own.apiRoot.replace('/gateway/tg/', '');
    expect((await fetch(`${own.apiRoot}bot${own.token}/getMe`)).status).toBe(200);
    expect((await fetch(`${root}/bot${own.token}/getMe`)).status).toBe(404);
    expect(own.violations).toHaveLength(1);
    await own.close();
  });
});
