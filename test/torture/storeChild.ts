import { writeSync } from 'node:fs';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import { append, type Collection, put, remove } from '../../src/store/port.ts';

/** A pair of documents that every commit changes together, and a log of the same step. */
export interface Half {
  readonly step: number;
  readonly filling: string;
}

/** One half of the pair. */
export const lefts: Collection<Half> = {
  kind: 'left',
  keys: ({ step }) => ({ even: step % 2 === 0 ? 'yes' : undefined }),
};
/** The other half, kept packed. */
export const rights: Collection<Half> = { kind: 'right', keys: () => ({}), cold: true };
/** One entry a commit, trimmed from behind. */
export const steps: Collection<{ readonly step: number }> = { kind: 'step', keys: () => ({}) };

/** Small, so that a second of writing makes dozens of snapshots. */
export const SNAPSHOT_FROM_BYTES = 16 * 1024;
/** Pairs that exist at the same time; steps that are kept. */
export const PAIRS = 24;
const STEPS_KEPT = 50;
const AT_ONCE = 12;

/** Opens the folder with a small threshold for snapshots. */
export function openSmall(dir: string, warn: (message: string) => void): ReturnType<typeof openLowdbStore> {
  return openLowdbStore({
    dir,
    collections: [lefts, rights, steps],
    now: Date.now,
    warn: (message, fields) => warn(`${message} ${JSON.stringify(fields)}`),
    snapshotFromBytes: SNAPSHOT_FROM_BYTES,
  });
}

/** Writes until it is killed; a line `pair step` on standard output for each commit that was acknowledged, and not before. */
async function write(dir: string): Promise<void> {
  const store = await openSmall(dir, (text) => writeSync(1, `! ${text}\n`));
  writeSync(1, '> open\n');
  const [last] = await store.find(steps, { order: 'down', limit: 1 });
  let step = last?.body.step ?? 0;
  const worker = async (first: number): Promise<void> => {
    for (let pair = first; ; pair = (pair + AT_ONCE) % PAIRS) {
      step += 1;
      const mine = step;
      const id = `pair-${pair}`;
      const body: Half = { step: mine, filling: 'x'.repeat(50 + ((mine * 131) % 1000)) };
      const left = await store.get(lefts, id);
      const right = await store.get(rights, id);
      const old = await store.find(steps, { limit: 1 });
      const surplus = (await store.count(steps)) > STEPS_KEPT ? old : [];
      await store.commit([
        put(lefts, id, body, left?.version ?? 0),
        append(steps, { step: mine }),
        ...surplus.map((entry) => remove(steps, entry.id, 'any')),
        put(rights, id, body, right?.version ?? 0),
      ]);
      writeSync(1, `${pair} ${mine}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => worker(i)));
}

if (process.argv[1]?.endsWith('storeChild.ts')) await write(process.argv[2] ?? '');
