import type { GateFact, Refusal } from './facts.ts';
import { ENDS, type GateRequest } from './model.ts';

/** What the ledger tells the metrics. Nothing here may throw. */
export interface GateMeter {
  /** These facts became durable; the request is as it is after them. */
  readonly facts: (request: GateRequest, facts: readonly GateFact[]) => void;
  /** Somebody, or the start, was turned away. */
  readonly refused: (why: Refusal['why']) => void;
}

/** Whether these facts brought the request to its end: settling an `unknown` one comes after it. Pure. */
export function isEnding({ state }: GateRequest, facts: readonly GateFact[]): boolean {
  return ENDS.has(state) && facts.some(({ is }) => is !== 'settled');
}
