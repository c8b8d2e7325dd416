import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { type Collection, put } from '../store/port.ts';
import type { State } from './state.ts';

/** Two blocks of a common file system: less could still fit behind the end of a file on a full disk, where no notification does. */
const HEARTBEAT_BYTES = 8192;
/** A data base that hasn't answered for so long is down for whoever asks whether it is up. */
const ANSWER_MS = 1500;

/** The document by which the store is tried. */
const heartbeat: Collection<{ readonly at: number; readonly filling: string }> = {
  kind: 'heartbeat',
  keys: () => ({}),
  cold: true,
};

/** Builds what tries the store: it writes a small document, and tells what is wrong, or undefined. Never fails. */
export function createStoreTrial(
  { store, isShared }: Pick<State, 'store' | 'isShared'>,
  clock: Clock,
): () => Promise<string | undefined> {
  return async () => {
    const trial = store
      .commit([put(heartbeat, 'ready', { at: clock.now(), filling: '.'.repeat(HEARTBEAT_BYTES) }, 'any')])
      .then(() => undefined)
      .catch((error: unknown) => messageOf(error));
    if (!isShared) return trial;
    const enough = new AbortController();
    const late = clock.sleep(ANSWER_MS, enough.signal).then(() => 'PostgreSQL does not answer');
    return Promise.race([trial, late]).finally(() => enough.abort());
  };
}
