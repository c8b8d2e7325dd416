import type { Target } from '../alerting/desk.ts';
import type { Incident } from '../alerting/incident.ts';
import type { Card } from '../chat/message.ts';
import { laneOf, say } from '../chat/outbox.ts';
import { type Collection, put, type Stored, type Write } from '../store/port.ts';
import type { Evidence } from './evidence.ts';

/** The evidence of one round, as far as it has come, with the message that shows it. Document id: `roundId`. */
export interface EvidenceRound {
  readonly incident: string;
  readonly round: number;
  readonly items: readonly Evidence[];
  readonly card: Card;
  readonly complete: boolean;
  /** Lanes in which the message stands: there it is edited, elsewhere posted. */
  readonly said: readonly string[];
  /** Lanes in which the pictures stand as messages of their own. */
  readonly pictured: readonly string[];
  readonly at: number;
}

/** Rounds of evidence. */
export const evidenceRounds: Collection<EvidenceRound> = {
  kind: 'evidence',
  keys: ({ incident }) => ({ incident }),
  cold: true,
};

/** The document id of a round of an incident. */
export function roundId(incident: string, round: number): string {
  return `${incident}-${round}`;
}

const union = (a: readonly string[], b: readonly string[]): readonly string[] => [...new Set([...a, ...b])];

/**
 * The writes that keep a round's evidence and show it in the incident's threads: one message a thread, posted once and edited after,
 * and once it is complete its pictures, where a chat shows them apart. `before` is the round as it is stored. Pure.
 */
export function recordRound(options: {
  readonly id: string;
  readonly incident: Incident;
  readonly targets: readonly Target[];
  readonly before: Stored<EvidenceRound> | undefined;
  readonly now: Pick<EvidenceRound, 'round' | 'items' | 'card' | 'complete' | 'at'>;
}): readonly Write[] {
  const { id, incident, targets, before, now } = options;
  const message = `${incident.name}/evidence-${now.round}`;
  const said = before?.body.said ?? [];
  const pictured = before?.body.pictured ?? [];
  const writes: Write[] = targets.flatMap(({ conversation }) =>
    say(
      [conversation],
      { do: said.includes(laneOf(conversation)) ? 'edit' : 'post', message, root: incident.name, card: now.card },
      now.at,
    ),
  );
  const apart = now.complete
    ? targets.filter(({ pictures, conversation }) => pictures === 'apart' && !pictured.includes(laneOf(conversation)))
    : [];
  const pictures = now.items.flatMap(({ title, parts }) =>
    parts.flatMap((part) => (part.kind === 'picture' ? [{ title, picture: part.picture }] : [])),
  );
  for (const [at, { title, picture }] of pictures.entries()) {
    const card: Card = {
      tone: 'neutral',
      title: `${incident.name} ${title}`,
      blocks: [{ kind: 'picture', picture }],
      buttons: [],
    };
    writes.push(
      ...say(
        apart.map(({ conversation }) => conversation),
        { do: 'post', message: `${message}/picture-${at + 1}`, root: incident.name, card },
        now.at,
      ),
    );
  }
  const lanes = (some: readonly Target[]): readonly string[] => some.map(({ conversation }) => laneOf(conversation));
  const body: EvidenceRound = {
    incident: id,
    ...now,
    said: union(said, lanes(targets)),
    pictured: union(pictured, lanes(apart)),
  };
  return [put(evidenceRounds, roundId(id, now.round), body, before?.version ?? 0), ...writes];
}
