import type { Person } from '../chat/people.ts';
import type { Conversation } from '../chat/port.ts';
import type { Config } from '../config/schema.ts';

/**
 * The conversations of two in which a person can be told: one a chat that is configured and knows them. In Slack it is named by the
 * member's id, and Slack opens it; in Telegram it has the user's number, and is there once they pressed Start.
 */
export function directOf({ chats }: Pick<Config, 'chats'>): (person: Person) => readonly Conversation[] {
  return ({ slack, telegram }) => [
    ...(chats.slack && slack !== undefined ? [{ chat: 'slack', id: slack } as const] : []),
    ...(chats.telegram && telegram !== undefined ? [{ chat: 'telegram', id: telegram } as const] : []),
  ];
}
