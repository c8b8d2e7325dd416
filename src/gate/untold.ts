import type { Target } from '../alerting/desk.ts';
import type { Inline } from '../chat/message.ts';
import { laneOf } from '../chat/outbox.ts';
import { type Person, personOf } from '../chat/people.ts';
import type { ChatName, Conversation, MessageKey } from '../chat/port.ts';
import type { Clock } from '../lib/clock.ts';
import { codeOf, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { clip, inertLine } from '../lib/text.ts';
import { type Collection, put, type Store } from '../store/port.ts';
import { audienceOf, postWrites } from './audience.ts';
import { ENDS } from './model.ts';
import { gateRequests, requestIdOf } from './requests.ts';

/** It is said again after a day, where it still holds. */
const AGAIN_MS = 24 * 3_600_000;
const LONGEST_REASON = 200;

/** Whom a chat could not tell in private, and when that was last said. Document id: the lane of the conversation that isn't there. */
export const untolds: Collection<{ readonly at: number }> = { kind: 'gateuntold', keys: () => ({}) };

const WHAT_TO_DO: Readonly<Record<ChatName, (name: string) => Inline>> = {
  telegram: (person) => [{ person }, ' must open a private chat with the bot there and press Start once.'],
  slack: (name) => `Look at the entry of ${name} under people: its slack id must be a member of the workspace.`,
  console: () => '',
};

const TITLES: Readonly<Record<ChatName, string>> = { telegram: 'Telegram', slack: 'Slack', console: 'the console' };

/** Hears that a chat would not take a message to one person alone. */
export type Untold = (where: Conversation, message: MessageKey, reason: string) => Promise<void>;

/**
 * Says in a request's thread, once a day and person, who could not be told of it in private and what they have to do; they may decide in
 * the thread all the same. Never throws: it is a courtesy.
 */
export function createUntold(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly people: readonly Person[];
  /** Where incidents' threads go. */
  readonly targets: readonly Target[];
}): Untold {
  const { store, clock, log, people, targets } = options;

  async function tell({ chat, id }: Conversation, message: MessageKey, reason: string): Promise<void> {
    const request = requestIdOf(message);
    const person = personOf(people, { chat, id });
    const found = request === undefined ? undefined : (await store.get(gateRequests, request))?.body;
    if (!found || !person || ENDS.has(found.request.state)) return;
    const now = clock.now();
    const lane = laneOf({ chat, id });
    const said = await store.get(untolds, lane);
    if (said && Math.abs(now - said.body.at) < AGAIN_MS) return;
    const { name } = found.request;
    const card = {
      tone: 'warning',
      title: `${name}: ${person.name} can’t be told in private on ${TITLES[chat]}`,
      blocks: [
        { kind: 'text', text: WHAT_TO_DO[chat](person.name) },
        { kind: 'quiet', text: `${TITLES[chat]} said: ${clip(inertLine(reason), LONGEST_REASON)}` },
      ],
      buttons: [],
    } as const;
    const places = await audienceOf(store, targets, found);
    await store.commit([
      put(untolds, lane, { at: now }, said?.version ?? 0),
      ...postWrites(places, { suffix: `untold-${chat}-${person.name}`, card }, now),
    ]);
  }

  return (where, message, reason) =>
    tell(where, message, reason).catch((error: unknown) => {
      // Another process says it.
      if (codeOf(error) === 'store-conflict') return;
      log.warn({ message, chat: where.chat, error: messageOf(error) }, 'who could not be told was not said');
    });
}
