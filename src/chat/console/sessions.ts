import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { codeOf } from '../../lib/errors.ts';
import { put, remove, type Store, type Write } from '../../store/port.ts';
import { type ConsoleLink, type ConsoleSession, LINKS, SESSIONS } from './model.ts';
import type { PersonView } from './views.ts';

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
/** How long a link made from a signed-in browser can be used. */
export const LINK_MS = 10 * 60_000;
/** How long a link printed at the start can be used: what was printed stands in journals that others read later. */
export const START_LINK_MS = 60 * 60_000;
/** Failed sign-ins per minute and address, and from all addresses together. */
const FAILURES_PER_ADDRESS = 10;
const FAILURES_IN_ALL = 100;
const FAILURE_WINDOW_MS = 60_000;

/** Who is asking, once the cookie was found good. */
export interface SignedIn {
  readonly session: string;
  readonly person: PersonView;
}

/** How a sign-in ended. */
export type SignInOutcome =
  | { readonly is: 'in'; readonly cookie: string; readonly person: PersonView; readonly from: ConsoleLink['from'] }
  | { readonly is: 'refused' }
  | { readonly is: 'limited' };

const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex');
const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url');
const isSecret = (text: string): boolean => /^[\w-]{43}$/.test(text);

/**
 * One-time links and the sessions that come of them. Sessions live in the store as hashes; links in memory as hashes, or in the store
 * too where other processes serve the same console.
 */
export class Sessions {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #people: ReadonlyMap<string, PersonView>;
  readonly #links = new Map<string, ConsoleLink>();
  readonly #isShared: boolean;
  readonly #failures = new Map<string, number>();
  #failuresSince = 0;

  constructor(store: Store, clock: Clock, people: readonly PersonView[], isShared = false) {
    this.#store = store;
    this.#isShared = isShared;
    this.#clock = clock;
    this.#people = new Map(people.map((person) => [person.name, person]));
  }

  /** A new one-time secret for a person: printed at the start, or for another device of theirs. */
  mint(person: string, from: ConsoleLink['from']): string {
    const made = secret();
    for (const oldest of this.#links.keys()) {
      if (this.#links.size < MAX_LINKS) break;
      this.#links.delete(oldest);
    }
    const link: ConsoleLink = {
      person,
      expiresAt: this.#clock.now() + (from === 'start' ? START_LINK_MS : LINK_MS),
      from,
    };
    this.#links.set(hash(made), link);
    if (this.#isShared) void this.#share(hash(made), link);
    return made;
  }

  /** Makes a link known to the other processes; what can't be stored stays good here alone. */
  async #share(key: string, link: ConsoleLink): Promise<void> {
    try {
      await this.#store.commit([put(LINKS, key, link, 0)]);
      // Spent here before it was known there.
      if (!this.#links.delete(key)) await this.#store.commit([remove(LINKS, key, 'any')]);
    } catch {
      // It was printed by this process, and this process takes it.
    }
  }

  /** Turns a one-time secret into a session. The secret is spent at once, before anything is waited for. */
  async signIn(oneTime: string, address: string): Promise<SignInOutcome> {
    const now = this.#clock.now();
    if (now - this.#failuresSince > FAILURE_WINDOW_MS) {
      this.#failures.clear();
      this.#failuresSince = now;
    }
    const key = hash(oneTime);
    const own = isSecret(oneTime) ? this.#links.get(key) : undefined;
    this.#links.delete(key);
    const shared = this.#isShared && isSecret(oneTime) ? await this.#store.get(LINKS, key) : undefined;
    const link = own ?? shared?.body;
    const person = link && link.expiresAt > now ? this.#people.get(link.person) : undefined;
    // A good link is never held up: somebody else's failures behind the same proxy must not lock a person out.
    if (!link || !person) return this.#failed(address);
    try {
      // Of several processes that are asked for it at the same time one can spend it.
      const cookie = await this.#open(person, shared ? [remove(LINKS, key, shared.version)] : []);
      return { is: 'in', cookie, person, from: link.from };
    } catch (error) {
      if (shared && codeOf(error) === 'store-conflict') return this.#failed(address);
      // Nothing was stored, so the link wasn't used.
      if (own) this.#links.set(key, own);
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

  async #open(person: PersonView, also: readonly Write[]): Promise<string> {
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
      ...also,
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

  /** Drops sessions that ran out or whose person is no longer configured, and links that ran out. Returns how many sessions. */
  async sweep(): Promise<number> {
    const now = this.#clock.now();
    const all = await this.#store.find(SESSIONS, { limit: SESSIONS_PER_PERSON * 1000 });
    const gone = all.filter(({ body }) => body.expiresAt <= now || !this.#people.has(body.person));
    const links = await this.#store.find(LINKS, { limit: SESSIONS_PER_PERSON * 1000 });
    const stale = links.filter(({ body }) => body.expiresAt <= now);
    await this.#store.commit([
      ...gone.map(({ id }) => remove(SESSIONS, id, 'any')),
      ...stale.map(({ id }) => remove(LINKS, id, 'any')),
    ]);
    return gone.length;
  }
}
