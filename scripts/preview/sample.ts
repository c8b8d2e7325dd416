import type { Card } from '../../src/chat/message.ts';

/** A message to show. `root`: it begins a thread, else it is said in one. */
export interface Sample {
  readonly name: string;
  readonly card: Card;
  readonly root: boolean;
}
