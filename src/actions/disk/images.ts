import type { JournaledStep, Observed, Refusal, Run, Verdict } from '../../gate/action.ts';
import type { GateFinding, Plan } from '../../gate/model.ts';
import { DaytwoError } from '../../lib/errors.ts';
import { humanBytes } from '../../lib/text.ts';
import { counted, found, names } from '../node/found.ts';
import { type DiskEffects, diskEffects } from './effects.ts';
import { IMAGEFS_LEAST, nodefsOf, type Place, type Room, roomsAt, roomWords } from './room.ts';
import { bytesOf, type ImagesLook, lookAtImages, pruneImages } from './runtime.ts';
import { hostOf, hostTrouble } from './trouble.ts';
import { verdictOf } from './verdict.ts';
import { type DiskWorld, KUBELET_FOLDER } from './world.ts';

/** The action's id. */
export const DISK_IMAGES = 'disk.images';

/** Plans to remove the images that no container uses. Nothing to remove: a refusal. Throws only `cancelled`. */
export async function planImages(node: string, world: DiskWorld, signal: AbortSignal): Promise<Plan | Refusal> {
  const host = hostOf(node, world);
  if ('refused' in host) return host;
  try {
    const look = await lookAtImages(node, world, signal);
    if (look.unused.length === 0)
      return {
        refused: `Every one of the ${look.all} images on ${node} is used by a container or pinned; there is nothing to free.`,
      };
    const nodefs = await nodefsOf(node, world, world.kubeletFolder ?? KUBELET_FOLDER, signal);
    const places: readonly Place[] = [{ name: 'imagefs', path: look.folder, least: IMAGEFS_LEAST }, nodefs];
    const rooms = await roomsAt(node, places, world, signal);
    const lastTookMs = await world.lastTookMs?.(DISK_IMAGES, node);
    const effects: DiskEffects = { host: node, by: look.by, places: [...places] };
    return {
      ...imagesPlan(node, effects, imagesFindings(look, rooms, places), look),
      ...(lastTookMs === undefined ? {} : { lastTookMs }),
    };
  } catch (error) {
    return imagesPlan(node, { host: node, places: [] }, [hostTrouble(error, 'crictl-missing', signal)]);
  }
}

function imagesPlan(node: string, effects: DiskEffects, findings: readonly GateFinding[], look?: ImagesLook): Plan {
  const much = look ? `: ${look.unused.length} of ${look.all}, about ${humanBytes(bytesOf(look.unused))}` : '';
  const words = effects.by === 'k3s' ? 'k3s crictl rmi --prune' : 'crictl rmi --prune';
  return {
    action: DISK_IMAGES,
    args: { node },
    target: node,
    title: `Free unused images on ${node}`,
    summary: `The container runtime of ${node} removes the images that no container uses${much}. No file is touched by hand.`,
    steps: [
      { id: 'before', text: 'Note how much is free.' },
      {
        id: 'free',
        text: `On ${node}, \`${words}\`: it skips what a container uses, an ended one included, and what is pinned.`,
      },
      { id: 'verify', text: 'Look which images are left, and measure what became free.' },
    ],
    findings,
    effects,
    locks: [`node/${node}`],
  };
}

function imagesFindings(look: ImagesLook, rooms: readonly Room[], places: readonly Place[]): readonly GateFinding[] {
  const { unused, all, pinned } = look;
  const least = (name: string) => places.find((one) => one.name === name)?.least;
  return [
    found(
      'ACKNOWLEDGE',
      'pulled-again',
      'an image that is gone is pulled anew once a pod wants it; where its registry is away, or it was imported by hand, that pod does not start',
    ),
    found(
      'NOTE',
      'estimate',
      `${unused.length} of ${counted(all, 'image')} are used by no container: about ${humanBytes(bytesOf(unused))} by the runtime’s figures, which count packed layers, and shared ones more than once`,
    ),
    found('NOTE', 'largest', `the largest: ${names(largest(look))}`),
    ...(pinned === 0
      ? []
      : [found('NOTE', 'pinned', `${counted(pinned, 'image')} stay because the runtime pins them`)]),
    ...rooms.map((one) => found('NOTE', 'room', roomWords(one, least(one.name)))),
  ];
}

const largest = ({ unused }: ImagesLook): readonly string[] =>
  [...unused]
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 5)
    .map(({ name, bytes }) => `${name} (${humanBytes(bytes)})`);

/** Prunes, as the plan says. Throws as `Run.step` and `ActingHosts.act`. */
export async function executeImages(plan: Plan, run: Run, world: DiskWorld): Promise<void> {
  const { host, by, places } = diskEffects(plan);
  if (host === undefined || by === undefined) throw new DaytwoError('invalid', 'this plan names no runtime');
  await run.step('before', async (signal) => ({ rooms: await roomsAt(host, places, world, signal) }));
  run.progress({ text: `Unused images are being removed on ${host}` });
  await run.step('free', (signal) => pruneImages(host, by, world, signal));
}

/** Tells after a crash what became of it: what is gone is gone, and pruning the rest does no harm. Throws as the looks do. */
export async function observeImages(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: DiskWorld,
  signal: AbortSignal,
): Promise<Observed> {
  const free = journal.find(({ step }) => step === 'free');
  if (!free) return { is: 'not-done', text: 'It had not begun.' };
  if (free.result) return { is: 'done', text: 'The runtime had ended its work.' };
  const { unused } = await lookAtImages(plan.target, world, signal);
  if (unused.length === 0) return { is: 'done', text: 'No unused image is left.' };
  return { is: 'resumable', text: `${counted(unused.length, 'unused image')} left; what is gone is gone.` };
}

/** No unused image may be left, and the kubelet's thresholds must hold. Throws as the looks do. */
export async function verifyImages(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: DiskWorld,
  signal: AbortSignal,
): Promise<Verdict> {
  const { unused, all } = await lookAtImages(plan.target, world, signal);
  const none = unused.length === 0;
  const actual = none ? 'none' : `${unused.length}: ${names(unused.map(({ name }) => name))}`;
  const left = {
    check: { what: 'unused images', expected: 'none', actual, ok: none },
    facts: [{ name: 'images left', value: String(all) }],
    done: none
      ? 'The unused images are gone'
      : `${counted(unused.length, 'unused image')} could not be removed, or came since`,
  };
  return verdictOf({ plan, journal, left }, world, signal);
}
