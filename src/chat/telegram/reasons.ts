/** What is wrong with the chat, and what to do about it: for /readyz, the log and the other chats. */
import type { ApiFailure } from './failure.ts';
import type { Trouble } from './standing.ts';

/** Sentences about a group that can't be used. */
export const HOME_REASONS: Readonly<{
  gone: (home: string, text: string) => string;
  out: (home: string) => string;
  mute: (home: string) => string;
  channel: (home: string) => string;
}> = {
  gone: (home: string, text: string): string =>
    /kicked|not a member/i.test(text)
      ? HOME_REASONS.out(home)
      : `Telegram chat ${home} can't be reached (${text}): add the bot to the group, and check chats.telegram.chatId`,
  out: (home: string): string => `the bot was removed from Telegram chat ${home}: add it to the group again`,
  mute: (home: string): string =>
    `the bot may not write in Telegram chat ${home}: allow it to send messages, or make it an administrator`,
  channel: (home: string): string =>
    `Telegram chat ${home} is a channel, where nobody can answer the bot: use a group for chats.telegram.chatId`,
};

/** Which trouble a failed call tells of, with its sentence; undefined where it tells of none. Pure. */
export function troubleOf({
  is,
  text,
}: ApiFailure): { readonly trouble: Trouble; readonly reason: string } | undefined {
  switch (is) {
    case 'unauthorized':
      return {
        trouble: 'token',
        reason: `Telegram doesn't know the bot's token (${text}): take it from @BotFather, put it into chats.telegram.botToken, and restart`,
      };
    case 'not-arrived':
    case 'ambiguous':
      return {
        trouble: 'network',
        reason: `Telegram doesn't answer (${text}): check this machine's way out to api.telegram.org, or chats.telegram.apiRoot`,
      };
    case 'conflict':
      return {
        trouble: 'conflict',
        reason: `another process fetches this bot's updates (${text}): stop it, or give each its own bot`,
      };
    default:
      return undefined;
  }
}

/** The sentence about updates that can't be had as the mode says. Pure. */
export function webhookReason(url: string, text: string): string {
  if (url === '') return `Telegram refused to set how updates come (${text})`;
  return `Telegram can't post updates to ${url} (${text}): server.publicUrl must be https on port 443, 80, 88 or 8443 and reach this bot`;
}
