import { DaytwoError } from '../../lib/errors.ts';
import type { BackupWorld } from './world.ts';

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
