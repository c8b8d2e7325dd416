import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf, DaytwoError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Claim, Claims } from './claims.ts';
import { acquireLease, bury, guardLease, type Lease, type ReplicaRecord, releaseLease, replicas } from './lease.ts';
import { put, remove, type Store, type Stored } from './port.ts';

/** How often a replica gives a sign of life and looks for those of others, ms. */
const BEAT_MS = 2000;
/** Without a sign that was written for so long a replica takes itself for dead: sooner than anybody else does. */
const LOST_MS = 7000;
/** A replica is gone when nothing came of it over so many looks and so long. */
const GONE_LOOKS = 5;
const GONE_MS = 10_000;
/** So many replicas are looked at. */
const LOOK = 200;

/** What claims are made from. */
export interface SharedClaimsOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => number;
  /** This process for people: `host:8080`. */
  readonly name: string;
  readonly beatMs?: number;
  readonly lostMs?: number;
  readonly goneMs?: number;
}

/** One life: from a first sign to the last, or to its loss. */
interface Life {
  readonly id: string;
  readonly over: AbortController;
  /** Of its document; 0 before the first sign was written. */
  version: number;
}

const newLife = (): Life => ({ id: randomUUID(), over: new AbortController(), version: 0 });

/**
 * Joins the replicas of a shared state and keeps this one alive among them. Times are measured by the steady clock alone.
 * @throws DaytwoError store-unavailable
 */
export async function openSharedClaims(options: SharedClaimsOptions): Promise<Claims> {
  const claims = new SharedClaims(options);
  await claims.beat();
  claims.begin();
  return claims;
}

class SharedClaims implements Claims {
  readonly #options: SharedClaimsOptions;
  readonly #stopping = new AbortController();
  readonly #looks = new Set<() => void>();
  /** What is claimed here, by name. */
  readonly #held = new Map<string, Claim>();
  /** Who had what when it was asked for last: not asked for again while that replica is there. */
  readonly #refused = new Map<string, string>();
  /** Others as they were seen last: since when, and over how many looks, their document stood still. */
  #seen = new Map<string, { readonly record: Stored<ReplicaRecord>; readonly since: number; readonly looks: number }>();
  #life = newLife();
  #running: Promise<void> | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(options: SharedClaimsOptions) {
    this.#options = options;
  }

  id(): string {
    return this.#life.id;
  }

  names(): readonly string[] {
    return [this.#options.name, ...[...this.#seen.values()].map(({ record }) => record.body.name)];
  }

  begin(): void {
    const { log, beatMs = BEAT_MS } = this.#options;
    const { signal } = this.#stopping;
    this.#running = (async () => {
      while (!signal.aborted) {
        await wait(beatMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
        await this.beat().catch((error: unknown) =>
          log.warn({ error: messageOf(error) }, 'sign of life could not be given, will retry'),
        );
      }
    })();
  }

  /** Gives a sign of life, then looks for those of others. */
  async beat(): Promise<void> {
    const { store, now, name, lostMs = LOST_MS } = this.#options;
    const life = this.#life;
    const beganAt = performance.now();
    try {
      await store.commit([put(replicas, life.id, { name, at: now() }, life.version)]);
    } catch (error) {
      if (codeOf(error) === 'store-conflict') this.#lose(life, 'another replica took this one for gone');
      throw error;
    }
    life.version += 1;
    clearTimeout(this.#watchdog);
    const leftMs = Math.max(0, lostMs - (performance.now() - beganAt));
    this.#watchdog = setTimeout(() => this.#lose(life, `no sign of life was stored for ${lostMs} ms`), leftMs).unref();
    await this.#look();
  }

  /** Gives up everything and goes on under a new name. */
  #lose(life: Life, why: string): void {
    if (this.#life !== life || this.#stopping.signal.aborted) return;
    this.#life = newLife();
    this.#held.clear();
    this.#options.log.warn({ why }, 'everything claimed was given up');
    life.over.abort(new DaytwoError('cancelled', why));
    // The old document would keep what was held for a while.
    void this.#options.store.commit([remove(replicas, life.id, 'any')]).catch(() => {});
  }

  async #look(): Promise<void> {
    const { store, goneMs = GONE_MS, log } = this.#options;
    const at = performance.now();
    const before = this.#seen;
    const now: typeof before = new Map();
    // A new life has nothing yet: what it may take is looked for at once.
    let freed = this.#life.version === 1;
    for (const record of await store.find(replicas, { limit: LOOK })) {
      if (record.id === this.#life.id) continue;
      const known = before.get(record.id);
      const isStill = known?.record.version === record.version;
      const seen = isStill ? { ...known, looks: known.looks + 1 } : { record, since: at, looks: 0 };
      if (seen.looks < GONE_LOOKS || at - seen.since < goneMs) {
        now.set(record.id, seen);
        continue;
      }
      try {
        await bury(store, record);
        freed = true;
        log.warn({ replica: record.body.name }, 'replica is gone, what it had is free');
      } catch (error) {
        // It lives, or somebody else was faster.
        if (codeOf(error) !== 'store-conflict') throw error;
        freed = true;
      }
    }
    for (const id of before.keys()) if (!now.has(id)) freed = true;
    this.#seen = now;
    // What others gave back while they live is found within one beat.
    this.#refused.clear();
    if (freed) for (const look of this.#looks) look();
  }

  async isGone(id: string): Promise<boolean> {
    if (id === this.#life.id || this.#seen.has(id)) return false;
    return (await this.#options.store.get(replicas, id)) === undefined;
  }

  async take(name: string): Promise<Claim | undefined> {
    const life = this.#life;
    const holder = this.#refused.get(name);
    if (life.version === 0 || this.#stopping.signal.aborted || this.#held.has(name)) return undefined;
    if (holder !== undefined && this.#seen.has(holder)) return undefined;
    const found = await acquireLease(this.#options.store, name, life.id);
    if (!found.ok) {
      this.#refused.set(name, found.holder);
      return undefined;
    }
    // Lost while it was asked for: whoever finds the lease finds its holder gone.
    if (life.over.signal.aborted) return undefined;
    const claim = this.#claim(life, found.lease, found.inherited);
    this.#held.set(name, claim);
    return claim;
  }

  #claim(life: Life, lease: Lease, inherited: boolean): Claim {
    const { store, log } = this.#options;
    const over = new AbortController();
    const signal = AbortSignal.any([life.over.signal, over.signal]);
    const claim: Claim = {
      signal,
      inherited,
      guard: async () => {
        const write = signal.aborted ? undefined : await guardLease(store, lease);
        if (write) return [write];
        over.abort();
        throw new DaytwoError('cancelled', `${lease.name} is another replica's now`);
      },
      end: async () => {
        const isLost = signal.aborted;
        over.abort();
        if (!isLost)
          await releaseLease(store, lease).catch((error: unknown) =>
            log.warn({ lease: lease.name, error: messageOf(error) }, 'lease could not be given back'),
          );
        if (this.#held.get(lease.name) === claim) this.#held.delete(lease.name);
      },
    };
    return claim;
  }

  onFree(look: () => void): () => void {
    this.#looks.add(look);
    return () => this.#looks.delete(look);
  }

  async close(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await Promise.all([...this.#held.values()].map((claim) => claim.end()));
    this.#stopping.abort();
    clearTimeout(this.#watchdog);
    await this.#running;
    await this.#options.store.commit([remove(replicas, this.#life.id, 'any')]).catch(() => {});
  }
}
