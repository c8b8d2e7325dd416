import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Store } from '../../src/store/port.ts';

/** A store of lowdb in a fresh folder that can be closed and opened again, as a restart does. */
export interface TempStore {
  /** Its folder. */
  readonly dir: string;
  /** The store as it is open now. */
  readonly store: Store;
  /** Closes and opens it: what was durable is there. Returns the new one. */
  restart(): Promise<Store>;
  /** Closes it and removes its folder. */
  drop(): Promise<void>;
}

/** Opens one; every kind of document is read as it comes. */
export async function tempStore(now: () => number = Date.now): Promise<TempStore> {
  const dir = mkdtempSync(join(tmpdir(), 'daytwo-store-'));
  const open = (): Promise<Store> => openLowdbStore({ dir, collections: [], now, warn: () => {} });
  let store = await open();
  return {
    dir,
    get store() {
      return store;
    },
    restart: async () => {
      await store.close();
      store = await open();
      return store;
    },
    drop: async () => {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
