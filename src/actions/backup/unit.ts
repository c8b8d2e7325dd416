import { z } from 'zod';
import type { Progress } from '../../gate/action.ts';
import { UNIT_FAILED, UNIT_SUCCEEDED } from '../../host/actCommands.ts';
import { DaytwoError } from '../../lib/errors.ts';
import { elapsedWords } from '../restic/progress.ts';
import type { BackupWorld } from '../restic/world.ts';
import type { followResult } from './effects.ts';
import { lookAtUnit, type SeenUnit } from './look.ts';

/** How a unit's run ended. */
export type UnitEnd = z.output<typeof followResult>;

/** Which unit, and which run of it was the last before ours. */
export interface UnitRun {
  readonly host: string;
  readonly unit: string;
  /** InvocationID before; absent where systemd remembered none. */
  readonly before: string | undefined;
  /** When ours was asked for, epoch ms. */
  readonly since: number;
}

/** How often a running unit is looked at, ms; the first looks come sooner. */
const LOOK_EVERY_MS = 2_000;
const FIRST_LOOKS_MS = 250;
/** A start that was queued and shows nothing for this long didn't come to be, or came and went without a trace, ms. */
const SETTLE_MS = 10_000;
/** Looks that may fail in a row before it is given up: a host that is rebooted comes back. */
const FAILURES_MAX = 30;

/** Queues the start of a unit. @throws DaytwoError not-found (no such unit) | forbidden | failed, and as `ActingHosts.act` */
export async function startUnit(
  { hosts }: Pick<BackupWorld, 'hosts'>,
  { host, unit }: Pick<UnitRun, 'host' | 'unit'>,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, stderr } = await hosts.act(host, { tool: 'unit-start', unit }, { signal });
  if (exitCode === 0) return;
  const said = `systemctl on ${host} can't start ${unit}`;
  // Source: systemctl(1), "Exit status"; 5 is EXIT_NOTINSTALLED, 4 EXIT_NOPERMISSION.
  if (exitCode === 5) throw new DaytwoError('not-found', `${said}: there is no such unit`);
  if (exitCode === 4 || /Access denied|authentication required/i.test(stderr))
    throw new DaytwoError('forbidden', `${said}: access denied; it takes root or a polkit rule`);
  throw new DaytwoError('failed', `${said}: it ended with ${exitCode}`);
}

/**
 * Waits for a run that was queued until it has ended.
 * @throws DaytwoError cancelled (the unit goes on, and the sentence says so), and as `ActingHosts.act` once 30 looks in a row failed
 */
export async function followUnit(
  world: Pick<BackupWorld, 'hosts' | 'clock'>,
  run: UnitRun,
  tell: { readonly lastTookMs: number | undefined; readonly progress: (progress: Progress) => void },
  signal: AbortSignal,
): Promise<UnitEnd> {
  const { clock } = world;
  let failures = 0;
  let invocation: string | undefined;
  for (let looks = 0; ; looks += 1) {
    if (signal.aborted)
      throw new DaytwoError(
        'cancelled',
        `nobody waits for ${run.unit} any more; it goes on on ${run.host}, \`systemctl stop ${run.unit}\` would end it`,
      );
    try {
      const state = await lookAtUnit(world, run, signal);
      failures = 0;
      if (isOurs(state, run)) invocation = state.invocation;
      const end = await judgeUnit(world, { ...run, ours: invocation }, state, signal);
      if (end) return end;
    } catch (error) {
      failures += 1;
      if (!signal.aborted && failures >= FAILURES_MAX) throw error;
    }
    tell.progress(elapsedWords(`${run.unit} has been running`, clock.now() - run.since, tell.lastTookMs));
    await clock.sleep(looks < 8 ? FIRST_LOOKS_MS : LOOK_EVERY_MS, signal);
  }
}

/** Whether a unit runs or is about to. */
export const isRunning = ({ activeState }: SeenUnit): boolean =>
  !['inactive', 'failed', 'active'].includes(activeState);

const isOurs = ({ invocation }: SeenUnit, { before }: UnitRun): boolean => invocation !== '' && invocation !== before;

/**
 * Whether our run has ended, and how; undefined while it hasn't, or nothing tells yet. systemd forgets an inactive unit that nothing
 * refers to (no timer) within milliseconds, with result and InvocationID: then its journal tells. Measured with systemd 252.
 */
export async function judgeUnit(
  world: Pick<BackupWorld, 'hosts' | 'clock'>,
  run: UnitRun & { readonly ours: string | undefined },
  state: SeenUnit,
  signal: AbortSignal,
): Promise<UnitEnd | undefined> {
  const tookMs = Math.max(0, world.clock.now() - run.since);
  const ours = run.ours === undefined ? {} : { invocation: run.ours };
  if (isRunning(state)) return undefined;
  if (isOurs(state, run)) {
    // A service that stays active after its main process has ended (RemainAfterExit) has ended all the same.
    if (state.activeState === 'active' && state.subState !== 'exited') return undefined;
    const good = state.result === 'success' && state.activeState !== 'failed';
    return { result: good ? 'success' : 'failed', said: state.result || state.activeState, tookMs, ...ours };
  }
  const told = (await unitEnds(world, run, signal)).find(({ invocation }) =>
    run.ours === undefined ? invocation !== run.before : invocation === run.ours,
  );
  if (told) return { result: told.good ? 'success' : 'failed', said: told.said, tookMs, invocation: told.invocation };
  if (tookMs < SETTLE_MS) return undefined;
  return { result: 'unknown', said: 'systemd has forgotten the run, and its journal can’t be read', tookMs, ...ours };
}

const endRecord = z.object({
  MESSAGE_ID: z.enum([UNIT_SUCCEEDED, UNIT_FAILED]),
  INVOCATION_ID: z.string().regex(/^[0-9a-f]{32}$/),
  UNIT_RESULT: z.string().max(40).optional(),
});

/** The ends of a unit's runs since a moment, from systemd's own records in the journal; none where that can't be read. */
async function unitEnds(
  { hosts }: Pick<BackupWorld, 'hosts'>,
  { host, unit, since }: UnitRun,
  signal: AbortSignal,
): Promise<readonly { readonly invocation: string; readonly good: boolean; readonly said: string }[]> {
  const { stdout } = await hosts.act(host, { tool: 'unit-ends', unit, sinceMs: since }, { signal });
  return stdout.split('\n').flatMap((line) => {
    const found = endRecord.safeParse(jsonOf(line));
    if (!found.success) return [];
    const { MESSAGE_ID, INVOCATION_ID: invocation, UNIT_RESULT: result = 'failed' } = found.data;
    const good = MESSAGE_ID === UNIT_SUCCEEDED;
    return { invocation, good, said: good ? 'success' : result };
  });
}

function jsonOf(line: string): unknown {
  try {
    return line.startsWith('{') ? JSON.parse(line) : undefined;
  } catch {
    return undefined;
  }
}
