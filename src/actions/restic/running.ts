import { DaytwoError } from '../../lib/errors.ts';
import type { BackupWorld } from './world.ts';

/** What was asked for on another machine just before the crash may still be on its way there, ms. */
export const UNDER_WAY_MS = 30_000;
/** On this machine a process is there at once, but is named as its parent for a moment, ms. */
const LOCAL_UNDER_WAY_MS = 2_000;

/** Whether what was asked for at `since` (epoch ms) may not have begun yet. A clock that was set back tells nothing: then it may not. */
export function mayBeUnderWay(
  { clock, localHosts }: Pick<BackupWorld, 'clock' | 'localHosts'>,
  host: string,
  since: number,
): boolean {
  const age = clock.now() - since;
  return age >= 0 && age < (localHosts?.has(host) ? LOCAL_UNDER_WAY_MS : UNDER_WAY_MS);
}

/** `pgrep` without a match. Source: pgrep(1), EXIT STATUS. */
const NO_MATCH = 1;

/**
 * Whether a restic that carries the marker runs on a host.
 * @throws DaytwoError failed (it can't be told) and as `ActingHosts.act`
 */
export async function marked(
  { hosts }: Pick<BackupWorld, 'hosts'>,
  host: string,
  marker: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { exitCode, stdout } = await hosts.act(host, { tool: 'marked', marker }, { signal });
  if (exitCode === 0) return stdout.trim() !== '';
  if (exitCode === NO_MATCH) return false;
  throw new DaytwoError('failed', `the processes on ${host} can't be looked at (pgrep ended with ${exitCode})`);
}
