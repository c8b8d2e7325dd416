import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Card } from '../message.ts';
import type { Identity } from '../port.ts';
import { REFUSALS } from './admission.ts';
import type { Api } from './api.ts';
import { type Obj, textAt } from './fields.ts';
import type { Heard } from './heard.ts';
import { renderHome } from './render.ts';
import type { Door } from './users.ts';

const EMPTY: Card = {
  tone: 'neutral',
  title: 'daytwo',
  blocks: [{ kind: 'text', text: ['Write ', { code: '/daytwo help' }, ' to see what I can do.'] }],
  buttons: [],
};

/** An opened Home tab as something heard, so that the same door judges it. */
function heardHome(body: Obj): Heard | undefined {
  const id = textAt(body, 'event_id');
  if (id === undefined) return undefined;
  return {
    id,
    by: 'direct',
    user: textAt(body, 'event', 'user'),
    team: textAt(body, 'team_id'),
    userTeam: undefined,
    channel: textAt(body, 'event', 'channel'),
    bot: false,
    edited: false,
    rootTs: undefined,
    onTs: undefined,
    what: { kind: 'command', text: '' },
  };
}

/** Fills a person's Home tab when they open it. https://docs.slack.dev/reference/methods/views.publish. What fails is done at the next opening. */
export function createHomeTab(options: {
  readonly api: Api;
  readonly log: Logger;
  readonly door: Door;
  readonly signal: AbortSignal;
  readonly cards: ((identity: Identity) => Promise<readonly Card[]>) | undefined;
}): (body: Obj) => void {
  const { api, log, door, signal } = options;

  async function publish(heard: Heard, user: string): Promise<void> {
    const why = await door(heard);
    const refused = why && REFUSALS[why];
    if (why && refused === undefined) return;
    const cards: readonly Card[] =
      refused === undefined
        ? ((await options.cards?.({ chat: 'slack', id: user })) ?? [EMPTY])
        : [{ tone: 'neutral', title: 'daytwo', blocks: [{ kind: 'text', text: refused }], buttons: [] }];
    const answer = await api.call('views.publish', { user_id: user, view: renderHome(cards) }, signal);
    if (!answer.ok) log.warn({ chat: 'slack', reason: answer.text }, 'home tab could not be filled');
  }

  return (body) => {
    const heard = heardHome(body);
    if (heard?.user === undefined) return;
    publish(heard, heard.user).catch((error: unknown) =>
      log.warn({ chat: 'slack', error: messageOf(error) }, 'home tab could not be filled'),
    );
  };
}
