import type { App, ReceiverEvent } from '@slack/bolt';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { REFUSALS } from './admission.ts';
import { ASKED, besideLine } from './asking.ts';
import { at, type Obj, textAt } from './fields.ts';
import { type Heard, heardCommand, heardMessage, heardPress, heardSubmission } from './heard.ts';
import type { Intake, Taken } from './intake.ts';
import { loadBolt, NOWHERE } from './sdk.ts';
import type { SdkLogger } from './sdkLog.ts';

/** Hands a payload that came in to Bolt. Resolves once it is acknowledged; rejects where Slack should send it again. */
export type HandOn = (event: ReceiverEvent) => Promise<void>;

/** What listens. */
export interface Listeners {
  readonly intake: Intake;
  /**
   * Opens the dialog of a press that asks for a line; undefined where the press goes on as it is. Resolves, in time for the
   * acknowledgement, once the dialog is open or won't be; never rejects.
   */
  readonly ask: (heard: Heard) => Promise<void> | undefined;
  /** Somebody opened the Home tab. */
  readonly homeOpened: (body: Obj) => void;
  /** Says something to one person where it happened, as well as it can. */
  readonly tell: (heard: Heard, text: string) => void;
}

const LATE = 'I could not store this in time. It may still be done: look before you ask again.';
const FAILED = 'I could not store this, so nothing was done. Please try again.';

/** What is said at once to the one who asked; undefined where the answer comes by itself or nothing is to be said. */
export function sayAtOnce(taken: Taken): string | undefined {
  switch (taken.is) {
    case 'stored':
      return undefined;
    case 'late':
      return LATE;
    case 'failed':
      return FAILED;
    case 'refused':
      return REFUSALS[taken.why];
  }
}

/**
 * A Bolt app with our listeners; `receivers` of any kind hand payloads to what it returns.
 * Bolt acknowledges an event before its listeners run. Here it seems to: Slack hears of it once the event is durable, and sends it again
 * where it isn't. https://docs.slack.dev/apis/events-api#error-handling
 */
export async function createHearing(options: {
  readonly listeners: Listeners;
  readonly log: Logger;
  readonly sdk: SdkLogger;
  readonly authorize: () => {
    readonly botToken: string;
    readonly botId?: string;
    readonly botUserId?: string;
    readonly teamId: string;
  };
}): Promise<HandOn> {
  const { listeners, log, sdk } = options;
  const { App } = loadBolt();
  const app = new App({
    receiver: NOWHERE,
    authorize: async () => options.authorize(),
    deferInitialization: true,
    convoStore: false,
    // Bolt fills this in; nothing is called through its clients.
    clientOptions: { retryConfig: { retries: 0 } },
    logger: sdk,
  });
  await app.init();
  listen(app, listeners);

  return async (event) => {
    const isEvent = textAt(event.body, 'type') === 'event_callback';
    let acknowledged = false;
    const ack: ReceiverEvent['ack'] = async (answer) => {
      acknowledged = true;
      await event.ack(answer);
    };
    try {
      await app.processEvent({ ...event, ack: isEvent ? async () => {} : ack });
    } catch (error) {
      // Commands and presses come once only: without an acknowledgement the person sees an error, which is the truth.
      log.warn({ chat: 'slack', error: messageOf(error) }, 'event could not be taken');
      throw error;
    }
    if (!acknowledged) await event.ack();
  };
}

function listen(app: App, { intake, ask, homeOpened, tell }: Listeners): void {
  app.command(/.*/, async ({ body, ack }) => {
    const heard = heardCommand({ ...body });
    const text = heard ? sayAtOnce(await intake(heard)) : undefined;
    await (text === undefined ? ack() : ack({ response_type: 'ephemeral', text }));
  });
  app.action(/.*/, async ({ body, ack }) => {
    const heard = heardPress({ ...body });
    const asking = heard && ask(heard);
    if (asking) {
      await asking;
      await ack();
      return;
    }
    const taken = heard ? await intake(heard) : undefined;
    await ack();
    const text = taken && sayAtOnce(taken);
    if (heard && text !== undefined) tell(heard, text);
  });
  app.view({ callback_id: ASKED, type: 'view_submission' }, async ({ body, ack }) => {
    const heard = heardSubmission({ ...body });
    const taken = heard ? await intake(heard) : undefined;
    const text = taken && sayAtOnce(taken);
    // What isn't stored stays in the dialog, to be sent again: the same dialog is the same event.
    if (text !== undefined && (taken?.is === 'late' || taken?.is === 'failed')) {
      await ack({ response_action: 'errors', errors: besideLine(text) });
      return;
    }
    await ack();
    if (heard && text !== undefined) tell(heard, text);
  });
  const message = async ({ body }: { readonly body: unknown }): Promise<void> => {
    const heard = heardMessage({ ...(body as Obj) });
    if (!heard) return;
    const taken = await intake(heard);
    // Slack sends it again: at once, after a minute, after five.
    if (taken.is === 'late' || taken.is === 'failed') throw new Error('the event is not stored yet');
    const text = sayAtOnce(taken);
    if (text !== undefined) tell(heard, text);
  };
  app.event('app_mention', message);
  app.event('message', message);
  app.event('app_home_opened', async ({ body }) => {
    if (at(body, 'event', 'tab') === 'home') homeOpened({ ...body });
  });
}
