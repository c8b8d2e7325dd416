import type { Target } from '../alerting/desk.ts';
import { laneOf } from '../chat/outbox.ts';
import type { Conversation } from '../chat/port.ts';
import { put, type Store, type Write } from '../store/port.ts';
import { offerPresses } from '../triage/offerPresses.ts';
import { audienceOf, cardWrites, homeWrites, type Place, postWrites, remindWrites } from './audience.ts';
import type { GateFact } from './facts.ts';
import { ENDS, type GateRequest } from './model.ts';
import { driftCard, endCard, glassCard } from './newsCards.ts';
import { requestCard } from './requestCard.ts';
import { newGateToken, requestIdOf, type StoredRequest } from './requests.ts';

/** Where it is said, and when (epoch ms). */
export interface Whereto {
  readonly store: Store;
  readonly targets: readonly Target[];
  readonly now: number;
}

/** What shall be written together with a changed request. */
export interface Beside {
  readonly writes?: readonly Write[];
  /** Private conversations that are told from now on. */
  readonly direct?: readonly Conversation[];
  readonly called?: number;
  /** One more message beside its card. */
  readonly post?: Parameters<typeof postWrites>[1];
}

/** An end that everybody should hear of: not the one of something that nobody confirmed, or that was called off before it began. */
function isNews({ state, confirmedAt, execution }: GateRequest): boolean {
  if (!ENDS.has(state)) return false;
  if (execution !== undefined || state === 'denied' || state === 'refused') return true;
  return state === 'expired' && confirmedAt !== undefined;
}

/** What is said of a change: its cards anew, and as messages of their own drift, the end, a post, a broken glass. */
export async function tellings(
  { store, targets, now }: Whereto,
  before: StoredRequest,
  after: StoredRequest,
  facts: readonly GateFact[],
  { post, direct = [] }: Pick<Beside, 'post' | 'direct'>,
): Promise<readonly Write[]> {
  const places = await audienceOf(store, targets, after);
  const told = new Set((await audienceOf(store, targets, before)).flatMap((one) => one.conversations.map(laneOf)));
  const all = places.flatMap((one) => one.conversations.map(laneOf));
  const fresh = new Set(all.filter((lane) => !told.has(lane)));
  const drifted = facts.find((fact) => fact.is === 'drifted');
  return [
    ...cardWrites(places, requestCard(after), { now, fresh }),
    ...(drifted ? postWrites(places, { suffix: `drift-${now}`, card: driftCard(after.request, drifted) }, now) : []),
    ...(isNews(after.request) && !ENDS.has(before.request.state) ? endWrites(places, after.request, now) : []),
    ...(post ? postWrites(places, post, now) : []),
    ...(post
      ? remindWrites(
          after.request.name,
          direct.filter((one) => told.has(laneOf(one))),
          post,
          now,
        )
      : []),
    ...loudWrites({ places, targets, now }, after.request, facts),
  ];
}

/** The message of the end, and what the buttons below it ask for. */
function endWrites(places: readonly Place[], request: GateRequest, now: number): readonly Write[] {
  const offered = (request.outcome?.next ?? []).map(({ label, action, args }) => ({
    button: { label, token: newGateToken(), style: 'plain' as const },
    press: { action, args, incident: request.incident, request: requestIdOf(request.name) },
  }));
  const card = endCard(
    request,
    offered.map(({ button }) => button),
  );
  return [
    ...offered.map(({ button, press }) => put(offerPresses, button.token, press, 0)),
    ...postWrites(places, { suffix: 'end', card }, now),
  ];
}

/** Breaking the glass is told where the request is shown and, as a message of its own, in every chat's home. */
export function loudWrites(
  { places, targets, now }: { readonly places: readonly Place[] } & Pick<Whereto, 'targets' | 'now'>,
  request: GateRequest,
  facts: readonly GateFact[],
): readonly Write[] {
  if (!facts.some(({ is }) => is === 'glass-broken')) return [];
  const card = glassCard(request);
  return [
    ...postWrites(places, { suffix: 'glass', card }, now),
    ...homeWrites(targets, { message: `glass/${request.name}`, card }, now),
  ];
}
