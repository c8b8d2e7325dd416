import type { Block } from '../chat/message.ts';
import type { NodeState, PodState } from '../cluster/acting.ts';
import type { EventView, NodeView } from '../cluster/port.ts';
import type { Refusal } from '../gate/action.ts';
import type { GateRequest, Plan } from '../gate/model.ts';
import { clip, humanBytes, humanDuration, inertLine } from '../lib/text.ts';

/** Something that was looked at, or why it couldn't be. */
export type Part<T> = { readonly seen: T } | { readonly unseen: string };

/** All that the sheet of a node is made of. Times are epoch ms. */
export interface NodeSheet {
  readonly view: NodeView;
  readonly state: Part<NodeState | undefined>;
  readonly pods: Part<readonly PodState[]>;
  readonly events: Part<readonly EventView[]>;
  readonly drain: Part<Plan | Refusal>;
  /** Requests for this node, newest first. */
  readonly requests: readonly GateRequest[];
  readonly now: number;
}

/** Rows of the timeline, and hazards of a drain, that are shown. */
const TIMELINE_MOST = 15;
const HAZARDS_MOST = 6;
const TEXT_MOST = 160;

/** The blocks of a node's sheet: what it is, how full, what a drain would meet, what happened. Pure. */
export function nodeBlocks(sheet: NodeSheet): readonly Block[] {
  const { view, now } = sheet;
  return [
    {
      kind: 'fields',
      fields: [
        { name: 'Status', value: statusOf(view) },
        { name: 'Kubelet', value: inertLine(view.kubeletVersion) || '–' },
        { name: 'Roles', value: view.roles.map(inertLine).join(', ') || '–' },
        { name: 'Addresses', value: view.internalIPs.map(inertLine).join(', ') || '–' },
        { name: 'Age', value: humanDuration(now - view.createdAt) },
        ...(view.taints.length > 0 ? [{ name: 'Taints', value: view.taints.map(inertLine).join(', ') }] : []),
      ],
    },
    {
      kind: 'table',
      columns: [{ label: 'Condition' }, { label: 'Is' }, { label: 'For', align: 'right' }, { label: 'Reason' }],
      rows: view.conditions.map(({ type, status, since, reason }) => [
        inertLine(type),
        inertLine(status),
        since > 0 ? humanDuration(now - since) : '–',
        inertLine(reason),
      ]),
    },
    ...requestsOf(sheet),
    ...drainOf(sheet),
    ...timelineOf(sheet),
  ];
}

/** Ready, NotReady or Unknown, and whether new pods come. Pure. */
export function statusOf({ ready, unschedulable }: Pick<NodeView, 'ready' | 'unschedulable'>): string {
  const words = { True: 'Ready', False: 'NotReady', Unknown: 'Unknown' } as const;
  return `${words[ready]}${unschedulable ? ', SchedulingDisabled' : ''}`;
}

/** What pods ask for, of what the node can give, as the scheduler counts: those that have finished hold no place. */
function requestsOf({ state, pods }: NodeSheet): readonly Block[] {
  if ('unseen' in pods) return [{ kind: 'text', text: `Its pods can’t be told: ${pods.unseen}` }];
  const live = pods.seen.filter(({ phase }) => phase !== 'Succeeded' && phase !== 'Failed');
  const finished = pods.seen.length - live.length;
  const can = 'seen' in state ? (state.seen?.allocatable ?? {}) : {};
  const sum = (name: string): number => live.reduce((all, { requests }) => all + (requests[name] ?? 0), 0);
  const row = (label: string, asked: number, most: number | undefined, words: (amount: number) => string): string[] => [
    label,
    words(asked),
    most === undefined ? '–' : words(most),
    most === undefined || most === 0 ? '–' : `${Math.round((100 * asked) / most)} %`,
  ];
  return [
    {
      kind: 'table',
      columns: [
        { label: 'Requests' },
        { label: 'Asked', align: 'right' },
        { label: 'Allocatable', align: 'right' },
        { label: 'Share', align: 'right' },
      ],
      rows: [
        row('Pods', live.length, can['pods'], String),
        row('CPU', sum('cpu'), can['cpu'], (milli) => `${Math.round(milli)}m`),
        row('Memory', sum('memory'), can['memory'], humanBytes),
      ],
    },
    ...(finished > 0 ? [{ kind: 'quiet', text: `${finished} more have finished and hold no place.` } as const] : []),
  ];
}

/** What stands in the way of a drain, in short. */
function drainOf({ view, drain }: NodeSheet): readonly Block[] {
  if ('unseen' in drain) return [{ kind: 'quiet', text: `What a drain would meet can’t be told: ${drain.unseen}` }];
  if ('refused' in drain.seen) return [{ kind: 'quiet', text: inertLine(drain.seen.refused) }];
  const hazards = drain.seen.findings.filter(({ level }) => level !== 'NOTE');
  const blocks = hazards.filter(({ level }) => level === 'BLOCK');
  const shown = [...blocks, ...hazards.filter(({ level }) => level !== 'BLOCK')].slice(0, HAZARDS_MOST);
  const more = hazards.length - shown.length;
  const title = blocks.length > 0 ? 'A drain would be blocked' : 'A drain would not be blocked';
  const name = inertLine(view.name);
  return [
    { kind: 'text', text: [{ strong: `${title}.` }] },
    ...(shown.length === 0
      ? []
      : [
          {
            kind: 'list',
            items: shown.map(({ level, text }) => clip(inertLine(`${level}: ${text}`), TEXT_MOST)),
          } as const,
        ]),
    ...(more > 0 ? [{ kind: 'quiet', text: `${more} more; /drain ${name} shows all.` } as const] : []),
  ];
}

const stamp = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** Conditions, events, and what was asked for the node here, newest first. */
function timelineOf({ view, events, requests }: NodeSheet): readonly Block[] {
  const happened = [
    ...view.conditions
      .filter(({ since }) => since > 0)
      .map(({ type, status, since }) => ({ at: since, text: `${type} is ${status}` })),
    ...('seen' in events ? events.seen : []).map(({ at, reason, message, count }) => ({
      at,
      text: `${reason}: ${message}${count > 1 ? ` (${count} times)` : ''}`,
    })),
    ...requests.map(({ name, plan, state, requester, requestedAt, endedAt }) => ({
      at: endedAt ?? requestedAt,
      text: `${name}: ${plan.title}, asked by ${requester}: ${state}`,
    })),
  ].sort((a, b) => b.at - a.at);
  const more = happened.length - TIMELINE_MOST;
  return [
    {
      kind: 'table',
      columns: [{ label: 'UTC' }, { label: 'What happened' }],
      rows: happened.slice(0, TIMELINE_MOST).map(({ at, text }) => [stamp(at), clip(inertLine(text), TEXT_MOST)]),
      ...(more > 0 ? { more: `${more} older` } : {}),
    },
    ...('unseen' in events ? [{ kind: 'quiet', text: `Events can’t be told: ${events.unseen}` } as const] : []),
  ];
}
