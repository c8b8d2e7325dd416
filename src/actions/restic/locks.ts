import { clip, humanDuration, inertLine } from '../../lib/text.ts';
import type { ResticLock } from './parse.ts';
import type { BackupWorld } from './world.ts';

/** A lock, and whether whoever made it still lives. */
export interface JudgedLock extends ResticLock {
  /** Made on the host that runs the backup. */
  readonly here: boolean;
  readonly alive: boolean;
}

/** restic refreshes its locks every 5 minutes and calls one stale after 30. Source: restic 0.14 internal/restic/lock.go. */
const STALE_MS = 30 * 60_000;

const NAME_MAX = 60;

/**
 * Tells dead locks from living ones: on the host itself by the process, elsewhere by age, as restic does. Where processes can't be looked
 * at, age decides as well. Never removes one.
 */
export async function judgeLocks(
  locks: readonly ResticLock[],
  at: { readonly host: string; readonly hostname: string },
  world: Pick<BackupWorld, 'hosts' | 'clock'>,
  signal: AbortSignal,
): Promise<readonly JudgedLock[]> {
  return Promise.all(
    locks.map(async (lock) => {
      const here = lock.hostname === at.hostname;
      const young = world.clock.now() - lock.time < STALE_MS;
      const program = here && lock.pid > 0 ? await programOf(lock.pid, at.host, world, signal) : undefined;
      // Another program under the number of one that is gone is not its holder.
      return { ...lock, here, alive: program === undefined ? young : program === 'restic' };
    }),
  );
}

/** The program of a process; empty where there is none, undefined where that can't be told. */
async function programOf(
  pid: number,
  host: string,
  { hosts }: Pick<BackupWorld, 'hosts'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { exitCode, stdout, stderr } = await hosts.act(host, { tool: 'process', pid }, { signal });
    if (exitCode !== 0 && stderr.trim() !== '') return undefined;
    return stdout.trim();
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

/** "made 2026-11-21 03:02 UTC by root on worker-1 (PID 4121)": the same at every look, for it is part of what is approved. Inert. */
export function lockWords({ time, username, hostname, pid }: ResticLock): string {
  const at = `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `made ${at} by ${short(username)} on ${short(hostname)} (PID ${pid})`;
}

/** What stands in a finding's note, for it changes: how old a lock is, and who holds it. Inert. */
export function lockAgeWords({ time, hostname, pid, alive }: JudgedLock, now: number): string {
  const whose = alive ? 'the lock of a process that is at work' : 'the lock that was left';
  return `${whose} is ${humanDuration(Math.max(0, now - time))} old (PID ${pid} on ${short(hostname)})`;
}

const short = (text: string): string => clip(inertLine(text), NAME_MAX);
