/**
 * What a bot did that the vendor's documents forbid, whatever the answer was. The world's own refusals (a revoked token, an archived
 * channel, a 429) are none.
 */
export interface Violation {
  /** The vendor's time, UTC epoch milliseconds. */
  readonly at: number;
  readonly kind:
    | 'unknown-method'
    | 'unknown-argument'
    | 'bad-argument'
    | 'bad-blocks'
    | 'bad-view'
    | 'too-long'
    | 'missing-text'
    | 'bad-metadata'
    | 'bad-thread'
    | 'bad-upload'
    | 'bad-ack'
    | 'bad-response-url'
    | 'bad-transport';
  /** The Web API method, or where else it happened (`socket`, `http`, `response_url`). */
  readonly where: string;
  readonly detail: string;
}

/** Takes violations in. */
export type Report = (kind: Violation['kind'], where: string, detail: string) => void;
