import type { FinishedPod } from '../../cluster/cleaning.ts';
import { namespaceName, objectName } from '../../cluster/names.ts';
import { SIZES_MAX } from '../../host/diskCommands.ts';
import { codeOf, DaytwoError } from '../../lib/errors.ts';
import { podFate } from './podRule.ts';
import { type DiskWorld, POD_LOGS } from './world.ts';

/** A pod that may go. */
export interface GoingPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What there is of finished pods on a node. */
export interface PodsLook {
  readonly going: readonly FinishedPod[];
  /** Of those: owned by nobody. */
  readonly bare: readonly FinishedPod[];
  readonly evicted: number;
  /** Why others stay, with how many. */
  readonly stay: ReadonlyMap<string, number>;
}

/** A pod's uid in a folder's name. */
const UID = /^[A-Za-z0-9-]{1,64}$/;

/** Looks at the finished pods of a node. @throws as `CleaningCluster`, and DaytwoError not-configured without a cluster */
export async function lookAtPods(node: string, { cluster }: DiskWorld, signal: AbortSignal): Promise<PodsLook> {
  if (!cluster) throw new DaytwoError('not-configured', 'no cluster is configured');
  const all = await cluster.finished(node, signal);
  const going: FinishedPod[] = [];
  const bare: FinishedPod[] = [];
  const stay = new Map<string, number>();
  for (const pod of all) {
    const fate = podFate(pod);
    if (fate.goes) going.push(pod);
    else stay.set(fate.why, (stay.get(fate.why) ?? 0) + 1);
    if (fate.goes && fate.bare) bare.push(pod);
  }
  return { going, bare, evicted: going.filter(({ reason }) => reason === 'Evicted').length, stay };
}

/**
 * What the logs of pods take on the node's disk, bytes; undefined where it can't be told. Folders that aren't there count nothing.
 * Throws only `cancelled`.
 */
export async function logBytes(
  { host, pods }: { readonly host: string; readonly pods: readonly GoingPod[] },
  world: DiskWorld,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const folder = world.podLogs ?? POD_LOGS;
    const paths = pods.map(({ namespace, name, uid }) => {
      if (!UID.test(uid)) throw new DaytwoError('invalid', 'a pod’s uid is none');
      return `${folder}/${namespaceName(namespace)}_${objectName(name)}_${uid}`;
    });
    let sum = 0;
    for (let at = 0; at < paths.length; at += SIZES_MAX) {
      const some = paths.slice(at, at + SIZES_MAX);
      // Exit 1: some aren't there; the others are told all the same.
      const { stdout } = await world.hosts.act(host, { tool: 'sizes', paths: some }, { signal });
      for (const line of stdout.split('\n')) sum += Number(/^(\d+)\t/.exec(line)?.[1] ?? 0);
    }
    return sum;
  } catch (error) {
    if (codeOf(error) === 'cancelled' && signal.aborted) throw error;
    return undefined;
  }
}
