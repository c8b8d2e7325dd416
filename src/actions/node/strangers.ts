import type { NodeState } from '../../cluster/acting.ts';
import type { GateFinding } from '../../gate/model.ts';
import { inertLine } from '../../lib/text.ts';
import { found } from './found.ts';
import { type CordonMark, cordonMark } from './mark.ts';
import type { NodeWorld } from './world.ts';

/** An execution ends within this time, ms (the gate's own limit): whoever marked a node longer ago is not at work there. */
const AT_WORK_MS = 24 * 60 * 60_000;

/** The mark of another daytwo, one with a state of its own; undefined where there is none. Throws as the store. */
export async function strangeMark(
  node: NodeState,
  { isOurs }: Pick<NodeWorld, 'isOurs'>,
): Promise<CordonMark | undefined> {
  const mark = cordonMark(node);
  return mark && isOurs && !(await isOurs(mark)) ? mark : undefined;
}

/** Whether another daytwo may be at work on the node it marked; a mark of days ahead is none's, however clocks go. Pure. */
export const mayBeAtWork = ({ at }: CordonMark, now: number): boolean => Math.abs(now - at) < AT_WORK_MS;

/** Another daytwo, for a sentence. Pure. */
export const strangerWords = ({ request, at }: CordonMark): string =>
  `another daytwo (its ${inertLine(request)}, ${new Date(at).toISOString()})`;

/** What is to be said of a node that another daytwo has cordoned. Pure. */
export function strangeFinding(node: string, mark: CordonMark, now: number): GateFinding {
  const who = strangerWords(mark);
  return mayBeAtWork(mark, now)
    ? found(
        'BLOCK',
        'other-actor',
        `${node}: ${who} has cordoned it and may be at work; it is uncordoned there, or by kubectl`,
      )
    : found('NOTE', 'already-cordoned', `${node} is cordoned already, by ${who}: that cordon stays afterwards`);
}
