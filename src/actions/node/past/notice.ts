import type { NodeSighting, SeenCondition } from '../../../cluster/sighting.ts';
import { cordonMark } from '../mark.ts';
import type { NodeChange, NodePast, PastEntry } from './model.ts';

/** The moment of a look. Epoch ms. */
export interface Moment {
  readonly now: number;
  /** The look before this one; undefined at a process's first. */
  readonly lookedAt: number | undefined;
  /** How long entries are kept, ms. */
  readonly keepMs: number;
}

/** Most entries of each kind: a condition that flaps pushes out no version and no cordon. */
const MOST: Readonly<Record<'state' | 'kubelet' | 'condition' | 'cordon', number>> = {
  state: 10,
  kubelet: 20,
  condition: 40,
  cordon: 20,
};

const kindOf = ({ is }: NodeChange): keyof typeof MOST => {
  if (is === 'kubelet' || is === 'condition') return is;
  return is === 'cordoned' || is === 'uncordoned' ? 'cordon' : 'state';
};

/** What becomes of a node's past with what is seen of it now (undefined: it isn't there); undefined where nothing changed. Pure. */
export function notice(
  past: NodePast | undefined,
  seen: NodeSighting | undefined,
  moment: Moment,
): NodePast | undefined {
  const { now, lookedAt } = moment;
  const noticed = { at: now, noticed: { after: lookedAt } };
  if (!seen) {
    if (!past || past.goneAt !== undefined) return undefined;
    return {
      ...past,
      goneAt: now,
      entries: kept([{ ...noticed, change: { is: 'gone' } }, ...past.entries], moment),
    };
  }
  const fresh = changes(past, seen, moment);
  if (past && fresh.length === 0) return undefined;
  return { seen, entries: kept([...fresh, ...(past?.entries ?? [])], moment) };
}

function changes(past: NodePast | undefined, seen: NodeSighting, moment: Moment): readonly PastEntry[] {
  const noticed = { at: moment.now, noticed: { after: moment.lookedAt } };
  const { kubelet } = seen;
  // Of a node that is new here its conditions and its cordon are told with their own times; what was before isn't known.
  const all = (entry: PastEntry): readonly PastEntry[] => [
    entry,
    ...(seen.cordon ? [cordoned(seen.cordon, moment)] : []),
  ];
  if (!past) return all({ at: moment.now, change: { is: 'first-seen', kubelet } });
  if (past.seen.uid !== seen.uid) return all({ ...noticed, change: { is: 'replaced', kubelet } });
  const before = past.seen;
  return [
    ...(past.goneAt === undefined ? [] : [{ ...noticed, change: { is: 'back' } as const }]),
    ...(before.kubelet === kubelet
      ? []
      : [{ ...noticed, change: { is: 'kubelet', from: before.kubelet, to: kubelet } as const }]),
    ...seen.conditions.flatMap((one) => condition(before.conditions, one, moment)),
    ...(seen.cordon && !before.cordon ? [cordoned(seen.cordon, moment)] : []),
    ...(before.cordon && !seen.cordon ? [{ ...noticed, change: { is: 'uncordoned' } as const }] : []),
  ];
}

function condition(
  before: readonly SeenCondition[],
  { type, status, reason, since }: SeenCondition,
  { now, lookedAt }: Moment,
): readonly PastEntry[] {
  const last = before.find((one) => one.type === type);
  if (last && last.status === status && last.since === since) return [];
  const change = { is: 'condition', type, status, reason, again: last?.status === status } as const;
  const isTold = since > 0 && since <= now;
  return [isTold ? { at: since, change } : { at: now, noticed: { after: lookedAt }, change }];
}

function cordoned(
  { manager, at, annotations }: NonNullable<NodeSighting['cordon']>,
  { now, lookedAt }: Moment,
): PastEntry {
  const mark = cordonMark({ unschedulable: true, annotations });
  if (mark)
    return { at: Math.min(mark.at, now), change: { is: 'cordoned', request: mark.request.slice(0, 40), manager } };
  const change = { is: 'cordoned', manager } as const;
  return at !== undefined && at <= now ? { at, change } : { at: now, noticed: { after: lookedAt }, change };
}

/** Newest first, bounded by kind and by age; the last of what says how it stands is kept whatever its age. */
function kept(entries: readonly PastEntry[], { now, keepMs }: Moment): readonly PastEntry[] {
  const counts = { state: 0, kubelet: 0, condition: 0, cordon: 0 };
  return entries
    .toSorted((a, b) => b.at - a.at)
    .filter(({ at, change }) => {
      const kind = kindOf(change);
      counts[kind] += 1;
      return counts[kind] <= MOST[kind] && (now - at <= keepMs || counts[kind] === 1);
    });
}
