import { afterAll, beforeAll, describe } from 'vitest';
import { openPostgresStore, type PostgresOptions } from '../../src/store/postgres/store.ts';
import { notes, packed, storeContract } from '../contract/store.ts';
import { postgresAvailable, type RealPostgres, startPostgres } from '../support/real/postgres.ts';

describe.runIf(postgresAvailable('the PostgreSQL store was not held to the contract'))('on a real PostgreSQL', () => {
  let server: RealPostgres;
  let schemas = 0;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  const options = (schema: string, more: Partial<PostgresOptions> = {}): PostgresOptions => ({
    url: server.url,
    schema,
    collections: [notes, packed],
    now: () => Date.now(),
    warn: () => {},
    ...more,
  });

  storeContract('PostgreSQL', async () => {
    schemas += 1;
    const schema = `contract_${schemas}`;
    let store = await openPostgresStore(options(schema));
    return {
      store,
      reopen: async () => {
        await store.close();
        store = await openPostgresStore(options(schema));
        return store;
      },
      end: () => store.close(),
    };
  });
});
