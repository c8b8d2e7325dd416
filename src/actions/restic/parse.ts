import { z } from 'zod';

/** restic writes nanoseconds; a Date keeps milliseconds, which is enough for ages. */
const time = z.string().transform((text, context) => {
  const at = Date.parse(text);
  if (Number.isNaN(at)) context.addIssue({ code: 'custom', message: 'not a time' });
  return at;
});
const size = z.number().nonnegative();
const names = z.array(z.string()).nullish();

/** A line of `backup --json` or `restore --json` that tells how far it is. Source: restic 0.14 and 0.18, "Scripting". */
const status = z.object({
  message_type: z.literal('status'),
  percent_done: z.number().catch(0),
  total_files: size.optional(),
  files_done: size.optional(),
  files_restored: size.optional(),
  seconds_remaining: size.optional(),
});

const summary = z.object({
  message_type: z.literal('summary'),
  files_new: size.optional(),
  files_changed: size.optional(),
  files_unmodified: size.optional(),
  total_files_processed: size.optional(),
  total_bytes_processed: size.optional(),
  data_added: size.optional(),
  snapshot_id: z.string().optional(),
});

const failure = z.object({ message_type: z.literal('error'), item: z.string().catch('') });

/** What a line of progress tells. */
export type ResticLine = z.output<typeof status> | z.output<typeof summary> | z.output<typeof failure>;

const anyLine = z.discriminatedUnion('message_type', [status, summary, failure]);

/** Reads a line of `--json` output; undefined for all else. */
export function parseLine(line: string): ResticLine | undefined {
  return read(anyLine, line);
}

/** A snapshot. Times are epoch ms. */
export interface Snapshot {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** When it was begun: the data's point in time. */
  readonly time: number;
  readonly hostname: string;
  /** Untrusted text. */
  readonly paths: readonly string[];
  readonly tags: readonly string[];
  /** How long it took, since 0.17. */
  readonly tookMs: number | undefined;
  /** Bytes and files, since 0.17. */
  readonly sizeBytes: number | undefined;
  readonly files: number | undefined;
}

const snapshot = z
  .object({
    id: z.string().regex(/^[0-9a-f]{64}$/),
    time,
    hostname: z.string().catch(''),
    paths: names,
    tags: names,
    summary: z
      .object({
        backup_start: time.optional(),
        backup_end: time.optional(),
        total_files_processed: size.optional(),
        total_bytes_processed: size.optional(),
      })
      .optional()
      .catch(undefined),
  })
  .transform(({ id, time: at, hostname, paths, tags, summary: told }): Snapshot => {
    const { backup_start: from, backup_end: to } = told ?? {};
    return {
      id,
      time: at,
      hostname,
      paths: paths ?? [],
      tags: tags ?? [],
      tookMs: from === undefined || to === undefined ? undefined : Math.max(0, to - from),
      sizeBytes: told?.total_bytes_processed,
      files: told?.total_files_processed,
    };
  });

/** Reads `snapshots --json`, oldest first. Undefined where it is something else. */
export function parseSnapshots(text: string): readonly Snapshot[] | undefined {
  return read(z.array(snapshot).nullable(), text === '' ? 'null' : text)
    ?.slice()
    .sort((a, b) => a.time - b.time);
}

/** A lock as it lies in the repository. */
export interface ResticLock {
  readonly time: number;
  readonly exclusive: boolean;
  /** Untrusted text. */
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
}

const lock = z.object({
  time,
  exclusive: z.boolean(),
  hostname: z.string().catch(''),
  username: z.string().catch(''),
  pid: z.int().catch(0),
});

/** Reads `cat lock`. */
export function parseLock(text: string): ResticLock | undefined {
  return read(lock, text);
}

/** Reads `cat config`: the repository's id. */
export function parseConfig(text: string): string | undefined {
  return read(z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) }), text)?.id;
}

/** What a snapshot holds. `files` counts folders and links as well. */
export interface ResticStats {
  readonly sizeBytes: number;
  readonly files: number;
}

/** Reads `stats --json --mode restore-size`. */
export function parseStats(text: string): ResticStats | undefined {
  const found = read(z.object({ total_size: size, total_file_count: size }), text);
  return found && { sizeBytes: found.total_size, files: found.total_file_count };
}

/** An entry of a snapshot or of a folder on a host. */
export interface Entry {
  readonly type: 'file' | 'dir' | 'symlink' | 'other';
  /** Absolute within the snapshot. Untrusted text. */
  readonly path: string;
  /** Of a file. */
  readonly sizeBytes: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
}

const TYPES: Readonly<Record<string, Entry['type']>> = {
  ...{ file: 'file', dir: 'dir', symlink: 'symlink' },
  ...{ f: 'file', d: 'dir', l: 'symlink' },
};

const node = z.object({
  struct_type: z.literal('node'),
  type: z.string(),
  path: z.string(),
  size: size.catch(0),
  mtime: time,
});

/** Reads a line of `ls --json`; undefined for the line of the snapshot itself. */
export function parseNode(line: string): Entry | undefined {
  const found = read(node, line);
  if (!found) return undefined;
  const { type, path, size: sizeBytes, mtime } = found;
  return { type: TYPES[type] ?? 'other', path, sizeBytes, mtime: settable(mtime) };
}

/** Reads a record of `find`: type, size, mtime, path below the folder, by `|`. */
export function parseFound(record: string): Entry | undefined {
  const [, type = '', bytes, seconds, part, path] = /^(.)\|(\d+)\|(-?\d+)(\.\d+)?\|(.+)$/s.exec(record) ?? [];
  if (path === undefined) return undefined;
  // The part is added also below zero: GNU find prints tv_sec and tv_nsec.
  const mtime = settable((Number(seconds) + Number(part ?? 0)) * 1000);
  return { type: TYPES[type] ?? 'other', path: `/${path}`, sizeBytes: Number(bytes), mtime };
}

/** 2⁶⁴ ns, in ms. */
const ROUND_MS = 2 ** 64 / 1e6;
/** The earliest time that ext4 and XFS keep, seconds: 1901. Source: Linux, Documentation/filesystems/ext4/inodes.rst. */
const EARLIEST = -(2 ** 31);

/**
 * Whole seconds of a time as it can be restored, from ms. restic counts nanoseconds in 64 bits, so what lies after 2262 comes back from the
 * other end (restic 0.14 internal/restic/node.go, RestoreTimestamps), and file systems cut what is too early; both measured. Else whoever
 * sets such a time would keep every restore from being whole.
 */
const settable = (ms: number): number =>
  Math.max(EARLIEST, Math.floor((ms - Math.round(ms / ROUND_MS) * ROUND_MS) / 1000));

function read<T>(shape: z.ZodType<T>, text: string): T | undefined {
  if (!/^[[{n]/.test(text.trimStart())) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const found = shape.safeParse(value);
  return found.success ? found.data : undefined;
}
