import { absolutePath, boundedInteger, unitName } from './names.ts';
import type { HostCommand } from './port.ts';

/** One row of the closed table, with its variable parts filled in and validated. */
export interface Invocation {
  /** Program and arguments. */
  readonly argv: readonly [string, ...string[]];
  /** How long it may run, in ms. */
  readonly timeoutMs: number;
  /** How much of stdout is kept, in bytes. */
  readonly maxBytes: number;
  /** Exit codes that are answers. */
  readonly accept: readonly number[];
}

/** What a host says about itself that a command needs. */
export interface CommandSetting {
  readonly journalDirectory?: string | undefined;
}

const KIB = 1024;
const QUICK_MS = 10_000;

/** Most journal lines that one look may ask for. */
const JOURNAL_LINES_MAX = 2_000;

/** The last moment that a Date can hold, epoch ms. Source: ECMA-262, 21.4.1.1. */
const LATEST_MS = 8.64e15;

/** The journal fields that `parseJournal` reads; the rest would only fill the bound. `--output-fields` exists since systemd 236. */
const JOURNAL_FIELDS = 'MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_COMM,_PID,_SYSTEMD_UNIT,UNIT';

/** The unit properties that `parseUnit` reads. Source: org.freedesktop.systemd1(5). */
const UNIT_PROPERTIES = [
  'Id',
  'Description',
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'UnitFileState',
  'NRestarts',
  'ExecMainCode',
  'ExecMainStatus',
  'ExecMainStartTimestamp',
  'ExecMainExitTimestamp',
  'StateChangeTimestamp',
  'ActiveEnterTimestamp',
  'InactiveEnterTimestamp',
].join(',');

/** What every command runs with: untranslated texts, UTC, no colours. */
export const COMMAND_ENVIRONMENT: Readonly<Record<string, string>> = { LC_ALL: 'C', TZ: 'UTC', SYSTEMD_COLORS: '0' };

/**
 * The closed table: which program runs for a command, with what arguments and bounds. Pure; whatever varies is validated here, however
 * often it was validated before. Throws DaytwoError `invalid`.
 */
export function invocation(command: HostCommand, setting: CommandSetting = {}): Invocation {
  switch (command.tool) {
    case 'df':
      // Exit 1 with a table: one file system could not be read (a stale mount), the others could.
      return { argv: ['df', '-P', '-k'], timeoutMs: QUICK_MS, maxBytes: 256 * KIB, accept: [0, 1] };
    case 'inodes':
      return { argv: ['df', '-P', '-i'], timeoutMs: QUICK_MS, maxBytes: 256 * KIB, accept: [0, 1] };
    case 'du':
      // Exit 1 with lines: folders vanished or may not be read.
      return {
        argv: ['du', '-x', '-k', '-d', '1', '--', absolutePath(command.path)],
        timeoutMs: 30_000,
        maxBytes: 512 * KIB,
        accept: [0, 1],
      };
    case 'journal':
      return { argv: journalArgv(command, setting), timeoutMs: 15_000, maxBytes: 1024 * KIB, accept: [0] };
    case 'unit':
      return {
        argv: ['systemctl', 'show', '--no-pager', `--property=${UNIT_PROPERTIES}`, '--', unitName(command.unit)],
        timeoutMs: QUICK_MS,
        maxBytes: 64 * KIB,
        accept: [0],
      };
    case 'uptime':
      return { argv: ['uptime'], timeoutMs: QUICK_MS, maxBytes: 4 * KIB, accept: [0] };
  }
}

/** Newest first, so that the bound cuts the oldest; `--all`, since without it a message over 4 KB comes as null. */
function journalArgv(
  command: Extract<HostCommand, { tool: 'journal' }>,
  { journalDirectory }: CommandSetting,
): [string, ...string[]] {
  const { sinceMs } = command;
  const since = sinceMs === undefined ? undefined : (boundedInteger('a time', sinceMs, 0, LATEST_MS) / 1000).toFixed(3);
  return [
    'journalctl',
    '--no-pager',
    '--all',
    '--reverse',
    '--output=json',
    `--output-fields=${JOURNAL_FIELDS}`,
    `--lines=${boundedInteger('a number of lines', command.lines, 1, JOURNAL_LINES_MAX)}`,
    `--unit=${unitName(command.unit)}`,
    ...(since === undefined ? [] : [`--since=@${since}`]),
    ...(journalDirectory === undefined ? [] : [`--directory=${absolutePath(journalDirectory)}`]),
  ];
}
