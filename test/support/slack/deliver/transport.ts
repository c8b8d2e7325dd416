import type { Obj } from '../value.ts';

/** What is delivered, in Socket Mode's words. https://docs.slack.dev/apis/events-api/using-socket-mode#events */
export type DeliveryKind = 'events_api' | 'slash_commands' | 'interactive';

/** That this isn't the first attempt. https://docs.slack.dev/apis/events-api#retries */
export interface Retry {
  /** From 1. */
  readonly num: number;
  readonly reason: string;
}

/** How one attempt ended. Times on the machine's clock, in milliseconds. */
export type Attempt =
  | { readonly is: 'acked'; readonly body: unknown; readonly tookMs: number }
  | {
      readonly is: 'failed';
      readonly reason: 'http_timeout' | 'http_error' | 'connection_failed' | 'no_connection';
      readonly detail: string;
      readonly tookMs: number;
      /** The app asked for no further retries. */
      readonly noRetry: boolean;
    };

/** Carries payloads to the app. */
export interface Transport {
  attempt(kind: DeliveryKind, payload: Obj, retry: Retry | undefined): Promise<Attempt>;
  /** Resolves when an attempt has a chance. */
  ready(signal: AbortSignal): Promise<void>;
}
