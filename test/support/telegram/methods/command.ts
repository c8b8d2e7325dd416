/** https://core.telegram.org/bots/api#setmycommands, #answercallbackquery, #getfile */
import { commandKey, type Method } from '../core.ts';
import { badRequest } from '../failure.ts';
import { CALLBACK_ANSWER_MAX_UNITS, COMMAND_DESCRIPTION_MAX, COMMAND_PATTERN, COMMANDS_MAX } from '../limits.ts';
import type { Params } from '../params.ts';
import { isArray, isObject, type Json, type JsonObject } from '../wire.ts';
import { accessChat, type World } from '../world.ts';

/** https://core.telegram.org/bots/api#botcommandscope */
const WIDE_SCOPES = ['default', 'all_private_chats', 'all_group_chats', 'all_chat_administrators'];
const CHAT_SCOPES = ['chat', 'chat_administrators', 'chat_member'];

function scope(world: World, params: Params): JsonObject | undefined {
  const unparsable = (why: string): Error => badRequest(`Can't parse BotCommandScope: ${why}`);
  const given = params.object('scope', 'BotCommandScope');
  if (given === undefined) return undefined;
  const { type, chat_id, user_id } = given;
  if (typeof type !== 'string') throw unparsable('Can\'t find field "type"');
  if (WIDE_SCOPES.includes(type)) return given;
  if (!CHAT_SCOPES.includes(type)) throw unparsable('Unsupported type specified');
  if (chat_id === undefined) throw unparsable('Can\'t find field "chat_id"');
  accessChat(world, String(chat_id), 'read');
  if (type === 'chat_member' && !(Number(user_id) > 0)) throw unparsable('Invalid user_id specified');
  return given;
}

function command(value: Json): JsonObject {
  if (!isObject(value)) throw badRequest("Can't parse BotCommand: expected an Object");
  const { command: name, description } = value;
  for (const [field, content] of Object.entries({ command: name, description })) {
    if (typeof content !== 'string') throw badRequest(`Can't parse BotCommand: Can't find field "${field}"`);
  }
  // A leading slash is taken off: https://github.com/tdlib/td (BotCommand.cpp)
  const bare = String(name).replace(/^\//, '');
  if (bare.length > 32) throw badRequest('Command length must not exceed 32');
  if (!COMMAND_PATTERN.test(bare)) throw badRequest('BOT_COMMAND_INVALID');
  const words = String(description).trim();
  if (words === '') throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
  if (words.length > COMMAND_DESCRIPTION_MAX) throw badRequest('Command description length must not exceed 256');
  return { command: bare, description: words };
}

const setMyCommands: Method = (core, params) => {
  const given = params.json('commands', 'commands') ?? [];
  if (!isArray(given)) throw badRequest('Expected an Array of BotCommand');
  const commands = given.map(command);
  if (commands.length > COMMANDS_MAX) throw badRequest('BOT_COMMANDS_TOO_MUCH');
  core.commands.set(commandKey(scope(core.world, params), params.text('language_code')), commands);
  return true;
};

const getMyCommands: Method = (core, params) => [
  ...(core.commands.get(commandKey(scope(core.world, params), params.text('language_code'))) ?? []),
];

const deleteMyCommands: Method = (core, params) => {
  core.commands.delete(commandKey(scope(core.world, params), params.text('language_code')));
  return true;
};

const answerCallbackQuery: Method = (core, params) => {
  const press = core.presses.get(params.text('callback_query_id'));
  const now = core.clock.now();
  if (press === undefined || press.answer !== undefined || press.at + core.callbackWindowMs < now) {
    throw badRequest('query is too old and response timeout expired or query ID is invalid');
  }
  const text = params.text('text');
  if (text.length > CALLBACK_ANSWER_MAX_UNITS) throw badRequest('MESSAGE_TOO_LONG');
  if (params.text('url') !== '') throw badRequest('URL_INVALID');
  press.answer = { at: now, text, alert: params.bool('show_alert') };
  return true;
};

const getFile: Method = ({ files }, params) => files.info(params.text('file_id'));

/** Methods of the menu, of presses and of files. */
export const commandMethods = { setMyCommands, getMyCommands, deleteMyCommands, answerCallbackQuery, getFile };
