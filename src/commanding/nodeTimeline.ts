import type { NodePast, PastEntry } from '../actions/node/past/model.ts';
import { utc } from '../alerting/cards.ts';
import type { Block } from '../chat/message.ts';
import type { NodeView } from '../cluster/port.ts';
import { stateWords } from '../gate/headline.ts';
import type { GateRequest } from '../gate/model.ts';
import { clip, humanDuration, inertLine } from '../lib/text.ts';

/** What a timeline is made of. */
export interface TimelineParts {
  readonly view: Pick<NodeView, 'conditions'>;
  /** Undefined where the node hasn't been watched. */
  readonly past: NodePast | undefined;
  readonly events: readonly {
    readonly at: number;
    readonly reason: string;
    readonly message: string;
    readonly count: number;
  }[];
  /** Requests for this node, newest first. */
  readonly requests: readonly GateRequest[];
}

/** Rows that are shown. */
const MOST = 15;
const TEXT_MOST = 160;
const OUTCOME_MOST = 90;
/** An uncordon of ours is noticed by the next look at the latest, ms. */
const NOTICED_MS = 3 * 60_000;

interface Row {
  readonly at: number;
  readonly text: string;
}

/**
 * What happened to a node, newest first: what was noticed since it is watched, conditions as they stand, events, and what was asked for
 * here with how it ended. A cordon that one of the requests tells of isn't told twice. Pure.
 */
export function timeline({ view, past, events, requests }: TimelineParts): Block {
  const entries = (past?.entries ?? []).filter((entry) => !isOurs(entry, requests));
  const rows: readonly Row[] = [
    ...entries.map((entry) => ({ at: entry.at, text: entryText(entry) })),
    ...standing(view.conditions.filter(({ type, since }) => since > 0 && !isTold(entries, type, since))),
    ...events.map(({ at, reason, message, count }) => ({
      at,
      text: `${reason}: ${message}${count > 1 ? ` (${count} times)` : ''}`,
    })),
    ...requests.map((request) => ({ at: request.endedAt ?? request.requestedAt, text: requestText(request) })),
  ].toSorted((a, b) => b.at - a.at);
  const more = rows.length - MOST;
  return {
    kind: 'table',
    columns: [{ label: 'When' }, { label: 'What happened' }],
    rows: rows.slice(0, MOST).map(({ at, text }) => [utc(at), clip(inertLine(text), TEXT_MOST)]),
    ...(more > 0 ? { more: `${more} older` } : {}),
  };
}

/** Conditions as they stand; a new node's four that are False since one moment are one row. */
function standing(conditions: NodeView['conditions']): readonly Row[] {
  const together = Map.groupBy(conditions, ({ since, status }) => `${since} ${status}`);
  return [...together.values()].flatMap((some) => {
    const [first] = some;
    const types = some.map(({ type }) => type).join(', ');
    return first ? [{ at: first.since, text: `${types} ${some.length === 1 ? 'is' : 'are'} ${first.status}` }] : [];
  });
}

const isTold = (entries: readonly PastEntry[], type: string, since: number): boolean =>
  entries.some(({ at, change }) => change.is === 'condition' && change.type === type && at === since);

/** Whether a request that is in the list did it. */
function isOurs({ at, noticed, change }: PastEntry, requests: readonly GateRequest[]): boolean {
  if (change.is === 'cordoned') return requests.some(({ name }) => name === change.request);
  if (change.is !== 'uncordoned') return false;
  const from = noticed?.after ?? at - NOTICED_MS;
  return requests.some(
    ({ plan, state, endedAt = 0 }) =>
      plan.action === 'node.uncordon' && state === 'succeeded' && endedAt >= from && endedAt <= at + NOTICED_MS,
  );
}

function entryText({ at, noticed, change }: PastEntry): string {
  const text = changeText(change);
  if (!noticed) return text;
  const { after } = noticed;
  if (after === undefined) return `${text} (noticed then; when it was isn’t known)`;
  return at - after > NOTICED_MS ? `${text} (within ${humanDuration(at - after)} before)` : text;
}

function changeText(change: PastEntry['change']): string {
  switch (change.is) {
    case 'first-seen':
      return `watched from here on, with kubelet ${change.kubelet || '–'}`;
    case 'replaced':
      return `another node has its name now, with kubelet ${change.kubelet || '–'}`;
    case 'gone':
      return 'gone from the cluster';
    case 'back':
      return 'in the cluster again';
    case 'kubelet':
      return `kubelet ${change.from || '–'} → ${change.to || '–'}`;
    case 'condition':
      return `${change.type} is ${change.status}${change.again ? ' again' : ''}${change.reason ? ` (${change.reason})` : ''}`;
    case 'cordoned':
      if (change.request !== undefined) return `cordoned by ${change.request}`;
      return `cordoned, not by a request here${change.manager ? `: by ${change.manager}` : ''}`;
    case 'uncordoned':
      return 'uncordoned, not by a request here; Kubernetes keeps no name';
  }
}

function requestText(request: GateRequest): string {
  const { name, plan, requester, outcome } = request;
  const end = outcome ? `. ${clip(inertLine(outcome.text), OUTCOME_MOST)}` : '';
  return `${name}: ${plan.title}, asked by ${requester}: ${stateWords(request)}${end}`;
}
