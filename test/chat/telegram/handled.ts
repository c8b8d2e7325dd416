import type { Collection } from '../../../src/store/port.ts';

/** One mark for each time that an event was handled. */
export const handled: Collection<{ readonly event: string; readonly text: string }> = {
  kind: 'handled',
  keys: () => ({}),
};
