import { humanDuration } from '../lib/text.ts';
import type { Collection } from '../store/port.ts';
import { utc } from './cards.ts';
import type { Fact } from './fact.ts';

/** One entry of an incident's timeline. `at` is epoch ms. */
export interface TimelineEntry {
  readonly incident: string;
  readonly at: number;
  readonly fact: Fact;
}

/** Everything that happened to incidents, in the order of its happening. */
export const timeline: Collection<TimelineEntry> = { kind: 'timeline', keys: ({ incident }) => ({ incident }) };

const alerts = (count: number): string => (count === 1 ? '1 alert' : `${count} alerts`);

/** A fact in words, without its time. The person's name and numbers are all that varies. */
export function factText(fact: Fact): string {
  switch (fact.is) {
    case 'opened':
      return 'opened';
    case 'reopened':
      return `fired again (${fact.times}${fact.times === 1 ? 'st' : fact.times === 2 ? 'nd' : fact.times === 3 ? 'rd' : 'th'} time since it was opened)`;
    case 'fired':
      return `${alerts(fact.count)} more firing`;
    case 'recovered':
      return `${alerts(fact.count)} recovered`;
    case 'resolved':
      return `resolved after ${humanDuration(fact.afterMs)}${fact.by === 'alertmanager' ? ' (Alertmanager no longer has it)' : ''}`;
    case 'truncated':
      return `Alertmanager left ${alerts(fact.count)} out of its notification`;
    case 'acknowledged':
      return `acknowledged by ${fact.by}`;
    case 'silenced':
      return `silenced by ${fact.by} until ${utc(fact.until)}`;
    case 'unsilenced':
      return `silence ended by ${fact.by}`;
    case 'triage-wanted':
      return `evidence asked for by ${fact.by}`;
    case 'triaged':
      return `evidence gathered (worst: ${fact.worst})`;
  }
}
