import { z } from 'zod';
import type { NodeState } from '../../cluster/acting.ts';
import { DaytwoError } from '../../lib/errors.ts';
import { CORDON_MARK, type CordonMark, cordonMark } from './mark.ts';
import { mayBeAtWork, strangeMark, strangerWords } from './strangers.ts';
import type { NodeWorld } from './world.ts';

/** Kubelets and controllers write nodes all the time: a patch of what was read a moment ago may meet a newer one, ms and times. */
const TRIES = 8;
const PAUSE_MS = 250;

/** What a step that sets or takes a cordon leaves in the journal. Times are epoch ms. */
export const cordonResult = z.object({
  at: z.number(),
  /** Whose the cordon is: made by this execution, found as one of ours, or found as somebody else's. */
  whose: z.enum(['made', 'ours', 'theirs']),
});

type Wanted = { readonly name: string; readonly uid: string };
type World = Pick<NodeWorld, 'cluster' | 'clock' | 'isOurs'>;

/** The node that was planned for. @throws DaytwoError not-found (gone, or another one under its name), and as `ActingCluster` */
export async function sameNode({ name, uid }: Wanted, { cluster }: World, signal: AbortSignal): Promise<NodeState> {
  const node = await cluster.node(name, signal);
  if (!node) throw new DaytwoError('not-found', `there is no node ${name} any more`);
  if (node.uid !== uid) throw new DaytwoError('not-found', `${name} is another node now than when this was planned`);
  return node;
}

/** The name of the request in an execution's id. */
export const requestOf = (execution: string): string => /^req-\d+/.exec(execution)?.[0].toUpperCase() ?? execution;

/**
 * Cordons a node, and reads it back. One that is cordoned already stays as it is, with its owner's mark or none.
 * @throws DaytwoError failed (it didn't take, or another daytwo was faster) | not-found, and as `ActingCluster`
 */
export async function cordon(
  wanted: Wanted,
  execution: string,
  world: World,
  signal: AbortSignal,
): Promise<z.output<typeof cordonResult>> {
  const at = world.clock.now();
  const mark: CordonMark = { execution, request: requestOf(execution), at, before: 'schedulable' };
  const whoseOf = async (node: NodeState): Promise<'made' | 'ours' | 'theirs'> => {
    const found = cordonMark(node);
    if (found?.execution === execution) return 'made';
    const stranger = await strangeMark(node, world);
    if (stranger && mayBeAtWork(stranger, at))
      throw new DaytwoError('failed', `${wanted.name} is cordoned by ${strangerWords(stranger)}, who may be at work`);
    return found && !stranger ? 'ours' : 'theirs';
  };
  const before = await changed(wanted, world, signal, (node) =>
    node.unschedulable ? undefined : { unschedulable: true, annotations: { [CORDON_MARK]: JSON.stringify(mark) } },
  );
  const after = await sameNode(wanted, world, signal);
  const whose = await whoseOf(after);
  if (after.unschedulable && (before.unschedulable || whose === 'made')) return { at, whose };
  throw new DaytwoError('failed', `the cordon of ${wanted.name} did not take: somebody else changed it back`);
}

/**
 * Takes a cordon of ours away, and reads that back. One that is gone already is fine.
 * @throws DaytwoError failed (it is somebody else's, or didn't take) | not-found, and as `ActingCluster`
 */
export async function uncordon(wanted: Wanted, world: World, signal: AbortSignal): Promise<{ readonly at: number }> {
  const seen = await sameNode(wanted, world, signal);
  const ours = (await strangeMark(seen, world)) ? undefined : cordonMark(seen)?.execution;
  await changed(wanted, world, signal, (node) => {
    if (!node.unschedulable) return undefined;
    // Another may have cordoned it since it was seen.
    if (ours === undefined || cordonMark(node)?.execution !== ours)
      throw new DaytwoError('failed', `${wanted.name} is cordoned by somebody else, whose cordon is not undone`);
    return { unschedulable: false, annotations: { [CORDON_MARK]: null } };
  });
  const after = await sameNode(wanted, world, signal);
  if (!after.unschedulable) return { at: world.clock.now() };
  throw new DaytwoError('failed', `${wanted.name} is still cordoned: somebody else cordoned it again`);
}

type Change = Parameters<NodeWorld['cluster']['patchNode']>[1];

/** Changes a node as it was read, again when somebody else wrote it meanwhile. Returns it as it was before the change. */
async function changed(
  wanted: Wanted,
  world: World,
  signal: AbortSignal,
  change: (node: NodeState) => Change | undefined,
): Promise<NodeState> {
  for (let tries = 1; ; tries += 1) {
    const node = await sameNode(wanted, world, signal);
    const patch = change(node);
    if (!patch) return node;
    const answer = await world.cluster.patchNode(node, patch, signal);
    if (answer.is === 'patched') return node;
    if (tries === TRIES)
      throw new DaytwoError(
        'failed',
        `${wanted.name} is being changed by somebody else all the time; nothing was done`,
      );
    await world.clock.sleep(PAUSE_MS, signal);
  }
}
