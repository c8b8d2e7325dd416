import { messageOf } from '../../lib/errors.ts';
import { humanBytes, inertLine } from '../../lib/text.ts';
import { counted } from '../node/found.ts';
import { KEEP_MIB, lookAtJournal } from './journal.ts';
import { logBytes, lookAtPods } from './podsLook.ts';
import { IMAGEFS_LEAST, nodefsOf, roomsAt, roomWords } from './room.ts';
import { bytesOf, type ImagesLook, lookAtImages } from './runtime.ts';
import { hostOf } from './trouble.ts';
import { type DiskWorld, KUBELET_FOLDER } from './world.ts';

/** What one remedy would free on a node. */
export interface Estimate {
  readonly remedy: 'images' | 'journal' | 'pods';
  /** One line, inert. */
  readonly text: string;
  /** Whether there is anything to free. */
  readonly worth: boolean;
}

/** All three, and how full the node's disks are. Nothing is changed. */
export interface DiskEstimates {
  readonly rooms: readonly string[];
  readonly remedies: readonly Estimate[];
}

const MIB = 1024 * 1024;

/** Looks at a node for all three remedies at once; what can't be looked at says why. Throws only `cancelled`. */
export async function estimate(node: string, world: DiskWorld, signal: AbortSignal): Promise<DiskEstimates> {
  const saying = async (
    remedy: Estimate['remedy'],
    look: () => Promise<Omit<Estimate, 'remedy'>>,
  ): Promise<Estimate> => {
    try {
      const { text, worth } = await look();
      return { remedy, text: inertLine(text), worth };
    } catch (error) {
      if (signal.aborted) throw error;
      return { remedy, text: inertLine(`can’t be told: ${messageOf(error)}`), worth: false };
    }
  };
  // The runtime is asked once for both.
  let looked: Promise<ImagesLook> | undefined;
  const runtime = (): Promise<ImagesLook> => {
    looked ??= lookAtImages(node, world, signal);
    return looked;
  };
  const [rooms, ...remedies] = await Promise.all([
    roomLines(node, { world, runtime }, signal),
    saying('images', () => images(node, { world, runtime })),
    saying('journal', () => journal(node, world, signal)),
    saying('pods', () => pods(node, world, signal)),
  ]);
  return { rooms, remedies };
}

type Said = Omit<Estimate, 'remedy'>;

/** The world, and what its runtime said. */
interface Looking {
  readonly world: DiskWorld;
  readonly runtime: () => Promise<ImagesLook>;
}

async function images(node: string, { world, runtime }: Looking): Promise<Said> {
  const host = hostOf(node, world);
  if ('refused' in host) return { text: host.refused, worth: false };
  const { unused, all } = await runtime();
  const worth = unused.length > 0;
  const about = worth ? `, about ${humanBytes(bytesOf(unused))}` : '';
  return { text: `${unused.length} of ${counted(all, 'image')} unused${about}`, worth };
}

async function journal(node: string, world: DiskWorld, signal: AbortSignal): Promise<Said> {
  const host = hostOf(node, world);
  if ('refused' in host) return { text: host.refused, worth: false };
  const { bytes } = await lookAtJournal(host, world, signal);
  const more = bytes - KEEP_MIB * MIB;
  const worth = more > 0;
  const rest = worth ? `at most ${humanBytes(more)} to free` : `no more than the ${KEEP_MIB} MiB that stay`;
  return { text: `takes ${humanBytes(bytes)}, ${rest}`, worth };
}

async function pods(node: string, world: DiskWorld, signal: AbortSignal): Promise<Said> {
  const { going, evicted, stay } = await lookAtPods(node, world, signal);
  const worth = going.length > 0;
  const kept = [...stay.values()].reduce((sum, count) => sum + count, 0);
  const known = worth && world.known.some(({ name }) => name === node);
  const logs = known ? await logBytes({ host: node, pods: going }, world, signal) : undefined;
  const take = logs === undefined ? '' : `, their logs take ${humanBytes(logs)}`;
  return {
    text: `${going.length} finished, ${evicted} of them evicted${take}${kept > 0 ? `; ${kept} more stay` : ''}`,
    worth,
  };
}

async function roomLines(node: string, { world, runtime }: Looking, signal: AbortSignal): Promise<readonly string[]> {
  if ('refused' in hostOf(node, world)) return [];
  try {
    const nodefs = await nodefsOf(node, world, world.kubeletFolder ?? KUBELET_FOLDER, signal);
    const folder = await runtime().then(
      (look) => look.folder,
      () => undefined,
    );
    const imagefs = folder === undefined ? [] : [{ name: 'imagefs', path: folder, least: IMAGEFS_LEAST }];
    const places = [nodefs, ...imagefs];
    const rooms = await roomsAt(node, places, world, signal);
    return rooms.map((one) => inertLine(roomWords(one, places.find(({ name }) => name === one.name)?.least)));
  } catch (error) {
    if (signal.aborted) throw error;
    return [inertLine(`Free space can’t be told: ${messageOf(error)}`)];
  }
}
