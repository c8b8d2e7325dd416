import { CORDON_MARK } from '../../src/actions/node/mark.ts';
import type { JournalEntry } from '../../src/gate/journal.ts';
import type { GateRequest } from '../../src/gate/model.ts';
import type { Place } from '../cluster/lab/place.ts';
import type { Raw } from '../cluster/lab/rawApi.ts';
import { evictionsIn, type Passed } from '../cluster/lab/recordingProxy.ts';

/** Claims that nothing was touched. */
const NOTHING = /Nothing was done|It had not begun/;

/** Holds what a drain's bot asked of the API server against its journal, its words and the cluster. */
export async function drainFaults({
  request,
  steps,
  passed,
  before,
  place,
}: {
  readonly request: GateRequest;
  readonly steps: readonly JournalEntry[];
  /** What went to the API server since the request was made. */
  readonly passed: readonly Passed[];
  /** The node's pods before. */
  readonly before: readonly Raw[];
  readonly place: Place;
}): Promise<readonly string[]> {
  const { name, execution, state, outcome } = request;
  const faults: string[] = [];
  const fault = (text: string): number => faults.push(`${name} (${state}): ${text}`);
  const asked = evictionsIn(passed);
  const done = asked.filter(({ status }) => status === 201);
  const uids = new Set(before.map(({ metadata }) => metadata.uid));
  for (const [uid, own] of Map.groupBy(done, (one) => one.uid))
    if (own.length > 1) fault(`${own[0]?.name} ${uid} was evicted ${own.length} times`);
  for (const { uid, name: pod } of asked)
    if (uid === undefined || !uids.has(uid))
      fault(`${pod} ${uid} was not there before, and its eviction was asked for`);
  for (const { method, path } of passed) if (method === 'DELETE') fault(`DELETE ${path}`);
  const patches = passed.filter(({ method, status }) => method === 'PATCH' && status === 200);
  if (patches.length > 1) fault(`its node was written ${patches.length} times`);

  const own = steps.filter((one) => one.execution === execution?.id);
  const journaled = new Map(own.map((one) => [one.step, one]));
  for (const { namespace, name: pod, uid } of done)
    if (!journaled.has(`evict ${namespace}/${pod} ${uid}`))
      fault(`the eviction of ${pod} ${uid} is not in its journal`);
  for (const { step, result } of own) {
    const said = step.startsWith('evict ') && (result?.value as { is?: string } | undefined)?.is === 'evicted';
    if (said && !done.some(({ uid }) => step.endsWith(` ${uid}`))) fault(`its journal says ${step}, which never was`);
  }

  const node = await place.node();
  const mark = JSON.parse(node.metadata.annotations?.[CORDON_MARK] ?? 'null');
  const claimsNothing = NOTHING.test(outcome?.text ?? '');
  if (claimsNothing) {
    if (done.length > 0 || node.spec.unschedulable) fault(`it claims “${outcome?.text}”`);
    return faults;
  }
  if (state !== 'succeeded') fault(`nothing stood in its way, and it ended: ${outcome?.text}`);
  if (!node.spec.unschedulable) fault('the node is not cordoned');
  if (mark?.execution !== execution?.id || mark?.request !== name || mark?.before !== 'schedulable')
    fault(`the cordon says ${JSON.stringify(mark)}`);
  const now = await place.pods();
  const still = now.filter(({ metadata }) => uids.has(metadata.uid));
  if (state === 'succeeded' && still.length > 0) fault(`${still.length} pods are still there`);
  if (state === 'succeeded' && done.length !== before.length)
    fault(`${done.length} evictions of ${before.length} pods`);
  return faults;
}
