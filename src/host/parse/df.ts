/** Use of one mounted file system, in bytes. */
export interface Mount {
  /** The device or what stands for it: `/dev/vda1`, `tmpfs`, `server:/export`. */
  readonly source: string;
  readonly mount: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** What ordinary users may still fill: the reserve of root is not in it. Never negative. */
  readonly freeBytes: number;
  /** used / (used + free), 0–1, as df's own Capacity. */
  readonly usedRatio: number;
}

/** Inodes of one mounted file system. File systems that have no fixed number (btrfs) are left out. */
export interface InodeUse {
  readonly source: string;
  readonly mount: string;
  readonly inodes: number;
  readonly used: number;
  readonly free: number;
  /** used / inodes, 0–1. */
  readonly usedRatio: number;
}

/** Parses `df -P -k`. Rows that are none are skipped; the header says how large a block is (1024 where it doesn't). */
export function parseDf(text: string): Mount[] {
  const lines = text.split('\n');
  const blockBytes = Number(/ (\d+)-blocks /.exec(lines[0] ?? '')?.[1] ?? 1024);
  return lines.flatMap((line) => {
    const row = figures(line);
    if (!row || row.total <= 0) return [];
    const used = Math.max(0, row.used);
    const free = Math.max(0, row.free);
    return {
      source: row.source,
      mount: row.mount,
      sizeBytes: row.total * blockBytes,
      usedBytes: used * blockBytes,
      freeBytes: free * blockBytes,
      usedRatio: used + free === 0 ? 1 : used / (used + free),
    };
  });
}

/** Parses `df -P -i`. */
export function parseInodes(text: string): InodeUse[] {
  return text.split('\n').flatMap((line) => {
    const row = figures(line);
    if (!row || row.total <= 0) return [];
    const used = Math.max(0, row.used);
    return {
      source: row.source,
      mount: row.mount,
      inodes: row.total,
      used,
      free: Math.max(0, row.free),
      usedRatio: used / row.total,
    };
  });
}

/**
 * Finds three figures, a percentage and an absolute path in a row; sources and mount points may hold spaces. One pass, so that a hostile
 * host can't make it slow. Source: POSIX.1-2024, df, STDOUT.
 */
function figures(line: string) {
  // Words at even places, the blanks between them at odd ones.
  const words = line.split(/( +)/);
  for (let at = 2; at + 8 < words.length; at += 2) {
    const [total = '', , used = '', , free = '', , percent = '', , first = ''] = words.slice(at, at + 9);
    if (
      /^\d+$/.test(total) &&
      /^-?\d+$/.test(used) &&
      /^-?\d+$/.test(free) &&
      /^(?:\d+%|-)$/.test(percent) &&
      first.startsWith('/')
    ) {
      return {
        source: words.slice(0, at - 1).join(''),
        mount: words.slice(at + 8).join(''),
        total: Number(total),
        used: Number(used),
        free: Number(free),
      };
    }
  }
  return undefined;
}

/** Kernel file systems and memory, as `df -P` names them in its first column. Source: filesystems(5), proc(5) "mounts". */
const PSEUDO_SOURCES =
  /^(?:devtmpfs|tmpfs|udev|shm|none|proc|sysfs|cgroup2?|cgmfs|efivarfs|devpts|mqueue|hugetlbfs|rootfs|ramfs|bpf|tracefs|debugfs|nsfs|\/dev\/loop\d+)$/;

/** Where only the kernel, the runtime and snaps mount. */
const PSEUDO_MOUNTS = /^\/(?:proc|sys|dev|run|snap)(?:\/|$)/;

/** Below this nothing is a disk, bytes: small tmpfs under other names. */
const SMALLEST_BYTES = 1024 * 1024;

/**
 * The file systems that can run full of data: without the kernel's, memory, snaps, the containers' overlays (but for an overlay at `/`,
 * which is a container's own root), and each device once, at its shortest mount point. Pure, order kept.
 */
export function realFileSystems<
  T extends { readonly source: string; readonly mount: string; readonly sizeBytes?: number },
>(mounts: readonly T[]): T[] {
  const real = mounts.filter(
    ({ source, mount, sizeBytes }) =>
      !PSEUDO_SOURCES.test(source) &&
      !PSEUDO_MOUNTS.test(mount) &&
      (source !== 'overlay' || mount === '/') &&
      (sizeBytes ?? SMALLEST_BYTES) >= SMALLEST_BYTES,
  );
  const shortest = new Map<string, T>();
  for (const one of real) {
    const seen = shortest.get(one.source);
    if (!seen || one.mount.length < seen.mount.length) shortest.set(one.source, one);
  }
  return real.filter((one) => shortest.get(one.source) === one);
}
