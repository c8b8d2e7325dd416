import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Identity } from '../port.ts';
import { type Place, refusalOf } from './admission.ts';
import type { Api } from './api.ts';
import { modalOf } from './asking.ts';
import type { Heard } from './heard.ts';
import type { Listeners } from './hearing.ts';
import { ACK_MS, TRIGGER_MS } from './limits.ts';
import { escaped } from './render.ts';

/**
 * Opens the dialog of a press that asks for a line, before anything else is looked at: the trigger lives three seconds. Who may do what is
 * decided when the dialog is sent. Where it can't be opened the presser is told how to say it in words; nothing is done.
 * https://docs.slack.dev/reference/methods/views.open
 */
export function createAsk(options: {
  readonly api: Api;
  readonly clock: Clock;
  readonly log: Logger;
  readonly place: Place;
  readonly signal: AbortSignal;
  readonly tell: Listeners['tell'];
  /** Whether somebody is asked at all; whoever isn't gets the core's answer to the press as it is. */
  readonly asks: (identity: Identity) => boolean;
}): Listeners['ask'] {
  const { api, clock, log, place, signal, tell, asks } = options;

  async function open(heard: Heard): Promise<void> {
    const { id, asks, what } = heard;
    if (!asks || what.kind !== 'button') return;
    const answer = await api.call(
      'views.open',
      { trigger_id: id, view: modalOf(heard, asks, what.token) },
      AbortSignal.any([signal, AbortSignal.timeout(TRIGGER_MS)]),
    );
    if (answer.ok || signal.aborted) return;
    log.warn({ chat: 'slack', code: answer.code, reason: answer.text }, 'dialog could not be opened');
    const words = asks.input.instead === '' ? '' : `, or say ${asks.input.instead}`;
    tell(heard, escaped(`Slack did not open the dialog (${answer.code}), and nothing was done. Press again${words}`));
  }

  return (heard) => {
    if (!heard.asks || heard.user === undefined || !asks({ chat: 'slack', id: heard.user })) return undefined;
    // What is refused by the payload alone is refused in the same way as any press.
    if (refusalOf(heard, place) !== undefined) return undefined;
    const over = new AbortController();
    const late = clock.sleep(ACK_MS / 2, over.signal);
    return Promise.race([open(heard), late]).finally(() => over.abort());
  };
}
