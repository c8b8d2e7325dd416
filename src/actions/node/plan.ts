import type { Refusal } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { humanDuration } from '../../lib/text.ts';
import { effectsOf } from './effects.ts';
import { drainFindings } from './findings.ts';
import { counted } from './found.ts';
import type { CordonMark } from './mark.ts';
import { nobody } from './nobody.ts';
import { type DrainSnapshot, lookAtNode } from './snapshot.ts';
import { strangeFinding, strangeMark } from './strangers.ts';
import { type Survey, survey } from './survey.ts';
import type { NodeWorld } from './world.ts';

/** The action's id. */
export const NODE_DRAIN = 'node.drain';

/** Until a drain gives up, ms: the cordon stays, and the card says what holds it. */
const DRAIN_DEADLINE_MS = 60 * 60_000;

/** Plans a drain: looks, then decides. Throws as `ActingCluster`: a cluster that can't be looked at gives no plan. */
export async function planDrain(name: string, world: NodeWorld, signal: AbortSignal): Promise<Plan | Refusal> {
  const [snapshot, lastTookMs] = await Promise.all([
    lookAtNode(name, world, signal),
    world.lastTookMs?.(NODE_DRAIN, name),
  ]);
  if (!('node' in snapshot)) return nobody(name, world, snapshot.nodes);
  return drainPlan(snapshot, {
    now: world.clock.now(),
    stranger: await strangeMark(snapshot.node, world),
    deadlineMs: world.deadlineMs ?? DRAIN_DEADLINE_MS,
    lastTookMs,
  });
}

/** What a plan needs beside the cluster. */
interface DrainSurroundings {
  readonly now: number;
  readonly deadlineMs: number;
  readonly lastTookMs: number | undefined;
  /** Of another daytwo, where that has cordoned the node. */
  readonly stranger?: CordonMark | undefined;
}

/** The plan from what was seen. Pure. */
export function drainPlan(snapshot: DrainSnapshot, { now, deadlineMs, lastTookMs, stranger }: DrainSurroundings): Plan {
  const found = survey(snapshot);
  const { name } = snapshot.node;
  const findings = drainFindings(snapshot, found, now);
  return {
    action: NODE_DRAIN,
    args: { node: name },
    target: name,
    title: `Drain ${name}`,
    summary: summaryOf(snapshot, found),
    steps: [
      { id: 'cordon', text: `Cordon ${name}, and read that back.` },
      { id: 'evict', text: 'Evict its pods, each by its uid, as their budgets allow; never delete one.' },
      { id: 'verify', text: 'Verify: still cordoned, no pod left in two looks, controllers as ready as before.' },
    ],
    findings: stranger
      ? [strangeFinding(name, stranger, now), ...findings.filter(({ code }) => code !== 'already-cordoned')]
      : findings,
    effects: effectsOf(snapshot, found, deadlineMs),
    locks: [`node/${name}`],
    ...(lastTookMs === undefined ? {} : { lastTookMs }),
  };
}

/** Nodes that the summary names. */
const TARGETS = 3;

const FINISHES: Readonly<Record<Survey['finishes'], string>> = {
  will: 'By its budgets it will finish.',
  should: 'By its budgets it should finish, as long as replacements become ready.',
  held: 'It will be held up until something heals.',
  never: 'As things are it can not finish.',
};

function summaryOf({ node }: DrainSnapshot, { pods, finishes, atMostMs }: Survey): string {
  const going = pods.filter(({ fate }) => fate.is === 'moves' || fate.is === 'lost');
  if (going.length === 0) return `Cordons ${node.name}; no pod has to leave.`;
  const count = (is: string): number => going.filter(({ place }) => place?.is === is).length;
  const places = Map.groupBy(going, ({ place }) => place?.node ?? '');
  const targets = [...places]
    .filter(([target]) => target !== '')
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([target, own]) => `${own.length} to ${target}`);
  const lost = going.filter(({ fate }) => fate.is === 'lost').length;
  const homeless = count('no-room') + count('nowhere');
  const parts = [
    ...(targets.length > 0
      ? [`by estimate ${targets.slice(0, TARGETS).join(', ')}${targets.length > TARGETS ? ' and others' : ''}`]
      : []),
    ...(homeless > 0 ? [`${homeless} ${homeless === 1 ? 'finds' : 'find'} no node`] : []),
    ...(lost > 0 ? [`${lost} ${lost === 1 ? 'is' : 'are'} lost`] : []),
  ];
  const where = parts.length > 0 ? `: ${parts.join('; ')}` : '';
  // Without room a replacement isn't ready, and its budget spares nothing more.
  const waits = finishes === 'should' && homeless > 0;
  const ends = waits ? 'Its budgets hold it up unless those find room.' : FINISHES[finishes];
  const takes = `takes about ${humanDuration(atMostMs)} at most, by grace periods.`;
  const time = finishes === 'never' ? '' : finishes === 'held' || waits ? ` From then on it ${takes}` : ` It ${takes}`;
  return `Takes ${counted(going.length, 'pod')} off ${node.name}${where}. ${ends}${time}`;
}
