import type { Obj } from '../value.ts';

/** An `ok: false` of the Web API. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** The vendor's error, as `channel_not_found`. */
  readonly error: string;
  /** Further fields of the answer. */
  readonly extra: Obj;

  constructor(error: string, extra: Obj = {}) {
    super(error);
    this.error = error;
    this.extra = extra;
  }
}

/** A refusal with the vendor's detailed messages. https://docs.slack.dev/apis/web-api/#responses */
export function detailed(error: string, messages: readonly string[]): Refusal {
  return new Refusal(error, { errors: messages, response_metadata: { messages: messages.map((m) => `[ERROR] ${m}`) } });
}
