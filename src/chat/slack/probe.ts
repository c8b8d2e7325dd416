import { DaytwoError } from '../../lib/errors.ts';
import { silentLog } from '../../lib/log.ts';
import { inertLine } from '../../lib/text.ts';
import { createApi } from './api.ts';
import { Budgets } from './budget.ts';
import { textAt } from './fields.ts';
import { sdkLogger } from './sdkLog.ts';

/** Where and as whom to ask. */
export interface SlackProbe {
  readonly botToken: string;
  readonly channel: string;
  readonly apiUrl?: string | undefined;
}

/** Asks Slack who the bot is and whether it sees its channel; writes nothing. @throws DaytwoError with what to do */
export async function probeSlack({ botToken, channel, apiUrl }: SlackProbe, signal: AbortSignal): Promise<string> {
  const api = createApi({
    botToken,
    apiUrl,
    budgets: new Budgets(Date.now),
    logger: sdkLogger(silentLog),
    heard: () => {},
  });
  const me = await api.call('auth.test', {}, signal);
  if (!me.ok) throw new DaytwoError('forbidden', me.text);
  const home = await api.call('conversations.info', { channel }, signal);
  if (!home.ok) throw new DaytwoError('not-found', home.text);
  return inertLine(
    `${textAt(me.data, 'user') ?? 'the bot'} in ${textAt(home.data, 'channel', 'name') ?? channel} of ${textAt(me.data, 'team') ?? 'its workspace'}`,
  );
}
