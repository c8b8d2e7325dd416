import { DaytwoError, messageOf } from '../../lib/errors.ts';

/** What `commit_writes` raises: an expectation that does not hold. Class DT is nobody's: the standard leaves it to applications. */
export const CONFLICT = 'DT001';
/** What `commit_writes` raises: the state was brought to a newer schema than this process knows. */
export const NEWER_SCHEMA = 'DT002';

/** The SQLSTATE of an answer of the server; undefined where no server answered. */
export function sqlState(error: unknown): string | undefined {
  // Errors of sockets have a code of five letters too (EPIPE); only an answer has a severity.
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * SQLSTATEs after which the same statement may succeed on a new connection: class 08 (connection), 57P01–57P05 (shutdown, crash, starting
 * up, dropped, idle time-out), 53300 (too many connections), 25006 (a standby, after a failover), 25P03 (idle in transaction).
 * Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
 */
const AGAIN = /^(08...|57P0[1-5]|53300|25006|25P03)$/;

/** Whether the connection was lost or refused, so that nothing is known and the same may be asked again. */
export function isLost(error: unknown): boolean {
  if (error instanceof DaytwoError) return false;
  const state = sqlState(error);
  return state === undefined || AGAIN.test(state);
}

/** 40001 (serialization failure) and 40P01 (deadlock): the server undid all of it; deciding again helps. */
const UNDONE = /^40(001|P01)$/;

/** A fault of the data base in the house's words. Nothing of a statement's values is in the message. */
export function faultOf(error: unknown): DaytwoError {
  if (error instanceof DaytwoError) return error;
  const state = sqlState(error);
  if (state === CONFLICT) return new DaytwoError('store-conflict', messageOf(error));
  if (state !== undefined && UNDONE.test(state))
    return new DaytwoError('store-conflict', `PostgreSQL undid a commit that got in another's way (${state})`, {
      cause: error,
    });
  if (state === NEWER_SCHEMA)
    return new DaytwoError('store-unavailable', messageOf(error), { cause: error, retryable: false });
  return new DaytwoError('store-unavailable', `PostgreSQL can't be used: ${messageOf(error)}`, { cause: error });
}
