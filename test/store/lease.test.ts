import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPLICA_COLLECTIONS } from '../../src/store/lease.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import { leaseContract } from '../contract/lease.ts';

leaseContract('lowdb', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'daytwo-lease-'));
  const store = await openLowdbStore({ dir, collections: REPLICA_COLLECTIONS, now: () => Date.now(), warn: () => {} });
  return {
    store,
    end: async () => {
      await store.close();
      rmSync(dir, { recursive: true });
    },
  };
});
