import { DaytwoError, messageOf } from '../../lib/errors.ts';
import { openConnections } from './connection.ts';
import { faultOf } from './faults.ts';
import { DEFAULT_SCHEMA } from './store.ts';

/** The oldest version whose features are used. */
const OLDEST = 12;

/**
 * Asks a data base who it is and whether the bot may work there, and makes nothing.
 * @throws DaytwoError store-unavailable | invalid | failed
 */
export async function probePostgres(url: string): Promise<string> {
  const connections = await openConnections({ url, connections: 1, againForMs: 0 });
  try {
    const [found] = await connections.query<{ version: string; encoding: string; mine: boolean; create: boolean }>(
      `SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding,
        EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1) AS mine,
        has_database_privilege(current_database(), 'CREATE') AS create`,
      [DEFAULT_SCHEMA],
    );
    if (!found) throw new DaytwoError('failed', 'it gave no answer');
    const { version, mine, create } = found;
    if (Number.parseInt(version, 10) < OLDEST)
      throw new DaytwoError('failed', `version ${version} is too old: ${OLDEST} or later is needed`);
    if (!mine && !create)
      throw new DaytwoError('failed', `this user may not make the schema ${DEFAULT_SCHEMA}: GRANT CREATE ON DATABASE`);
    return `version ${version}, ${mine ? `schema ${DEFAULT_SCHEMA} is there` : `schema ${DEFAULT_SCHEMA} will be made`}`;
  } catch (error) {
    throw error instanceof DaytwoError ? error : faultOf(new Error(messageOf(error)));
  } finally {
    await connections.close();
  }
}
