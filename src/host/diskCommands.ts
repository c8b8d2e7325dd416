import { somePaths } from './actNames.ts';
import type { Crictl, DiskCommand } from './diskPort.ts';
import { absolutePath, boundedInteger } from './names.ts';

/** Program, arguments and bounds of a row. */
export interface DiskInvocation {
  readonly argv: readonly [string, ...string[]];
  /** ms. */
  readonly timeoutMs: number;
  /** How much of stdout is kept, bytes. */
  readonly maxBytes: number;
}

const MIB = 1024 * 1024;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A full disk is a slow one. */
const LOOK_MS = MINUTE;
/** Removing hundreds of images and their layers from a busy disk. */
const FREE_MS = 30 * MINUTE;

/** How long crictl waits for one answer of the runtime; its own default of 2 s is too short for removing a large image. Source: cri-tools docs/crictl.md. */
const CRI_TIMEOUT = '--timeout=120s';

/** The least that may stay of a journal, MiB: journald's own files have 8 MiB at least. */
export const KEEP_MIB_LEAST = 16;
/** The most that may stay of it, MiB: 1 TiB. */
export const KEEP_MIB_MOST = 1024 * 1024;

/** Most folders whose sizes are asked for at once. */
export const SIZES_MAX = 200;

const crictl = (by: Crictl, ...words: readonly string[]): [string, ...string[]] =>
  by === 'crictl' ? ['crictl', CRI_TIMEOUT, ...words] : ['k3s', 'crictl', CRI_TIMEOUT, ...words];

/** The rows of the acting table that free disk space. Pure; whatever varies is validated here. Throws DaytwoError `invalid`. */
export function diskInvocation(command: DiskCommand, journalDirectory: string | undefined): DiskInvocation {
  const look = (argv: readonly [string, ...string[]], maxBytes = 8 * MIB) => ({ argv, timeoutMs: LOOK_MS, maxBytes });
  const directory = journalDirectory === undefined ? [] : [`--directory=${absolutePath(journalDirectory)}`];
  switch (command.tool) {
    case 'images':
      return look(crictl(command.by, 'images', '-o', 'json'));
    case 'containers':
      return look(crictl(command.by, 'ps', '-a', '-o', 'json'), 32 * MIB);
    case 'image-fs':
      return look(crictl(command.by, 'imagefsinfo', '-o', 'json'));
    case 'images-prune':
      return { argv: crictl(command.by, 'rmi', '--prune'), timeoutMs: FREE_MS, maxBytes: 8 * MIB };
    case 'journal-use':
      return look(['journalctl', '--no-pager', '--disk-usage', ...directory]);
    case 'journal-vacuum': {
      const keep = boundedInteger('a size of a journal in MiB', command.keepMib, KEEP_MIB_LEAST, KEEP_MIB_MOST);
      const argv: [string, ...string[]] = ['journalctl', '--no-pager', `--vacuum-size=${keep}M`, ...directory];
      return { argv, timeoutMs: FREE_MS, maxBytes: 8 * MIB };
    }
    case 'sizes':
      return look(['du', '-s', '-x', '-B', '1', '--', ...somePaths(command.paths, SIZES_MAX)]);
  }
}
