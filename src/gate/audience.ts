import { type Target, targetsOf } from '../alerting/desk.ts';
import { incidents } from '../alerting/incident.ts';
import type { Card } from '../chat/message.ts';
import { laneOf, say } from '../chat/outbox.ts';
import type { Conversation, MessageKey } from '../chat/port.ts';
import type { Store, Write } from '../store/port.ts';
import type { StoredRequest } from './requests.ts';

/** Where the cards of a request stand: conversations in which its own card is called `card` and hangs on `root`. */
export interface Place {
  readonly conversations: readonly Conversation[];
  readonly root: MessageKey;
  readonly card: MessageKey;
  /** One message alone: what is said beside the card, and its progress, is for the others. */
  readonly cardOnly?: true;
}

/**
 * Where a request is shown: in its incident's threads; else, and where the chat it was asked in has no such thread, in the conversation
 * it was asked in. One that needs approvals and has no thread is shown in the chats' homes, too, so that approvers see it. Private
 * conversations that were told come last, and get its card alone.
 */
export async function audienceOf(
  store: Store,
  targets: readonly Target[],
  { request, place, direct }: StoredRequest,
): Promise<readonly Place[]> {
  const incident = request.incident === undefined ? undefined : (await store.get(incidents, request.incident))?.body;
  const threads = incident ? targetsOf(targets, incident).map(({ conversation }) => conversation) : [];
  const homes = !incident && request.policy.approvals > 0 ? targets.map(({ conversation }) => conversation) : [];
  const asked = threads.some(({ chat }) => chat === place.chat) ? [] : [place.conversation];
  const seen = new Set(threads.map(laneOf));
  const unseen = (one: Conversation): boolean => {
    const lane = laneOf(one);
    const fresh = !seen.has(lane);
    seen.add(lane);
    return fresh;
  };
  const own = [...asked, ...homes].filter(unseen);
  const alone = direct.filter(unseen);
  return [
    ...(incident ? [{ conversations: threads, root: incident.name, card: `${incident.name}/${request.name}` }] : []),
    { conversations: own, root: request.name, card: request.name },
    { conversations: alone, root: request.name, card: request.name, cardOnly: true as const },
  ].filter(({ conversations }) => conversations.length > 0);
}

/**
 * The writes that show a request's own card everywhere; in conversations of `fresh` lanes for the first time. `urgent` unless it only tells
 * how far it is: then it may wait for room in the chat.
 */
export function cardWrites(
  places: readonly Place[],
  card: Card,
  {
    now,
    fresh,
    urgent = true,
  }: { readonly now: number; readonly fresh: ReadonlySet<string> | 'all'; readonly urgent?: boolean },
): readonly Write[] {
  return places.flatMap(({ conversations, root, card: message }) =>
    conversations.flatMap((one) => {
      const first = fresh === 'all' || fresh.has(laneOf(one));
      return say([one], { do: first ? 'post' : 'edit', message, root, card, urgent }, now);
    }),
  );
}

/** The places where more is said than what the card shows. */
export const inTheOpen = (places: readonly Place[]): readonly Place[] => places.filter(({ cardOnly }) => !cardOnly);

/** The writes that post one more message about a request, named by its suffix, beside its own card. */
export function postWrites(
  places: readonly Place[],
  { suffix, card }: { readonly suffix: string; readonly card: Card },
  now: number,
): readonly Write[] {
  return inTheOpen(places).flatMap(({ conversations, root, card: message }) =>
    say(conversations, { do: 'post', message: `${message}/${suffix}`, root, card, urgent: true }, now),
  );
}

/** The same message below the card that people got in private before: the chat tells them anew. */
export function remindWrites(
  name: string,
  told: readonly Conversation[],
  { suffix, card }: { readonly suffix: string; readonly card: Card },
  now: number,
): readonly Write[] {
  return say(told, { do: 'post', message: `${name}/${suffix}`, root: name, card, urgent: true }, now);
}

/** The writes that tell every chat's home, as a message of its own below no thread: what nobody may overlook. `message` is its key. */
export function homeWrites(
  targets: readonly Target[],
  { message, card }: { readonly message: string; readonly card: Card },
  now: number,
): readonly Write[] {
  const homes = targets.map(({ conversation }) => conversation);
  return say(homes, { do: 'post', message, root: message, card }, now);
}
