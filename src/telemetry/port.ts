/** One series of an instant query: labels and the newest value. Value as Prometheus gives it; NaN and infinities are possible. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly at: number;
  readonly value: number;
}

/** One series of a range query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

/**
 * The few questions put to Prometheus. PromQL is always ours; label values go in through `promString`.
 * Every method throws DaytwoError: not-configured | unreachable | timeout | forbidden | bad-answer | too-large | cancelled |
 * invalid (the query is wrong) | failed (Prometheus could not evaluate it).
 */
export interface Prometheus {
  /** An instant query; a scalar comes back as one sample without labels. */
  query(expr: string, signal: AbortSignal): Promise<readonly Sample[]>;
  /** Bounded to `maxSeries` series; the step is chosen so that at most about 200 points come back. */
  queryRange(
    expr: string,
    range: { readonly fromMs: number; readonly toMs: number; readonly maxSeries?: number },
    signal: AbortSignal,
  ): Promise<readonly Series[]>;
  /** The version, for check-config --probe. */
  version(signal: AbortSignal): Promise<string>;
}

/** A matcher as Alertmanager's API v2 has it. */
export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** An alert as `GET /api/v2/alerts` tells it. Times are epoch ms. */
export interface LiveAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly state: 'active' | 'suppressed' | 'unprocessed';
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
  readonly receivers: readonly string[];
  readonly generatorURL: string;
}

/** A silence as the API tells it. Times are epoch ms. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly createdBy: string;
  readonly comment: string;
  readonly state: 'active' | 'pending' | 'expired';
}

/**
 * Alertmanager's API v2.
 * Every method throws DaytwoError: not-configured | unreachable | timeout (it may have arrived) | forbidden | bad-answer |
 * too-large | cancelled | invalid (it refused the silence).
 */
export interface Alertmanager {
  /** Every alert it knows: active, silenced, inhibited. */
  alerts(signal: AbortSignal): Promise<readonly LiveAlert[]>;
  silences(signal: AbortSignal): Promise<readonly Silence[]>;
  /** Returns the new silence's id. */
  createSilence(
    silence: Pick<Silence, 'matchers' | 'startsAt' | 'endsAt' | 'createdBy' | 'comment'>,
    signal: AbortSignal,
  ): Promise<string>;
  /** Ends a silence; one that has already ended, or that Alertmanager has forgotten, is no error. */
  expireSilence(id: string, signal: AbortSignal): Promise<void>;
  /** Its version, and when the process started (epoch ms): its alerts are only as old as that. */
  status(signal: AbortSignal): Promise<{ readonly version: string; readonly startedAt: number }>;
  /** The version alone, for check-config --probe. */
  version(signal: AbortSignal): Promise<string>;
}
