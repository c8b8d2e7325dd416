import type { Decided } from './fact.ts';
import type { Incident } from './incident.ts';

/** So many silences of one incident are remembered. */
const MAX_SILENCES = 20;

/** Someone takes it on. A second acknowledgement by the same person changes nothing. */
export function acknowledge(incident: Incident, by: string, now: number): Decided {
  if (incident.state === 'resolved' || incident.ack?.by === by) return { incident, facts: [] };
  return { incident: { ...incident, ack: { by, at: now } }, facts: [{ is: 'acknowledged', by }] };
}

/** A silence was made in Alertmanager. */
export function silenced(
  incident: Incident,
  silence: { readonly id: string; readonly by: string; readonly until: number },
): Decided {
  if (incident.silences.some(({ id }) => id === silence.id)) return { incident, facts: [] };
  return {
    incident: { ...incident, silences: [...incident.silences, silence].slice(-MAX_SILENCES) },
    facts: [{ is: 'silenced', by: silence.by, until: silence.until, silence: silence.id }],
  };
}

/** Silences were ended in Alertmanager. */
export function unsilenced(incident: Incident, ids: readonly string[], by: string): Decided {
  const left = incident.silences.filter(({ id }) => !ids.includes(id));
  if (left.length === incident.silences.length) return { incident, facts: [] };
  return { incident: { ...incident, silences: left }, facts: [{ is: 'unsilenced', by, silences: ids }] };
}

/** Someone wants fresh evidence; while a round is under way that one is it. */
export function wantTriage(incident: Incident, by: string, now: number): Decided {
  if (incident.triage.wanted) return { incident, facts: [] };
  const round = incident.triage.round + 1;
  return {
    incident: { ...incident, triage: { round, wanted: true, at: now } },
    facts: [{ is: 'triage-wanted', by, round }],
  };
}

/** A round of evidence is complete. */
export function triaged(incident: Incident, round: number, worst: string): Decided {
  if (!incident.triage.wanted || incident.triage.round !== round) return { incident, facts: [] };
  return {
    incident: { ...incident, triage: { ...incident.triage, wanted: false } },
    facts: [{ is: 'triaged', round, worst }],
  };
}
