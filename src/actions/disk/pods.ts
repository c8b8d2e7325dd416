import { z } from 'zod';
import type { JournaledStep, Observed, Refusal, Run, Verdict } from '../../gate/action.ts';
import type { GateFinding, Plan } from '../../gate/model.ts';
import { DaytwoError } from '../../lib/errors.ts';
import { humanBytes } from '../../lib/text.ts';
import { counted, found, names } from '../node/found.ts';
import { beforeResult, type DiskEffects, diskEffects, resultOf } from './effects.ts';
import { type GoingPod, logBytes, lookAtPods, type PodsLook } from './podsLook.ts';
import { nodefsOf, type Room, roomsAt, roomWords } from './room.ts';
import { verdictOf } from './verdict.ts';
import { type DiskWorld, KUBELET_FOLDER } from './world.ts';

/** The action's id. */
export const DISK_PODS = 'disk.pods';

/** Pods that one run takes away, the oldest first. */
const MOST = 500;
/** Pods of one step, and how many of them are asked for at once: one step is a few writes to the store. */
const STEP_PODS = 25;
const AT_ONCE = 5;
/** How long deleted pods and their logs may take to go, ms, and how often it is looked; the kubelet clears logs once a minute. */
const SETTLE_MS = 90_000;
const LOOK_MS = 3000;

const podsResult = beforeResult.extend({
  pods: z.array(z.object({ namespace: z.string(), name: z.string(), uid: z.string() })),
});

/** Plans to take away the finished pods of a node. None: a refusal. Throws as `CleaningCluster`. */
export async function planPods(node: string, world: DiskWorld, signal: AbortSignal): Promise<Plan | Refusal> {
  const look = await lookAtPods(node, world, signal);
  if (look.going.length === 0)
    return {
      refused: `No finished pod on ${node} may go${look.stay.size > 0 ? ` (${stayWords(look)})` : ''}; there is nothing to free.`,
    };
  const host = world.known.some(({ name }) => name === node) ? node : undefined;
  const place = host === undefined ? undefined : await nodefs(host, world, signal);
  const rooms = host === undefined || !place ? [] : await roomsAt(host, [place], world, signal);
  const taken = look.going.slice(0, MOST);
  const logs = host === undefined ? undefined : await logBytes({ host, pods: taken }, world, signal);
  const lastTookMs = await world.lastTookMs?.(DISK_PODS, node);
  const effects: DiskEffects = { ...(host === undefined ? {} : { host }), places: place ? [place] : [] };
  return {
    action: DISK_PODS,
    args: { node },
    target: node,
    title: `Clear finished pods on ${node}`,
    summary: `Deletes ${counted(taken.length, 'pod')} of ${node} that succeeded, failed or were evicted, with their logs${logs === undefined ? '' : ` (${humanBytes(logs)})`}. None that runs, none that its Job still needs.`,
    steps: [
      { id: 'before', text: `Note how much is free, and which pods may go: ${MOST} of the oldest at most.` },
      { id: 'delete', text: 'Delete each through the API by its uid: another pod of the same name is left alone.' },
      { id: 'verify', text: 'Look that they are gone, and measure what became free.' },
    ],
    findings: podsFindings(look, { rooms, logs, measured: host !== undefined }),
    effects,
    locks: [`node/${node}`],
    ...(lastTookMs === undefined ? {} : { lastTookMs }),
  };
}

const nodefs = (host: string, world: DiskWorld, signal: AbortSignal) =>
  nodefsOf(host, world, world.kubeletFolder ?? KUBELET_FOLDER, signal).catch((error) => {
    if (signal.aborted) throw error;
    return undefined;
  });

const stayWords = ({ stay }: PodsLook): string => [...stay].map(([why, count]) => `${count}: ${why}`).join('; ');

function podsFindings(
  look: PodsLook,
  seen: { readonly rooms: readonly Room[]; readonly logs: number | undefined; readonly measured: boolean },
): readonly GateFinding[] {
  const { going, bare, evicted } = look;
  const called = bare.map(({ namespace, name }) => `${namespace}/${name}`);
  const logs =
    seen.logs === undefined ? 'how much their logs take can’t be told' : `their logs take ${humanBytes(seen.logs)}`;
  const later = going.length > MOST ? `; the oldest ${MOST} go now` : '';
  return [
    found(
      'ACKNOWLEDGE',
      'logs-lost',
      'what these pods logged, and why they failed, can’t be read from the cluster any more',
    ),
    ...(bare.length === 0
      ? []
      : [found('ACKNOWLEDGE', 'bare-pods', `nobody owns ${names(called)}: somebody may still want to look at it`)]),
    found('NOTE', 'estimate', `${counted(going.length, 'finished pod')}, ${evicted} of them evicted${later}; ${logs}`),
    ...(look.stay.size === 0 ? [] : [found('NOTE', 'staying', `others stay: ${stayWords(look)}`)]),
    ...(seen.measured
      ? []
      : [found('NOTE', 'not-measured', 'the node is none of the configured hosts: nothing can be measured there')]),
    ...seen.rooms.map((one) => found('NOTE', 'room', roomWords(one, 0.1))),
  ];
}

/** Deletes, as the plan says. Throws as `Run.step` and `CleaningCluster`. */
export async function executePods(plan: Plan, run: Run, world: DiskWorld): Promise<void> {
  const { host, places } = diskEffects(plan);
  const { cluster } = world;
  if (!cluster) throw new DaytwoError('not-configured', 'no cluster is configured');
  const withBare = plan.findings.some(({ code }) => code === 'bare-pods');
  const { pods } = podsResult.parse(
    await run.step('before', async (signal) => ({
      rooms: host === undefined ? [] : await roomsAt(host, places, world, signal),
      pods: (await lookAtPods(plan.target, world, signal)).going
        // One may have finished since: nobody has accepted that it goes.
        .filter(({ owner }) => withBare || owner !== undefined)
        .slice(0, MOST)
        .map(({ namespace, name, uid }) => ({ namespace, name, uid })),
    })),
  );
  for (let at = 0; at < pods.length; at += STEP_PODS) {
    const some = pods.slice(at, at + STEP_PODS);
    run.progress({ text: `${at} of ${counted(pods.length, 'pod')}`, share: at / pods.length });
    await run.step(`delete ${at / STEP_PODS + 1}`, async (signal) => {
      const told = { removed: 0, gone: 0, replaced: 0 };
      for (let from = 0; from < some.length; from += AT_ONCE) {
        const ends = await Promise.all(some.slice(from, from + AT_ONCE).map((pod) => cluster.remove(pod, signal)));
        for (const end of ends) told[end] += 1;
      }
      return told;
    });
  }
}

/** Tells after a crash what became of it. A uid is deleted once: going on does nothing twice. Throws as `CleaningCluster`. */
export async function observePods(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: DiskWorld,
  signal: AbortSignal,
): Promise<Observed> {
  if (!journal.some(({ step }) => step.startsWith('delete '))) return { is: 'not-done', text: 'It had not begun.' };
  const left = await leftOf(plan, journal, world, signal);
  if (left.length === 0) return { is: 'done', text: 'None of the pods is left.' };
  return { is: 'resumable', text: `${counted(left.length, 'pod')} left; what is gone is gone.` };
}

/** None of the pods may be left, and the kubelet's threshold must hold. Throws as `CleaningCluster`. */
export async function verifyPods(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: DiskWorld,
  signal: AbortSignal,
): Promise<Verdict> {
  const { host } = diskEffects(plan);
  const pods = resultOf(journal, 'before', podsResult)?.pods ?? [];
  const until = world.clock.now() + SETTLE_MS;
  let left = await leftOf(plan, journal, world, signal);
  for (;;) {
    const logs = host === undefined || left.length > 0 ? 0 : ((await logBytes({ host, pods }, world, signal)) ?? 0);
    if ((left.length === 0 && logs === 0) || world.clock.now() >= until) break;
    await world.clock.sleep(LOOK_MS, signal);
    left = await leftOf(plan, journal, world, signal);
  }
  const called = left.map(({ namespace, name }) => `${namespace}/${name}`);
  const ok = left.length === 0;
  const result = {
    check: { what: 'the pods', expected: 'gone', actual: ok ? 'gone' : `${left.length} left: ${names(called)}`, ok },
    facts: [{ name: 'pods taken away', value: String(pods.length - left.length) }],
    done: `${counted(pods.length - left.length, 'finished pod')} of ${pods.length} ${pods.length - left.length === 1 ? 'is' : 'are'} gone`,
  };
  return verdictOf({ plan, journal, left: result }, world, signal);
}

async function leftOf(
  { target }: Plan,
  journal: readonly JournaledStep[],
  { cluster }: DiskWorld,
  signal: AbortSignal,
): Promise<readonly GoingPod[]> {
  if (!cluster) throw new DaytwoError('not-configured', 'no cluster is configured');
  const there = new Set((await cluster.finished(target, signal)).map(({ uid }) => uid));
  return (resultOf(journal, 'before', podsResult)?.pods ?? []).filter(({ uid }) => there.has(uid));
}
