/** State of a systemd unit. Times are epoch ms, undefined where it never happened. */
export interface UnitState {
  readonly id: string;
  readonly description: string;
  /** False where systemd knows no such unit. */
  readonly found: boolean;
  /** active, inactive, failed, activating, deactivating, reloading … */
  readonly activeState: string;
  readonly subState: string;
  /** success, exit-code, signal, core-dump, timeout, oom-kill, start-limit-hit … Source: systemd.service(5), $SERVICE_RESULT. */
  readonly result: string;
  readonly enabled: string;
  readonly restarts: number;
  /** How the main process ended last; undefined while it runs, or where it never ran. */
  readonly lastExit: UnitExit | undefined;
  readonly startedAt: number | undefined;
  readonly exitedAt: number | undefined;
  readonly changedAt: number | undefined;
  readonly activeSince: number | undefined;
  readonly inactiveSince: number | undefined;
}

/** An exit code, or the signal that ended it. */
export type UnitExit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: number; readonly dumped: boolean };

/** si_code of SIGCHLD, which systemd shows as ExecMainCode. Source: sigaction(2); linux/siginfo.h. */
const CLD_EXITED = 1;
const CLD_KILLED = 2;
const CLD_DUMPED = 3;

/** "Sat 2026-11-21 04:49:10 UTC", what systemctl prints under TZ=UTC; or "@1795236550" with --timestamp=unix. */
const TIMESTAMP = /^(?:[A-Z][a-z]{2} )?(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.\d+)? UTC$|^@(\d{1,12})$/;

/** Parses `systemctl show` of one unit; properties that are missing (older systemd) are empty. */
export function parseUnit(text: string): UnitState {
  const properties = new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const equals = line.indexOf('=');
      return equals < 1 ? [] : [[line.slice(0, equals), line.slice(equals + 1).trimEnd()]];
    }),
  );
  const get = (key: string): string => properties.get(key) ?? '';
  const time = (key: string): number | undefined => timestamp(get(key));
  return {
    id: get('Id'),
    description: get('Description'),
    found: get('LoadState') !== '' && get('LoadState') !== 'not-found',
    activeState: get('ActiveState'),
    subState: get('SubState'),
    result: get('Result'),
    enabled: get('UnitFileState'),
    restarts: Number(get('NRestarts')) || 0,
    lastExit: exit(Number(get('ExecMainCode')), Number(get('ExecMainStatus'))),
    startedAt: time('ExecMainStartTimestamp'),
    exitedAt: time('ExecMainExitTimestamp'),
    changedAt: time('StateChangeTimestamp'),
    activeSince: time('ActiveEnterTimestamp'),
    inactiveSince: time('InactiveEnterTimestamp'),
  };
}

function exit(code: number, status: number): UnitExit | undefined {
  if (code === CLD_EXITED) return { kind: 'exited', code: status };
  if (code === CLD_KILLED || code === CLD_DUMPED)
    return { kind: 'signalled', signal: status, dumped: code === CLD_DUMPED };
  return undefined;
}

function timestamp(text: string): number | undefined {
  const [, date, clock, seconds] = TIMESTAMP.exec(text) ?? [];
  if (seconds !== undefined) return Number(seconds) > 0 ? Number(seconds) * 1000 : undefined;
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}T${clock}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
