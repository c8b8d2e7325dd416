/**
 * What went wrong, as a code that callers branch on. Texts are for people and may change; codes don't.
 * - `not-configured`: the part is not set up, so nothing was tried
 * - `unreachable`: the other side never answered (refused, no route, name unknown): the request did not arrive
 * - `timeout`: no answer in time: the request may have arrived
 * - `forbidden`: the other side knows us not, or denies us
 * - `not-found`: what was asked for isn't there
 * - `bad-answer`: an answer came and made no sense
 * - `failed`: the other side did it and reports failure
 * - `too-large`: a bound was passed
 * - `cancelled`: the caller's signal was aborted
 * - `invalid`: the input is wrong; asking again changes nothing
 * - `store-conflict`: somebody else wrote the aggregate first
 * - `store-unavailable`: nothing can be stored now (disk full, data base away)
 * - `store-locked`: another process owns the state
 * - `overloaded`: a bound of our own is reached; later is better
 */
export type ErrorCode =
  | 'not-configured'
  | 'unreachable'
  | 'timeout'
  | 'forbidden'
  | 'not-found'
  | 'bad-answer'
  | 'failed'
  | 'too-large'
  | 'cancelled'
  | 'invalid'
  | 'store-conflict'
  | 'store-unavailable'
  | 'store-locked'
  | 'overloaded';

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'unreachable',
  'timeout',
  'store-conflict',
  'store-unavailable',
  'overloaded',
]);

/** The one error family of the house. `message` is written for the operator and never holds a secret. */
export class DaytwoError extends Error {
  override readonly name = 'DaytwoError';
  readonly code: ErrorCode;
  /** True where the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? RETRYABLE.has(code);
  }
}

/** The code of any thrown value; foreign errors are `failed`, an aborted signal is `cancelled`. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof DaytwoError) return error.code;
  if (error instanceof Error && error.name === 'AbortError') return 'cancelled';
  return 'failed';
}

/** The text of any thrown value, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
