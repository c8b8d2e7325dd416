/** Which parameters a method takes, from https://core.telegram.org/bots/api#available-methods (Bot API 10.1). `!` = required. */

/** What a parameter's value must be. `object` and `list` may come as JSON text too; `file` is an upload, a file_id or attach://. */
export type ParameterType = 'int' | 'bool' | 'text' | 'chat' | 'object' | 'list' | 'file';

type Spec = Readonly<Record<string, ParameterType | `${ParameterType}!`>>;

const SEND = {
  business_connection_id: 'text',
  chat_id: 'chat!',
  message_thread_id: 'int',
  direct_messages_topic_id: 'int',
  disable_notification: 'bool',
  protect_content: 'bool',
  allow_paid_broadcast: 'bool',
  message_effect_id: 'text',
  suggested_post_parameters: 'object',
  reply_parameters: 'object',
  reply_markup: 'object',
} as const;
const CAPTION = {
  caption: 'text',
  parse_mode: 'text',
  caption_entities: 'list',
  show_caption_above_media: 'bool',
} as const;
const EDIT = {
  business_connection_id: 'text',
  chat_id: 'chat',
  message_id: 'int',
  inline_message_id: 'text',
  reply_markup: 'object',
} as const;
const TOPIC = { chat_id: 'chat!', message_thread_id: 'int!' } as const;
const MESSAGE = { chat_id: 'chat!', message_id: 'int!' } as const;
const COMMAND_SCOPE = { scope: 'object', language_code: 'text' } as const;

/** Methods that the emulator speaks, with their parameters. */
export const METHODS: Readonly<Record<string, Spec>> = {
  getMe: {},
  logOut: {},
  close: {},
  getUpdates: { offset: 'int', limit: 'int', timeout: 'int', allowed_updates: 'list' },
  setWebhook: {
    url: 'text!',
    certificate: 'file',
    ip_address: 'text',
    max_connections: 'int',
    allowed_updates: 'list',
    drop_pending_updates: 'bool',
    secret_token: 'text',
  },
  deleteWebhook: { drop_pending_updates: 'bool' },
  getWebhookInfo: {},
  sendMessage: { ...SEND, text: 'text!', parse_mode: 'text', entities: 'list', link_preview_options: 'object' },
  sendPhoto: { ...SEND, ...CAPTION, photo: 'file!', has_spoiler: 'bool' },
  sendDocument: {
    ...SEND,
    caption: 'text',
    parse_mode: 'text',
    caption_entities: 'list',
    document: 'file!',
    thumbnail: 'file',
    disable_content_type_detection: 'bool',
  },
  sendMediaGroup: {
    business_connection_id: 'text',
    chat_id: 'chat!',
    message_thread_id: 'int',
    direct_messages_topic_id: 'int',
    media: 'list!',
    disable_notification: 'bool',
    protect_content: 'bool',
    allow_paid_broadcast: 'bool',
    message_effect_id: 'text',
    reply_parameters: 'object',
  },
  sendChatAction: { business_connection_id: 'text', chat_id: 'chat!', message_thread_id: 'int', action: 'text!' },
  editMessageText: { ...EDIT, text: 'text!', parse_mode: 'text', entities: 'list', link_preview_options: 'object' },
  editMessageCaption: { ...EDIT, ...CAPTION },
  editMessageMedia: { ...EDIT, media: 'object!' },
  editMessageReplyMarkup: EDIT,
  deleteMessage: MESSAGE,
  deleteMessages: { chat_id: 'chat!', message_ids: 'list!' },
  pinChatMessage: { ...MESSAGE, business_connection_id: 'text', disable_notification: 'bool' },
  unpinChatMessage: { chat_id: 'chat!', message_id: 'int', business_connection_id: 'text' },
  answerCallbackQuery: {
    callback_query_id: 'text!',
    text: 'text',
    show_alert: 'bool',
    url: 'text',
    cache_time: 'int',
  },
  setMyCommands: { ...COMMAND_SCOPE, commands: 'list!' },
  getMyCommands: COMMAND_SCOPE,
  deleteMyCommands: COMMAND_SCOPE,
  getChat: { chat_id: 'chat!' },
  getChatMember: { chat_id: 'chat!', user_id: 'int!' },
  getChatMemberCount: { chat_id: 'chat!' },
  getChatAdministrators: { chat_id: 'chat!', return_bots: 'bool' },
  leaveChat: { chat_id: 'chat!' },
  createForumTopic: { chat_id: 'chat!', name: 'text!', icon_color: 'int', icon_custom_emoji_id: 'text' },
  editForumTopic: { ...TOPIC, name: 'text', icon_custom_emoji_id: 'text' },
  closeForumTopic: TOPIC,
  reopenForumTopic: TOPIC,
  deleteForumTopic: TOPIC,
  getFile: { file_id: 'text!' },
};

/** Parameters that the server still understands but the page no longer names. https://core.telegram.org/bots/api-changelog#december-29-2023 */
export const DEPRECATED: ReadonlySet<string> = new Set([
  'reply_to_message_id',
  'allow_sending_without_reply',
  'disable_web_page_preview',
  'thumb',
]);

/** Fields of the objects that parameters hold; anything else is ignored by the server. Same page. */
export const OBJECT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  reply_parameters: [
    'message_id',
    'chat_id',
    'allow_sending_without_reply',
    'quote',
    'quote_parse_mode',
    'quote_entities',
    'quote_position',
    'checklist_task_id',
    'poll_option_id',
  ],
  link_preview_options: ['is_disabled', 'url', 'prefer_small_media', 'prefer_large_media', 'show_above_text'],
  scope: ['type', 'chat_id', 'user_id'],
  reply_markup: [
    'inline_keyboard',
    'keyboard',
    'is_persistent',
    'resize_keyboard',
    'one_time_keyboard',
    'input_field_placeholder',
    'selective',
    'remove_keyboard',
    'force_reply',
  ],
  button: [
    'text',
    'icon_custom_emoji_id',
    'style',
    'url',
    'callback_data',
    'web_app',
    'login_url',
    'switch_inline_query',
    'switch_inline_query_current_chat',
    'switch_inline_query_chosen_chat',
    'copy_text',
    'callback_game',
    'pay',
  ],
};
