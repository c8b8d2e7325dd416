import type { Clock } from '../lib/clock.ts';
import type { Collection } from '../store/port.ts';
import { remove, type Store, type Write } from '../store/port.ts';
import { presses } from './desk.ts';
import { type Incident, incidents } from './incident.ts';
import { timeline } from './timeline.ts';

/** However recent, no more resolved incidents than this are kept. */
const MOST_RESOLVED = 10_000;
/** Documents of one commit. */
const BATCH = 200;

/** What of an incident another part keeps: removed together with it. */
export interface Belonging {
  readonly in: Collection<never>;
  readonly key: string;
  /** The key's value for an incident. */
  readonly of: (id: string, incident: Incident) => string;
}

/** Deletes what was resolved too long ago, with all that belongs to it. Returns the names of the incidents that went. */
export async function forgetOld(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly keepMs: number;
  readonly belongings: readonly Belonging[];
  readonly most?: number;
}): Promise<readonly string[]> {
  const { store, clock, keepMs } = options;
  const own: readonly Belonging[] = [
    { in: timeline, key: 'incident', of: (id) => id },
    { in: presses, key: 'incident', of: (id) => id },
    ...options.belongings,
  ];
  const gone: string[] = [];
  let surplus = (await store.count(incidents, ['state', 'resolved'])) - (options.most ?? MOST_RESOLVED);
  for (let after = ''; ; ) {
    const page = await store.find(incidents, { key: ['state', 'resolved'], after, limit: 100 });
    for (const { id, version, body } of page) {
      after = id;
      surplus -= 1;
      if (clock.now() - (body.resolvedAt ?? 0) < keepMs && surplus < 0) continue;
      for (const belonging of own) await removeAll(store, belonging, belonging.of(id, body));
      await store.commit([remove(incidents, id, version)]);
      gone.push(body.name);
    }
    if (page.length < 100) return gone;
  }
}

async function removeAll(store: Store, belonging: Belonging, value: string): Promise<void> {
  for (;;) {
    const page = await store.find(belonging.in, { key: [belonging.key, value], limit: BATCH });
    const writes: Write[] = page.map(({ id }) => remove(belonging.in, id, 'any'));
    if (writes.length > 0) await store.commit(writes);
    if (page.length < BATCH) return;
  }
}
