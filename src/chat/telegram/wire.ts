/** The Bot API's objects as far as this chat reads them. Everything may be missing: it came over the wire. https://core.telegram.org/bots/api */

/** https://core.telegram.org/bots/api#user */
export interface TgUser {
  readonly id: number;
  readonly is_bot?: boolean;
  readonly first_name?: string;
  readonly username?: string;
  readonly can_read_all_group_messages?: boolean;
}

/** https://core.telegram.org/bots/api#chat */
export interface TgChat {
  readonly id: number;
  readonly type: string;
  readonly title?: string;
  readonly username?: string;
  readonly is_forum?: boolean;
}

/** https://core.telegram.org/bots/api#message */
export interface TgMessage {
  readonly message_id: number;
  readonly message_thread_id?: number;
  readonly is_topic_message?: boolean;
  readonly from?: TgUser;
  readonly sender_chat?: TgChat;
  readonly sender_business_bot?: TgUser;
  readonly via_bot?: TgUser;
  readonly chat: TgChat;
  readonly forward_origin?: object;
  readonly forward_date?: number;
  readonly is_automatic_forward?: boolean;
  readonly edit_date?: number;
  readonly reply_to_message?: { readonly message_id: number };
  readonly text?: string;
  readonly migrate_to_chat_id?: number;
  readonly migrate_from_chat_id?: number;
}

/** https://core.telegram.org/bots/api#callbackquery */
export interface TgPress {
  readonly id: string;
  readonly from: TgUser;
  readonly message?: Pick<TgMessage, 'message_id' | 'chat' | 'message_thread_id' | 'is_topic_message'>;
  readonly data?: string;
}

/** https://core.telegram.org/bots/api#chatmember */
export interface TgMember {
  readonly status: string;
  readonly can_send_messages?: boolean;
  readonly can_manage_topics?: boolean;
  readonly can_post_messages?: boolean;
}

/** https://core.telegram.org/bots/api#update */
export interface TgUpdate {
  readonly update_id: number;
  readonly message?: TgMessage;
  readonly edited_message?: TgMessage;
  readonly channel_post?: TgMessage;
  readonly edited_channel_post?: TgMessage;
  readonly callback_query?: TgPress;
  readonly my_chat_member?: { readonly chat: TgChat; readonly new_chat_member: TgMember };
}

/** Whether a JSON value can be an update at all. */
export function isUpdate(value: unknown): value is TgUpdate {
  if (typeof value !== 'object' || value === null || !('update_id' in value)) return false;
  return Number.isSafeInteger(value.update_id);
}
