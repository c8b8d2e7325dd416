import type { NodePast } from '../actions/node/past/model.ts';
import type { Block } from '../chat/message.ts';
import type { NodeState, PodState } from '../cluster/acting.ts';
import type { EventView, NodeView } from '../cluster/port.ts';
import type { Refusal } from '../gate/action.ts';
import type { GateRequest, Plan } from '../gate/model.ts';
import { clip, humanBytes, humanDuration, inertLine } from '../lib/text.ts';
import { timeline } from './nodeTimeline.ts';

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
  /** What was noticed since it is watched. */
  readonly past: NodePast | undefined;
  readonly now: number;
}

/** Hazards of a drain that are shown. */
const HAZARDS_MOST = 6;
const TEXT_MOST = 160;

/** The blocks of a node's sheet: what it is, how full, what a drain would meet, what happened. Pure. */
export function nodeBlocks(sheet: NodeSheet): readonly Block[] {
  const { view, now } = sheet;
  return [
    {
      kind: 'fields',
      fields: [
        { name: 'Kubelet', value: inertLine(view.kubeletVersion) },
        { name: 'Roles', value: view.roles.map(inertLine).join(', ') },
        { name: 'Addresses', value: view.internalIPs.map(inertLine).join(', ') },
        { name: 'Age', value: humanDuration(now - view.createdAt) },
        { name: 'Taints', value: view.taints.map(inertLine).join(', ') },
      ].filter(({ value }) => value !== ''),
    },
    {
      kind: 'table',
      columns: [{ label: 'Condition' }, { label: 'Is' }, { label: 'For', align: 'right' }, { label: 'Reason' }],
      rows: view.conditions
        .toSorted((a, b) => Number(isBad(b)) - Number(isBad(a)))
        .map(({ type, status, since, reason }) => [
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

const isBad = ({ type, status }: NodeView['conditions'][number]): boolean =>
  type === 'Ready' ? status !== 'True' : status === 'True';

/** What a node is short of, by its conditions: `DiskPressure`. Inert. Pure. */
export function pressuresOf({ conditions }: Pick<NodeView, 'conditions'>): readonly string[] {
  return conditions.filter((one) => one.type !== 'Ready' && isBad(one)).map(({ type }) => inertLine(type));
}

/** Ready, NotReady or Unknown, whether new pods come, and what it is short of. Pure. */
export function statusOf(view: Pick<NodeView, 'ready' | 'unschedulable' | 'conditions'>): string {
  const words = { True: 'Ready', False: 'NotReady', Unknown: 'Unknown' } as const;
  return [words[view.ready], ...(view.unschedulable ? ['SchedulingDisabled'] : []), ...pressuresOf(view)].join(', ');
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
  const name = inertLine(view.name);
  const title = blocks.length > 0 ? 'A drain would be blocked' : 'Nothing seen here blocks a drain';
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
    {
      kind: 'quiet',
      text: `${more > 0 ? `${more} more. ` : ''}/drain ${name} plans it, and asks Kubernetes itself about its pods.`,
    },
  ];
}

/** Clocks of nodes may go before ours by so much, ms; what is later yet would stand above all that happened, for ever. */
const AHEAD_MOST_MS = 5 * 60_000;

/** Conditions, events, and what was noticed of the node and asked for it here, newest first. */
function timelineOf({ view, events, requests, past, now }: NodeSheet): readonly Block[] {
  const been = (at: number): boolean => at <= now + AHEAD_MOST_MS;
  const conditions = view.conditions.filter(({ since }) => been(since));
  const seen = 'seen' in events ? events.seen.filter(({ at }) => been(at)) : [];
  return [
    timeline({ view: { conditions }, past, events: seen, requests }),
    ...('unseen' in events ? [{ kind: 'quiet', text: `Events can’t be told: ${events.unseen}` } as const] : []),
  ];
}
