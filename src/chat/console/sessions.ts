import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { put, remove, type Store } from '../../store/port.ts';
import { type ConsolePerson, type ConsoleSession, SESSIONS } from './model.ts';

/** A secret's length: 256 bit, far beyond guessing. */
const SECRET_BYTES = 32;
const DAY_MS = 86_400_000;
/** How long a browser stays signed in without being used. */
export const SESSION_MS = 30 * DAY_MS;
/** A session in use is prolonged at most this often, so that reading writes nothing. */
const PROLONG_EVERY_MS = DAY_MS;
/** Browsers one person may have signed in; the oldest gives way. */
const SESSIONS_PER_PERSON = 20;
/** One-time links that may be open at once; the oldest gives way. */
const MAX_LINKS = 200;
/** How long a link made from a signed-in browser can be used. Those printed at the start end with the process. */
export const LINK_MS = 10 * 60_000;
/** Failed sign-ins per minute and address, and from all addresses together. */
const FAILURES_PER_ADDRESS = 10;
const FAILURES_IN_ALL = 100;
const FAILURE_WINDOW_MS = 60_000;

/** Who is asking, once the cookie was found good. */
export interface SignedIn {
  readonly session: string;
  readonly person: ConsolePerson;
}

/** How a sign-in ended. */
export type SignInOutcome =
  | { readonly is: 'in'; readonly cookie: string; readonly person: ConsolePerson }
  | { readonly is: 'refused' }
  | { readonly is: 'limited' };

interface Link {
  readonly person: string;
  readonly expiresAt: number;
}

const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex');
const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url');
const isSecret = (text: string): boolean => /^[\w-]{43}$/.test(text);

/** One-time links and the sessions that come of them. Links live in memory as hashes, sessions in the store as hashes. */
export class Sessions {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #people: ReadonlyMap<string, ConsolePerson>;
  readonly #links = new Map<string, Link>();
  readonly #failures = new Map<string, number>();
  #failuresSince = 0;

  constructor(store: Store, clock: Clock, people: readonly ConsolePerson[]) {
    this.#store = store;
    this.#clock = clock;
    this.#people = new Map(people.map((person) => [person.name, person]));
  }

  /** A new one-time secret for a person; `forMs` is how long it may wait for its use. */
  mint(person: string, forMs: number = Number.POSITIVE_INFINITY): string {
    const made = secret();
    for (const oldest of this.#links.keys()) {
      if (this.#links.size < MAX_LINKS) break;
      this.#links.delete(oldest);
    }
    this.#links.set(hash(made), { person, expiresAt: this.#clock.now() + forMs });
    return made;
  }

  /** Turns a one-time secret into a session. The secret is spent at once, before anything is waited for. */
  async signIn(oneTime: string, address: string): Promise<SignInOutcome> {
    const now = this.#clock.now();
    if (now - this.#failuresSince > FAILURE_WINDOW_MS) {
      this.#failures.clear();
      this.#failuresSince = now;
    }
    const key = hash(oneTime);
    const link = isSecret(oneTime) ? this.#links.get(key) : undefined;
    this.#links.delete(key);
    const person = link && link.expiresAt > now ? this.#people.get(link.person) : undefined;
    // A good link is never held up: somebody else's failures behind the same proxy must not lock a person out.
    if (!link || !person) return this.#failed(address);
    try {
      return { is: 'in', cookie: await this.#open(person), person };
    } catch (error) {
      // Nothing was stored, so the link wasn't used.
      this.#links.set(key, link);
      throw error;
    }
  }

  #failed(address: string): SignInOutcome {
    const failed = this.#failures.get(address) ?? 0;
    const inAll = [...this.#failures.values()].reduce((sum, count) => sum + count, 0);
    if (failed >= FAILURES_PER_ADDRESS || inAll >= FAILURES_IN_ALL) return { is: 'limited' };
    this.#failures.set(address, failed + 1);
    return { is: 'refused' };
  }

  async #open(person: ConsolePerson): Promise<string> {
    const now = this.#clock.now();
    const made = secret();
    const own = await this.#store.find(SESSIONS, { key: ['person', person.name], limit: 10 * SESSIONS_PER_PERSON });
    const surplus = own
      .toSorted((a, b) => a.body.expiresAt - b.body.expiresAt)
      .slice(0, Math.max(0, own.length - SESSIONS_PER_PERSON + 1));
    const session: ConsoleSession = { person: person.name, createdAt: now, expiresAt: now + SESSION_MS };
    await this.#store.commit([
      put(SESSIONS, hash(made), session, 0),
      ...surplus.map(({ id }) => remove(SESSIONS, id, 'any')),
    ]);
    return made;
  }

  /** Who a cookie belongs to; `prolonged` when the browser should keep it longer. Undefined for a stranger. */
  async recognise(cookie: string | undefined): Promise<(SignedIn & { prolonged: boolean }) | undefined> {
    if (cookie === undefined || !isSecret(cookie)) return undefined;
    const id = hash(cookie);
    const known = await this.#store.get(SESSIONS, id);
    const now = this.#clock.now();
    const person = known && known.body.expiresAt > now ? this.#people.get(known.body.person) : undefined;
    if (!known || !person) return undefined;
    const prolonged = known.body.expiresAt < now + SESSION_MS - PROLONG_EVERY_MS;
    if (prolonged) {
      // Another request may do the same at once, and a full disk must not sign anybody out: either way the session holds.
      const next = { ...known.body, expiresAt: now + SESSION_MS };
      await this.#store.commit([put(SESSIONS, id, next, known.version)]).catch(() => {});
    }
    return { session: id, person, prolonged };
  }

  /** Ends a session. */
  async signOut(session: string): Promise<void> {
    await this.#store.commit([remove(SESSIONS, session, 'any')]);
  }

  /** Drops sessions that ran out or whose person is no longer configured. Returns how many. */
  async sweep(): Promise<number> {
    const now = this.#clock.now();
    const all = await this.#store.find(SESSIONS, { limit: SESSIONS_PER_PERSON * 1000 });
    const gone = all.filter(({ body }) => body.expiresAt <= now || !this.#people.has(body.person));
    await this.#store.commit(gone.map(({ id }) => remove(SESSIONS, id, 'any')));
    return gone.length;
  }
}
