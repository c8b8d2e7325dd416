import { hostname } from 'node:os';
import { type Audit, openAudit } from '../audit/audit.ts';
import type { Config } from '../config/schema.ts';
import type { Secret } from '../config/secret.ts';
import type { Clock } from '../lib/clock.ts';
import { DaytwoError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { type Claims, soleClaims } from '../store/claims.ts';
import { openLowdbStore } from '../store/lowdb/store.ts';
import type { Store } from '../store/port.ts';
import { COLLECTIONS } from './collections.ts';

/** Everything that outlives the process, opened. */
export interface State {
  readonly store: Store;
  readonly audit: Audit;
  /** Who does what, among all processes on this state. */
  readonly claims: Claims;
  /** Whether other processes may be on it. */
  readonly isShared: boolean;
  /** Where it is, for people; nothing secret. */
  readonly where: string;
  /** Waits for what is under way and lets go of it. */
  close(): Promise<void>;
}

/** What the state is opened with. */
export interface StateOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly redact: (text: string) => string;
}

/** The URL of PostgreSQL, where it is configured; it holds a password. @throws DaytwoError invalid */
export function databaseUrl({ store }: Config): string | undefined {
  if (store.kind !== 'postgres') return undefined;
  const url: Secret | undefined = store.url;
  if (url) return url.reveal();
  throw new DaytwoError('invalid', 'store.url is missing');
}

/** Where the state is, in words without secrets. Pure. */
export function whereIs(config: Config): string {
  const url = databaseUrl(config);
  if (url === undefined) return `lowdb in ${config.store.dir}`;
  const parsed = URL.parse(url);
  const name = decodeURIComponent(parsed?.pathname.slice(1) ?? '');
  return `PostgreSQL${parsed?.host ? ` at ${parsed.host}` : ''}${name ? `, data base ${name}` : ''}`;
}

/** The secrets in the connection string that are secrets by themselves, for the redactor. Pure. */
export function databaseSecrets(config: Config): readonly string[] {
  const password = URL.parse(databaseUrl(config) ?? '')?.password ?? '';
  if (password === '') return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** What only several processes need: loaded where they are. */
async function sharedParts() {
  const [{ openPostgresStore }, { openRowAudit }, { openSharedClaims }] = await Promise.all([
    import('../store/postgres/store.ts'),
    import('../audit/rowAudit.ts'),
    import('../store/sharedClaims.ts'),
  ]);
  return { openPostgresStore, openRowAudit, openSharedClaims };
}

/**
 * Opens store, audit and claims as the configuration says; what was opened is closed again where a later one can't be.
 * @throws DaytwoError store-locked | store-unavailable | invalid
 */
export async function openState(options: StateOptions): Promise<State> {
  const { config, clock, log, redact } = options;
  const { dir } = config.store;
  const url = databaseUrl(config);
  const parts = url === undefined ? undefined : { url, ...(await sharedParts()) };
  const collected = {
    collections: COLLECTIONS,
    now: clock.now,
    warn: (message: string, fields: Record<string, unknown>) => log.warn(fields, message),
  };
  const store = parts
    ? await parts.openPostgresStore({ url: parts.url, ...collected })
    : await openLowdbStore({ dir, ...collected });
  let audit: Audit | undefined;
  try {
    const recording = { dir, clock, log, redact };
    audit = parts ? await parts.openRowAudit({ ...recording, url: parts.url }) : await openAudit(recording);
    const { host, port } = config.server.listen;
    const name = `${hostname()} (${host}:${port})`;
    const claims = parts ? await parts.openSharedClaims({ store, log, now: clock.now, name }) : soleClaims;
    const record = audit;
    return {
      store,
      audit,
      claims,
      isShared: parts !== undefined,
      where: whereIs(config),
      close: async () => {
        await claims.close();
        await record.close();
        await store.close();
      },
    };
  } catch (error) {
    await audit?.close();
    await store.close();
    throw error;
  }
}
