import type { JsonObject } from './wire.ts';

/** Something the bot did that the Bot API forbids, ignores or no longer documents. Tests demand that there is none. */
export interface Violation {
  readonly at: number;
  readonly method: string;
  readonly kind:
    | 'unknown-method'
    | 'unknown-parameter'
    | 'deprecated-parameter'
    | 'ill-typed'
    | 'over-limit'
    | 'unsupported'
    | 'bad-request-shape';
  readonly detail: string;
}

/** One call of the bot and what became of it. */
export interface Call {
  readonly n: number;
  /** When it came in, emulated UTC epoch milliseconds. */
  readonly at: number;
  readonly method: string;
  /** As sent; of uploads only name and size. */
  readonly params: JsonObject;
  readonly via: 'http' | 'webhook-reply';
  /** The HTTP status that was, or would have been, answered; 0 when the connection was dropped. */
  readonly status: number;
  readonly description?: string;
  readonly retryAfter?: number;
  readonly tookMs: number;
  /** The fault that the plan put on this call. */
  readonly fault?: string;
}

/** A call that came while the bot had been told to wait. */
export interface EarlyRetry {
  readonly at: number;
  readonly method: string;
  readonly lane: string;
  readonly earlyByMs: number;
}

/** What happened, in order. */
export interface Records {
  readonly calls: Call[];
  readonly violations: Violation[];
  readonly earlyRetries: EarlyRetry[];
}

/** Empty records. */
export function records(): Records {
  return { calls: [], violations: [], earlyRetries: [] };
}

/** Times of one method's calls. */
export interface MethodTiming {
  readonly calls: number;
  readonly failed: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly longestMs: number;
}

/** Calls a method, with timing. */
export function timings(calls: readonly Call[]): Map<string, MethodTiming> {
  const result = new Map<string, MethodTiming>();
  for (const call of calls) {
    const sofar = result.get(call.method);
    result.set(call.method, {
      calls: (sofar?.calls ?? 0) + 1,
      failed: (sofar?.failed ?? 0) + (call.status === 200 ? 0 : 1),
      firstAt: sofar?.firstAt ?? call.at,
      lastAt: call.at,
      longestMs: Math.max(sofar?.longestMs ?? 0, call.tookMs),
    });
  }
  return result;
}
