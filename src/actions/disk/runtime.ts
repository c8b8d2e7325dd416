import type { ActOutput } from '../../host/actPort.ts';
import type { Crictl, DiskCommand } from '../../host/diskPort.ts';
import { absolutePath } from '../../host/names.ts';
import { parseImageFs, parseImages, parseUsedImages, type RuntimeImage } from '../../host/parse/crictl.ts';
import { codeOf, DaytwoError } from '../../lib/errors.ts';
import { clip, inertLine } from '../../lib/text.ts';
import type { DiskWorld } from './world.ts';

/** What a node's container runtime has of images. */
export interface ImagesLook {
  readonly by: Crictl;
  /** Those that a prune removes: used by no container, ended ones included, and not pinned. */
  readonly unused: readonly RuntimeImage[];
  readonly pinned: number;
  readonly all: number;
  /** Where images lie. */
  readonly folder: string;
}

const BOTH: readonly Crictl[] = ['crictl', 'k3s'];
const SAID_MAX = 200;

/**
 * Looks at the images of a host, by crictl or else by k3s's own.
 * @throws DaytwoError not-found (neither is installed) | failed (the runtime doesn't answer) | bad-answer, and as `ActingHosts.act`
 */
export async function lookAtImages(host: string, world: DiskWorld, signal: AbortSignal): Promise<ImagesLook> {
  const { by, fs } = await crictlOf(host, world, signal);
  const ask = async (tool: 'images' | 'containers'): Promise<string> =>
    good(host, await world.hosts.act(host, { tool, by }, { signal })).stdout;
  const [listed, containers] = await Promise.all([ask('images'), ask('containers')]);
  const all = parseImages(listed);
  const used = parseUsedImages(containers);
  return {
    by,
    unused: all.filter(({ pinned, calls }) => !pinned && !calls.some((call) => used.has(call))),
    pinned: all.filter(({ pinned }) => pinned).length,
    all: all.length,
    folder: absolutePath(parseImageFs(fs)),
  };
}

/** Removes what no container uses; the runtime decides once more what that is. Returns how many names it says it deleted. */
export async function pruneImages(
  host: string,
  by: Crictl,
  world: DiskWorld,
  signal: AbortSignal,
): Promise<{ readonly deleted: number }> {
  const command: DiskCommand = { tool: 'images-prune', by };
  const { stdout } = good(host, await world.hosts.act(host, command, { signal }));
  return { deleted: stdout.split('\n').filter((line) => line.startsWith('Deleted: ')).length };
}

/** The first of the two that is installed, and where it says that images lie. */
async function crictlOf(
  host: string,
  world: DiskWorld,
  signal: AbortSignal,
): Promise<{ readonly by: Crictl; readonly fs: string }> {
  for (const by of BOTH) {
    try {
      const output = await world.hosts.act(host, { tool: 'image-fs', by }, { signal });
      return { by, fs: good(host, output).stdout };
    } catch (error) {
      if (codeOf(error) !== 'not-found') throw error;
    }
  }
  throw new DaytwoError(
    'not-found',
    `neither crictl nor k3s is installed on ${host}, so its images can’t be looked at`,
  );
}

function good(host: string, output: ActOutput): ActOutput {
  if (output.exitCode === 0) return output;
  const said = clip(inertLine(output.stderr.trim().split('\n').at(-1) ?? ''), SAID_MAX);
  const root = /permission denied/i.test(output.stderr) ? '; it takes root there' : '';
  throw new DaytwoError('failed', `crictl on ${host} ended with ${output.exitCode}${said && `: ${said}`}${root}`);
}

/** Bytes of images, by the runtime's own figures. */
export const bytesOf = (images: readonly RuntimeImage[]): number => images.reduce((sum, { bytes }) => sum + bytes, 0);
