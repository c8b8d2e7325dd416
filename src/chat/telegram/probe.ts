import { DaytwoError } from '../../lib/errors.ts';
import { type Api, createApi } from './api.ts';
import type { ApiFailure } from './failure.ts';
import { HOME_REASONS, troubleOf } from './reasons.ts';
import type { TgChat, TgUser } from './wire.ts';

/** Where and as whom to ask. */
export interface TelegramProbe {
  readonly botToken: string;
  readonly chatId: string;
  readonly apiRoot?: string | undefined;
}

function fault(failure: ApiFailure, chatId: string): DaytwoError {
  const reason = troubleOf(failure)?.reason ?? HOME_REASONS.gone(chatId, failure.text);
  return new DaytwoError(failure.is === 'unauthorized' ? 'forbidden' : 'unreachable', reason);
}

async function asked<T>(
  api: Api,
  method: string,
  payload: Readonly<Record<string, unknown>>,
  chatId: string,
  signal: AbortSignal,
): Promise<T> {
  const answer = await api.call<T>(method, payload, signal);
  if (!answer.ok) throw fault(answer, chatId);
  return answer.result;
}

/** Asks Telegram who the bot is and whether it sees its group; writes nothing. @throws DaytwoError with what to do */
export async function probeTelegram(
  { botToken, chatId, apiRoot }: TelegramProbe,
  signal: AbortSignal,
): Promise<string> {
  const api = createApi({ botToken, apiRoot, take: async () => {} });
  const me = await asked<TgUser>(api, 'getMe', {}, chatId, signal);
  const chat = await asked<TgChat>(api, 'getChat', { chat_id: chatId }, chatId, signal);
  return `@${me.username ?? me.id} in ${chat.title ?? chatId}`;
}
