import { z } from 'zod';
import { parseDf } from '../../host/parse/df.ts';
import { codeOf } from '../../lib/errors.ts';
import { humanBytes } from '../../lib/text.ts';
import type { DiskWorld } from './world.ts';

/** A file system that is measured before and after. `least`: below that share of free space the kubelet evicts. */
export const place = z.object({ name: z.string(), path: z.string(), least: z.number().optional() });

/** A file system that is measured before and after. */
export type Place = z.output<typeof place>;

/** A measured one; `mount` tells two names of one file system. Bytes. */
export const room = z.object({
  name: z.string(),
  mount: z.string(),
  freeBytes: z.number(),
  sizeBytes: z.number(),
});

/** A measured file system. */
export type Room = z.output<typeof room>;

/**
 * The kubelet's default hard eviction thresholds, shares of the size. Source: kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction,
 * "Hard eviction thresholds".
 */
export const NODEFS_LEAST = 0.1;
/** The same for the file system that holds the images. */
export const IMAGEFS_LEAST = 0.15;

/** Measures the file system of a path by `df`; undefined where the path isn't there. Throws as `ActingHosts.act`. */
export async function roomAt(
  host: string,
  { name, path }: Place,
  { hosts }: DiskWorld,
  signal: AbortSignal,
): Promise<Room | undefined> {
  const { exitCode, stdout } = await hosts.act(host, { tool: 'df-at', path }, { signal });
  const [mount] = exitCode === 0 ? parseDf(stdout) : [];
  return mount && { name, mount: mount.mount, freeBytes: mount.freeBytes, sizeBytes: mount.sizeBytes };
}

/** Measures several; those that can't be are left out. Throws only `cancelled`. */
export async function roomsAt(
  host: string,
  places: readonly Place[],
  world: DiskWorld,
  signal: AbortSignal,
): Promise<readonly Room[]> {
  const found = await Promise.all(
    places.map((one) =>
      roomAt(host, one, world, signal).catch((error) => {
        if (codeOf(error) === 'cancelled' && signal.aborted) throw error;
        return undefined;
      }),
    ),
  );
  return found.filter((one) => one !== undefined);
}

/** The kubelet's file system: that of its folder, else of the root. Throws as `ActingHosts.act`. */
export async function nodefsOf(host: string, world: DiskWorld, kubelet: string, signal: AbortSignal): Promise<Place> {
  const own: Place = { name: 'nodefs', path: kubelet, least: NODEFS_LEAST };
  return (await roomAt(host, own, world, signal)) ? own : { ...own, path: '/' };
}

/** What the kubelet compares with its thresholds: what ordinary users may fill, of the whole size. */
export const freeShare = ({ freeBytes, sizeBytes }: Room): number => (sizeBytes > 0 ? freeBytes / sizeBytes : 0);

/** `12.4 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** `nodefs has 3.2 GiB free (8.1 %; the kubelet evicts below 10 %)`. */
export function roomWords(one: Room, least: number | undefined): string {
  const limit = least === undefined ? '' : `; the kubelet evicts below ${Math.round(100 * least)} %`;
  return `${one.name} (${one.mount}) has ${humanBytes(one.freeBytes)} free (${percent(freeShare(one))}${limit})`;
}
