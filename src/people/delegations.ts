import type { Person } from '../chat/people.ts';
import type { Clock } from '../lib/clock.ts';
import { codeOf, DaytwoError, messageOf } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import { put, type Store, type Stored } from '../store/port.ts';
import {
  type Delegation,
  delegate,
  delegationId,
  delegations,
  inForce,
  mayEnd,
  type NoDelegation,
  type StandIn,
  type Wanted,
  withBorrowed,
} from './delegation.ts';

/** There are two roles a person at the most. */
const MOST = 10_000;
/** How often it is decided again after somebody else wrote first. */
const TRIES = 5;

/** Who says it, where; `event` is unique for ever. */
export interface Sayer {
  readonly person: Person;
  readonly chat: string;
  readonly event: string;
}

/** What was made, or why not. */
export type Made = { readonly made: StandIn } | { readonly refused: NoDelegation };

/** Who stands in for whom. Every answer is of this moment; what isn't recorded in the audit isn't done. */
export interface Delegations {
  /** Those that hold at `now`, epoch ms. @throws DaytwoError store-unavailable: then nobody's rights are known */
  standIns(now: number): Promise<readonly StandIn[]>;
  /** The person with the roles of this moment. @throws DaytwoError store-unavailable */
  asOfNow(person: Person): Promise<Person>;
  /** @throws DaytwoError store-unavailable | store-conflict | failed (no audit) */
  make(wanted: Omit<Wanted, 'from'>, by: Sayer): Promise<Made>;
  /**
   * Ends what the person may end, of the two or as an admin: all that `who` is part of, or all of the person's own. `kept` are those that
   * the person may not end.
   * @throws DaytwoError store-unavailable | store-conflict | failed (no audit)
   */
  end(who: string | undefined, by: Sayer): Promise<{ readonly ended: readonly StandIn[]; readonly kept: number }>;
}

/** What is needed of the audit: the entry is durable when it resolves. */
interface Recording {
  append(entry: {
    readonly kind: string;
    readonly by?: string | undefined;
    readonly chat?: string | undefined;
    readonly details?: Json | undefined;
  }): Promise<unknown>;
}

/** Builds it over the store. `people` are those of the configuration. */
export function createDelegations(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: Recording;
  readonly people: readonly Person[];
}): Delegations {
  const { store, clock, audit, people } = options;

  const standIns = async (now: number): Promise<readonly StandIn[]> =>
    inForce(
      (await store.find(delegations, { limit: MOST })).map(({ body }) => body),
      people,
      now,
    );

  async function record(kind: string, { person, chat }: Sayer, details: unknown): Promise<void> {
    const json = JSON.parse(JSON.stringify(details)) as Json;
    await audit.append({ kind: `delegation.${kind}`, by: person.name, chat, details: json }).catch((cause: unknown) => {
      throw new DaytwoError('failed', `the audit can’t be written (${messageOf(cause)}), so nothing was done`, {
        cause,
      });
    });
  }

  /** Recorded first, then written; false where somebody else wrote first, which is recorded, too. */
  async function write(kind: string, by: Sayer, body: Delegation, found: Stored<Delegation> | undefined) {
    const { event: _event, chat: _chat, ...told } = body;
    await record(kind, by, told);
    try {
      await store.commit([put(delegations, delegationId(body), body, found?.version ?? 0)]);
      return true;
    } catch (error) {
      await record('void', by, { what: kind, why: messageOf(error) }).catch(() => {});
      if (codeOf(error) === 'store-conflict') return false;
      throw error;
    }
  }

  async function again<T>(task: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const done = await task();
      if (done !== undefined) return done;
    }
    throw new DaytwoError('store-conflict', 'others change who stands in for whom at the same time; try again');
  }

  const make: Delegations['make'] = (wanted, by) =>
    again(async () => {
      const now = clock.now();
      const all = await store.find(delegations, { limit: MOST });
      const known = all.find(({ body }) => body.event === by.event)?.body;
      if (known) return { made: known };
      const holding = inForce(
        all.map(({ body }) => body),
        people,
        now,
      );
      const decided = delegate({ ...wanted, from: by.person.name }, { people, standIns: holding, now });
      if ('refused' in decided) {
        await record('refused', by, { ...wanted, ...decided.refused }).catch(() => {});
        return decided;
      }
      const body: Delegation = { ...decided, chat: by.chat, event: by.event };
      const found = await store.get(delegations, delegationId(body));
      return (await write('made', by, body, found)) ? { made: decided } : undefined;
    });

  const end: Delegations['end'] = async (who, by) => {
    const person = await asOfNow(by.person);
    const about = who ?? person.name;
    const holding = (await standIns(clock.now())).filter(({ from, to }) => from === about || to === about);
    const mine = holding.filter((one) => mayEnd(one, person));
    for (const one of mine) {
      await again(async () => {
        const found = await store.get(delegations, delegationId(one));
        if (!found || found.body.ended || found.body.since !== one.since) return true;
        const ended = { by: person.name, at: clock.now() };
        return (await write('ended', by, { ...found.body, ended }, found)) || undefined;
      });
    }
    return { ended: mine, kept: holding.length - mine.length };
  };

  async function asOfNow(person: Person): Promise<Person> {
    return withBorrowed(person, await standIns(clock.now()));
  }

  return { standIns, asOfNow, make, end };
}
