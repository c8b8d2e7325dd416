import type { Incident } from './incident.ts';

/** What happened to an incident, for its timeline, its thread and its metrics. */
export type Fact =
  | { readonly is: 'opened' }
  | { readonly is: 'reopened'; readonly times: number; readonly quiet: boolean }
  | { readonly is: 'fired'; readonly count: number }
  | { readonly is: 'recovered'; readonly count: number }
  | { readonly is: 'resolved'; readonly afterMs: number; readonly by: 'webhook' | 'alertmanager' }
  | { readonly is: 'truncated'; readonly count: number }
  | { readonly is: 'acknowledged'; readonly by: string }
  | { readonly is: 'silenced'; readonly by: string; readonly until: number; readonly silence: string }
  | { readonly is: 'unsilenced'; readonly by: string; readonly silences: readonly string[] }
  | { readonly is: 'triage-wanted'; readonly by: string; readonly round: number }
  | { readonly is: 'triaged'; readonly round: number; readonly worst: string };

/** An incident after an event, with what changed. No facts and the same incident: the event told nothing new. */
export interface Decided {
  readonly incident: Incident;
  readonly facts: readonly Fact[];
}
