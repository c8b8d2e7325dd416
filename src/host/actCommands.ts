import { marker, ownName, repository, resticId, somePaths } from './actNames.ts';
import type { ActCommand, ResticJob, ResticPlace } from './actPort.ts';
import type { CommandSetting } from './commands.ts';
import { diskInvocation } from './diskCommands.ts';
import { absolutePath, boundedInteger, unitName } from './names.ts';

/** One row of the acting table, filled in and validated. */
export interface ActInvocation {
  readonly argv: readonly [string, ...string[]];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** How long it may run, ms. */
  readonly timeoutMs: number;
  /** How long it may say nothing, ms; without bound where absent. */
  readonly idleMs?: number;
  /** How long it is let alone after its start, ms, unless it speaks before. */
  readonly settleMs?: number;
  /** How long after SIGINT it gets SIGTERM, ms. */
  readonly gentleMs: number;
  /** How much of stdout is kept where nobody takes it as it comes, bytes. */
  readonly maxBytes: number;
  /** What ends a record of stdout. */
  readonly delimiter: '\n' | '\0';
  /** Finds the process on a host where it is no child of ours. */
  readonly marker?: string;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** For looks at a repository, which may lie across an ocean. */
const LOOK_MS = 5 * MINUTE;
/** For listing and checking a repository of many terabytes. */
const READ_MS = 6 * HOUR;
/** For what moves all of the data: a first backup over a thin line takes days. */
const MOVE_MS = 48 * HOUR;
/** restic reports every second while it backs up; this long without a word it hangs. */
const IDLE_MS = 15 * MINUTE;
const QUICK_MS = 15 * SECOND;
/**
 * restic knows of its own lock 200 ms after it wrote it; whoever interrupts it in between leaves the lock behind. Its first words come
 * after that. Source: restic 0.14 internal/restic/lock.go, waitBeforeLockCheck; measured.
 */
const SETTLE_MS = 5 * SECOND;
/**
 * Upon SIGINT restic takes its lock away, which over a slow line waits for what is under way; SIGTERM makes 0.14 leave it behind. Both
 * measured.
 */
const GENTLE_MS = MINUTE;

/** Most paths of one backup, one restore or one look; each may be 4 KiB, and Linux takes 2 MiB of arguments. */
const PATHS_MAX = 200;

/** How much data a check reads to compare it with its checksums. restic 0.14 knows sizes here since 0.12. */
const CHECK_SAMPLE = '64M';

/** Reports a second. restic's own default without a terminal is none at all. Source: restic 0.14 manual, "Scripting". */
const PROGRESS: Readonly<Record<string, string>> = { RESTIC_PROGRESS_FPS: '1' };

/** The largest process id of Linux. Source: proc(5), /proc/sys/kernel/pid_max. */
const PID_MAX = 4_194_304;
/** The last moment that a Date can hold, epoch ms. Source: ECMA-262, 21.4.1.1. */
const LATEST_MS = 8.64e15;

/** The properties that `parseUnit` and `parseInvocation` read. Source: org.freedesktop.systemd1(5). */
const UNIT_PROPERTIES =
  'Id,Description,LoadState,ActiveState,SubState,Result,UnitFileState,NRestarts,ExecMainCode,ExecMainStatus,ExecMainStartTimestamp,ExecMainExitTimestamp,StateChangeTimestamp,ActiveEnterTimestamp,InactiveEnterTimestamp,InvocationID';

/** Message id of "unit succeeded". Source: systemd 252, src/systemd/sd-messages.h. */
export const UNIT_SUCCEEDED = '7ad2d189f7e94e70a38c781354912448';
/** Message id of "unit failed". Same source. */
export const UNIT_FAILED = 'd9b373ed55a64feb8242e02dbe79a49c';

const quick = (argv: readonly [string, ...string[]], more: Partial<ActInvocation> = {}): ActInvocation => ({
  argv,
  env: {},
  timeoutMs: QUICK_MS,
  gentleMs: 2 * SECOND,
  maxBytes: 64 * KIB,
  delimiter: '\n',
  ...more,
});

/** The closed table of acting. Pure; whatever varies is validated here. Throws DaytwoError `invalid`. */
export function actInvocation(command: ActCommand, { journalDirectory }: CommandSetting = {}): ActInvocation {
  switch (command.tool) {
    case 'restic':
      return restic(command.place, command.job);
    case 'restic-version':
      return quick(['restic', 'version']);
    case 'unit-start':
      return quick(['systemctl', 'start', '--no-block', '--no-ask-password', '--', unitName(command.unit)]);
    case 'unit-show':
      return quick(['systemctl', 'show', '--no-pager', `--property=${UNIT_PROPERTIES}`, '--', unitName(command.unit)]);
    case 'unit-ends':
      return quick(
        [
          'journalctl',
          '--no-pager',
          '--output=json',
          '--output-fields=MESSAGE_ID,INVOCATION_ID,UNIT_RESULT',
          '--lines=100',
          `--since=@${(boundedInteger('a time', command.sinceMs, 0, LATEST_MS) / SECOND).toFixed(3)}`,
          `MESSAGE_ID=${UNIT_SUCCEEDED}`,
          `MESSAGE_ID=${UNIT_FAILED}`,
          `UNIT=${unitName(command.unit)}`,
        ],
        { maxBytes: 256 * KIB },
      );
    case 'hostname':
      return quick(['uname', '-n']);
    case 'user-id':
      return quick(['id', '-u']);
    case 'df-at':
      return quick(['df', '-P', '-k', '--', absolutePath(command.path)]);
    case 'stat':
      return quick(['stat', '-c', '%F|%u|%a|%n', '--', ...somePaths(command.paths, PATHS_MAX)], { maxBytes: MIB });
    case 'mounts':
      // Source: proc_pid_mountinfo(5). Each container of a node has some: thousands, of a few hundred bytes.
      return quick(['cat', '/proc/self/mountinfo'], { maxBytes: 8 * MIB });
    case 'size':
      return quick(['du', '-s', '-B', '1', '--apparent-size', '--', absolutePath(command.path)], {
        timeoutMs: LOOK_MS,
      });
    case 'real-paths':
      // -z: where a link leads may hold a line feed.
      return quick(['readlink', '-m', '-z', '--', ...somePaths(command.paths, PATHS_MAX)], { maxBytes: MIB });
    case 'folder':
      return quick(['mkdir', '-p', '-m', '0700', '--', absolutePath(command.path)]);
    case 'fresh-folder':
      return quick(['mkdir', '-m', '0700', '--', absolutePath(command.path)]);
    case 'files':
      return quick(['find', '-P', absolutePath(command.path), '-mindepth', '1', '-printf', '%y|%s|%T@|%P\\0'], {
        timeoutMs: READ_MS,
        maxBytes: MIB,
        delimiter: '\0',
      });
    case 'sha256':
      return quick(['sha256sum', '-b', '--', ...somePaths(command.paths, PATHS_MAX)], { timeoutMs: 30 * MINUTE });
    case 'process':
      return quick(['ps', '-o', 'comm=', '-p', String(boundedInteger('a process id', command.pid, 1, PID_MAX))]);
    case 'marked':
      return quick(['pgrep', '-f', '--', marked(command.marker)]);
    case 'signal-marked':
      return quick(['pkill', `-${command.signal}`, '-f', '--', marked(command.marker)]);
    case 'images':
    case 'containers':
    case 'image-fs':
    case 'images-prune':
    case 'journal-use':
    case 'journal-vacuum':
    case 'sizes': {
      const { argv, ...bounds } = diskInvocation(command, journalDirectory);
      return quick(argv, bounds);
    }
  }
}

/** restic itself alone: neither the shell, `timeout` or ssh that carry the same words, nor the one that looks. */
function marked(text: string): string {
  return `^([^ ]*/)?restic .*${marker(text)}`;
}

function restic(place: ResticPlace, job: ResticJob): ActInvocation {
  const base = ['--repo', repository(place.repository), '--password-file', absolutePath(place.passwordFile)];
  const looking = [...base, '--no-lock'];
  const call = (args: readonly string[], more: Partial<ActInvocation> = {}): ActInvocation =>
    quick(['restic', ...args], { env: PROGRESS, timeoutMs: LOOK_MS, maxBytes: 32 * MIB, ...more });
  switch (job.do) {
    case 'config':
      return call([...looking, 'cat', 'config']);
    case 'snapshots':
      return call([...looking, 'snapshots', '--json']);
    case 'locks':
      return call([...looking, 'list', 'locks']);
    case 'lock':
      return call([...looking, 'cat', 'lock', resticId(job.id)]);
    case 'stats':
      return call([...looking, 'stats', '--json', '--mode', 'restore-size', '--', resticId(job.id)], {
        timeoutMs: READ_MS,
      });
    case 'ls':
      return call([...looking, 'ls', '--json', '--', resticId(job.id)], { timeoutMs: READ_MS });
    case 'dump':
      return call([...looking, 'dump', '--', resticId(job.id), absolutePath(job.path)], { timeoutMs: HOUR });
    case 'check':
      return call([...looking, 'check', `--read-data-subset=${CHECK_SAMPLE}`], { timeoutMs: READ_MS });
    case 'backup':
      return call(
        [
          ...[...base, 'backup', '--json', '--tag', marker(job.marker), '--host', ownName(job.hostname), '--'],
          ...somePaths(job.paths, PATHS_MAX),
        ],
        { timeoutMs: MOVE_MS, idleMs: IDLE_MS, settleMs: SETTLE_MS, gentleMs: GENTLE_MS, marker: job.marker },
      );
    case 'restore': {
      const target = absolutePath(job.target);
      // The folder's name is what the process is found by.
      if (!target.includes(marker(job.marker))) marker('');
      const include = job.include.length === 0 ? [] : somePaths(job.include, PATHS_MAX);
      return call(
        [
          ...(job.noLock ? looking : base),
          ...['restore', '--json', '--verify', '--target', target],
          ...include.flatMap((path) => ['--include', path]),
          ...['--', resticId(job.id)],
        ],
        { timeoutMs: MOVE_MS, settleMs: SETTLE_MS, gentleMs: GENTLE_MS, marker: job.marker },
      );
    }
  }
}
