import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'pg';
import { messageOf } from '../../lib/errors.ts';

/** How often a listener is asked whether it still hears. */
const HEARTBEAT_MS = 10_000;
/** A notification takes this long at most. */
const HEARS_WITHIN_MS = 5000;
/** While nothing is heard everybody is woken this often, and listening is tried again. */
const POLL_MS = 2000;

/** What listening is made from. */
export interface WakesOptions {
  /** The NOTIFY channel. Source of its limits: https://www.postgresql.org/docs/15/sql-notify.html */
  readonly channel: string;
  readonly connect: () => Promise<Client>;
  readonly warn: (message: string, fields: Record<string, unknown>) => void;
  readonly heartbeatMs?: number;
  readonly pollMs?: number;
}

/** Wakes watchers after commits: at once for one's own, by LISTEN for those of others, by polling while nothing can be heard. */
export interface Wakes {
  /** This process's name in notifications: what it wrote itself it needn't be told. */
  readonly origin: string;
  watch(kind: string, wake: () => void): () => void;
  /** Wakes the watchers of the kinds. */
  wake(kinds: Iterable<string>): void;
  /** Ends listening. */
  stop(): Promise<void>;
}

/** Starts listening, and goes on with it in the background. Resolves once it hears, or knows that it doesn't for now. */
export async function startWakes(options: WakesOptions): Promise<Wakes> {
  const origin = randomUUID();
  const watchers = new Map<string, Set<() => void>>();
  const stopping = new AbortController();
  const tried = Promise.withResolvers<void>();
  let isHearing = true;

  const wake = (kinds: Iterable<string>): void => {
    for (const kind of kinds) for (const one of watchers.get(kind) ?? []) one();
  };

  /** Listens until the connection ends or falls silent. */
  async function listen(): Promise<void> {
    const client = await options.connect();
    const gone = new AbortController();
    const signal = AbortSignal.any([gone.signal, stopping.signal]);
    let heard = (): void => {};
    client.on('end', () => gone.abort());
    client.on('notification', ({ payload = '' }) => {
      const [from = '', ...kinds] = payload.split(' ');
      if (from !== origin) wake(kinds);
      else if (kinds.length === 0) heard();
    });
    try {
      await client.query(`LISTEN ${options.channel}`);
      let isFirst = true;
      while (!signal.aborted) {
        // A pooler may take LISTEN and never deliver; a dead network takes everything: only an echo proves that something is heard.
        const echo = Promise.withResolvers<void>();
        heard = echo.resolve;
        await client.query('SELECT pg_notify($1, $2)', [options.channel, origin]);
        const isEcho = await Promise.race([
          echo.promise.then(() => true),
          wait(HEARS_WITHIN_MS, false, { signal }).catch(() => false),
        ]);
        if (signal.aborted) return;
        if (!isEcho) throw new Error('notifications do not arrive');
        if (isFirst) {
          if (!isHearing) options.warn('notifications of the data base arrive again', {});
          isHearing = true;
          tried.resolve();
          // What was written before listening began was not heard.
          wake(watchers.keys());
        }
        isFirst = false;
        await wait(options.heartbeatMs ?? HEARTBEAT_MS, undefined, { signal }).catch(() => {});
      }
    } finally {
      // Not awaited: saying goodbye to a dead network takes long.
      client.end().catch(() => {});
    }
  }

  const running = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await listen();
        if (stopping.signal.aborted) return;
        throw new Error('the connection ended');
      } catch (error) {
        if (isHearing && !stopping.signal.aborted)
          options.warn('notifications of the data base do not arrive, polling meanwhile', { error: messageOf(error) });
        isHearing = false;
      }
      tried.resolve();
      wake(watchers.keys());
      await wait(options.pollMs ?? POLL_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  await tried.promise;
  return {
    origin,
    watch: (kind, one) => {
      const set = watchers.get(kind) ?? new Set();
      set.add(one);
      watchers.set(kind, set);
      return () => set.delete(one);
    },
    wake,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
