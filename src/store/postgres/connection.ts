import { setTimeout as wait } from 'node:timers/promises';
import type { Client, Pool, PoolClient } from 'pg';
import { DaytwoError } from '../../lib/errors.ts';
import { faultOf, isLost } from './faults.ts';

/** A statement's own bound, on the server; a lock that is held longer ends the commit that waits for it. */
const STATEMENT_MS = 10_000;
/** When the server says nothing at all: a little after its own bound. */
const SILENCE_MS = 12_000;
const CONNECT_MS = 5000;
/** An idle connection is let go of. */
const IDLE_MS = 30_000;
/** How long a lost connection is tried again before the store is unavailable: a restart of the server fits in. */
const AGAIN_FOR_MS = 5000;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 500;
/** Connections of one process, its listener not counted. */
const CONNECTIONS = 8;

/** What the connections are made from. */
export interface ConnectionOptions {
  /** `postgres://…`; it may hold a password. */
  readonly url: string;
  readonly connections?: number;
  readonly againForMs?: number;
  readonly statementMs?: number;
}

/** Runs one statement. */
export type Query = <R extends object>(text: string, values: readonly unknown[]) => Promise<readonly R[]>;

/** A bounded number of connections, with what is lost asked for again. */
export interface Connections {
  /**
   * Runs one statement that may be repeated without harm, again on a new connection when one is lost.
   * @throws DaytwoError store-unavailable | store-conflict
   */
  query<R extends object>(text: string, values: readonly unknown[]): Promise<readonly R[]>;
  /**
   * Runs statements in one transaction, again on a new connection when one is lost: whether the lost one was made is for `work` to find
   * out. What `work` throws undoes all of it.
   * @throws DaytwoError store-unavailable | store-conflict, and what `work` throws
   */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** A connection of one's own, beyond the bound, without bounds in time; `end` it. Throws what connecting throws. */
  single(bounds?: { readonly silenceMs: number }): Promise<Client>;
  /** Waits for what is under way. Later queries throw. */
  close(): Promise<void>;
}

/** Makes the connections; none is opened before it is needed. @throws DaytwoError invalid for an unreadable connection string */
export async function openConnections(options: ConnectionOptions): Promise<Connections> {
  // The libraries' own error would hold the string, and with it the password.
  if (!/^postgres(ql)?:$/.test(URL.parse(options.url)?.protocol ?? ''))
    throw new DaytwoError('invalid', 'the connection string of the store is not postgres://…');
  const { default: pg } = await import('pg');
  const shared = {
    connectionString: options.url,
    fallback_application_name: 'daytwo',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...shared,
    max: options.connections ?? CONNECTIONS,
    idleTimeoutMillis: IDLE_MS,
    statement_timeout: options.statementMs ?? STATEMENT_MS,
    idle_in_transaction_session_timeout: STATEMENT_MS,
    query_timeout: SILENCE_MS,
  });
  // An idle connection that ends is replaced when one is needed; without a listener the process would end.
  pool.on('error', () => {});
  const stopping = new AbortController();

  /** Asks again while connections are lost, for a while. */
  async function again<T>(ask: () => Promise<T>): Promise<T> {
    const until = performance.now() + (options.againForMs ?? AGAIN_FOR_MS);
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      if (stopping.signal.aborted) throw new DaytwoError('store-unavailable', 'the state is closed');
      try {
        return await ask();
      } catch (error) {
        if (!isLost(error) || performance.now() + pauseMs > until) throw faultOf(error);
      }
      await wait(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  return {
    query: <R extends object>(text: string, values: readonly unknown[]) =>
      again(() => lent(pool, (query) => query<R>(text, values))),
    transaction: (work) =>
      again(() =>
        lent(pool, async (query) => {
          await query('BEGIN', []);
          try {
            const result = await work(query);
            await query('COMMIT', []);
            return result;
          } catch (error) {
            await query('ROLLBACK', []).catch(() => {});
            throw error;
          }
        }),
      ),
    single: async (bounds) => {
      const client = new pg.Client({ ...shared, ...(bounds ? { query_timeout: bounds.silenceMs } : {}) });
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    close: async () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      await pool.end();
    },
  };
}

/** Uses a connection of the pool; one that was lost doesn't go back. */
async function lent<T>(pool: Pool, use: (query: Query) => Promise<T>): Promise<T> {
  const client: PoolClient = await pool.connect();
  // A connection that ends while it is ours says so here too; the query's own promise tells it.
  const ignore = (): void => {};
  client.on('error', ignore);
  let spoilt = false;
  try {
    return await use(async <R extends object>(text: string, values: readonly unknown[]) => {
      try {
        return (await client.query<R>(text, [...values])).rows;
      } catch (error) {
        spoilt ||= isLost(error);
        throw error;
      }
    });
  } finally {
    client.off('error', ignore);
    client.release(spoilt);
  }
}
