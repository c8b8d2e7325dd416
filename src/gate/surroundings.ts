import type { Person } from '../chat/people.ts';
import type { StandIn } from '../people/delegation.ts';
import type { Actor, Context } from './facts.ts';
import type { Freeze } from './freeze.ts';
import type { GateRequest } from './model.ts';
import type { Policies } from './policy.ts';
import type { Duty } from './quorum.ts';

/** What the gate must know of the house to decide; each is asked for at the moment of the decision. */
export interface Surroundings {
  readonly people: readonly Person[];
  readonly policies: Policies;
  readonly freezes: readonly Freeze[];
  /** Who is on call. May wait; rejects only when the signal is aborted. */
  readonly duty: (signal: AbortSignal) => Promise<Duty>;
  /** Who stands in for whom at a moment. @throws DaytwoError store-unavailable: then nobody's rights are known, and nothing is decided */
  readonly standIns: (now: number) => Promise<readonly StandIn[]>;
  /** Whom the target itself allows to ask (`whoCanRestore`); undefined where it names nobody. */
  readonly only: (action: string, target: string) => readonly string[] | undefined;
  /**
   * The uid of the cluster that an action touches; undefined for one that touches none.
   * @throws DaytwoError where the cluster can't be asked: then there is no plan and no start
   */
  readonly clusterUid: (action: string, signal: AbortSignal) => Promise<string | undefined>;
}

type About = Pick<GateRequest['plan'], 'action' | 'target'>;

/**
 * Gathers what a decision may depend on. With `cluster: 'skip'` the cluster isn't asked: for decisions that neither make nor check a
 * digest, so that a cluster which is away keeps nobody from denying.
 */
export async function contextOf(
  from: Surroundings,
  { action, target }: About,
  options: { readonly now: number; readonly cluster: 'ask' | 'skip'; readonly signal: AbortSignal },
): Promise<Context> {
  const [duty, standIns, clusterUid] = await Promise.all([
    from.duty(options.signal),
    from.standIns(options.now),
    options.cluster === 'ask' ? from.clusterUid(action, options.signal) : undefined,
  ]);
  return {
    now: options.now,
    people: from.people,
    duty,
    standIns,
    freezes: from.freezes,
    only: from.only(action, target),
    clusterUid,
  };
}

/** What a cancel depends on: nothing that could be away while the request itself can be read. */
export async function hereAndNow({ people, freezes, standIns }: Surroundings, now: number): Promise<Context> {
  return { now, people, freezes, standIns: await standIns(now), duty: { is: 'unknown', reason: 'not asked' } };
}

/** Somebody who speaks to the gate. */
export interface Asker {
  readonly person: Person;
  readonly chat: Actor['chat'];
  readonly signal: AbortSignal;
}

/** The actor of the decisions. */
export function actorOf({ person, chat }: Asker): Actor {
  return { person: person.name, chat };
}
